"""Configurations: canonical JSON, content hash, equality."""

from __future__ import annotations

import hashlib
import json
import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from metalearn.core.configuration import Configuration, canonical_json, configuration_key
from metalearn.errors import InputError

values = (
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=8)
)
assignments = st.dictionaries(st.text(max_size=6), values, max_size=6)


@given(assignments)
def test_canonical_json_is_a_fixed_point(assignment):
    text = canonical_json(assignment)
    assert canonical_json(json.loads(text)) == text


@given(assignments, st.randoms(use_true_random=False))
def test_order_never_matters(assignment, random):
    items = list(assignment.items())
    random.shuffle(items)
    assert canonical_json(dict(items)) == canonical_json(assignment)


@given(assignments)
def test_configurations_survive_json_and_pickle(assignment):
    configuration = Configuration("a", assignment)
    again = Configuration.from_json("a", configuration.canonical)
    copied = pickle.loads(pickle.dumps(configuration))
    assert configuration == again == copied
    assert configuration.key == again.key == copied.key
    assert len({configuration, again, copied}) == 1


@given(st.floats(1e-300, 1e300), st.floats(-1e-14, 1e-14))
def test_noise_beyond_twelve_digits_does_not_count(value, noise):
    """Two floats collapse exactly if they print alike at 12 significant digits."""
    near = value * (1.0 + noise)
    same = f"{value:.12g}" == f"{near:.12g}"
    assert (Configuration("a", {"x": value}) == Configuration("a", {"x": near})) == same


def test_integers_and_floats_stay_apart():
    keys = {canonical_json({"x": value}) for value in (1, 1.0, True, "1", None)}
    assert len(keys) == 5
    assert canonical_json({"x": -0.0}) == canonical_json({"x": 0.0}) == '{"x":0.0}'


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (np.float64(0.1), "0.1"),
        (np.float32(0.5), "0.5"),
        (np.int32(3), "3"),
        (np.bool_(True), "true"),
        (np.str_("é"), '"é"'),
    ],
)
def test_numpy_scalars_are_plain_values(value, text):
    assert canonical_json({"x": value}) == f'{{"x":{text}}}'


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -np.inf])
def test_only_finite_numbers(value):
    with pytest.raises(InputError, match=r"'x' must be finite, got .*; leave it out if inactive"):
        Configuration("a", {"x": value})


@pytest.mark.parametrize("value", [[1], (1, 2), {"k": 1}, 1j, object()])
def test_only_plain_values(value):
    with pytest.raises(InputError, match=r"'x' must be a string, number, .* got"):
        Configuration("a", {"x": value})


def test_key_is_the_hash_of_algorithm_and_text():
    """By definition: the first 24 hexadecimal digits of SHA-256 over name, newline, JSON."""
    configuration = Configuration("svc", {"kernel": "rbf", "C": 1.0})
    text = 'svc\n{"C":1.0,"kernel":"rbf"}'
    assert configuration.key == hashlib.sha256(text.encode()).hexdigest()[:24]
    assert configuration.key == configuration_key("svc", configuration.canonical)
    assert configuration != Configuration("svr", configuration.hyperparameters)


def test_hyperparameters_are_read_only():
    given_ = {"x": 1}
    configuration = Configuration("a", given_)
    given_["x"] = 2
    assert configuration.hyperparameters["x"] == 1
    with pytest.raises(TypeError):
        configuration.hyperparameters["x"] = 3


def test_reads_well():
    assert str(Configuration("knn", {"p": 2, "k": 5})) == "knn(k=5, p=2)"
    assert Configuration("knn", {}) != "knn()"
