"""Transfer of weights: what is taken, what stays, when it helps, and the folder of artifacts."""

import numpy as np
import pytest

pytest.importorskip("autograd", reason="needs the extra neural")

from sklearn.datasets import load_digits

from metalearn.errors import InputError
from metalearn.neural.artifacts import Artifacts
from metalearn.neural.network import mlp, mlp_weights
from metalearn.neural.training import Schedule
from metalearn.neural.weight_transfer import (
    farthest_helpful,
    fit_classifier,
    frozen_layers,
    transferred,
)


@pytest.mark.parametrize("same", [True, False])
def test_hidden_layers_are_taken_and_the_ends_are_new(same, rng):
    source = mlp_weights((5, 8, 6, 3), rng)
    found = transferred(source, 5 if same else 7, 4, rng, same_columns=same)
    assert [found[f"w{i}"].shape for i in range(3)] == [(5 if same else 7, 8), (8, 6), (6, 4)]
    assert np.array_equal(found["w1"], source["w1"])
    assert np.array_equal(found["w0"], source["w0"]) == same


def test_frozen_layers_stay(rng):
    start = mlp_weights((4, 8, 6, 2), rng)
    X = rng.normal(size=(40, 4))
    Y = np.eye(2)[(X[:, 0] > 0.0).astype(int)]
    assert frozen_layers(start, "all", same_columns=True) == ()
    assert frozen_layers(start, "last layers", same_columns=False) == ()
    assert frozen_layers(start, "output", same_columns=False) == ("w1", "b1")
    frozen = frozen_layers(start, "output", same_columns=True)
    assert frozen == ("w0", "b0", "w1", "b1")
    found = fit_classifier(start, X, Y, Schedule(20, rate=1e-2), 0, frozen)
    for name in start:
        assert np.array_equal(found[name], start[name]) == (name in frozen)


def test_digits_help_to_tell_other_digits_apart():
    X, y = load_digits(return_X_y=True)
    X = (X - X.mean(axis=0)) / (X.std(axis=0) + 1e-9)
    known, new = y < 5, np.flatnonzero(y >= 5)
    rng = np.random.default_rng(0)
    hot = np.eye(5)
    first = mlp_weights((64, 32, 32, 5), rng)
    source = fit_classifier(first, X[known], hot[y[known]], Schedule(150, rate=1e-2), 0)
    few = np.concatenate([rng.permutation(new[y[new] == c])[:4] for c in range(5, 10)])
    rest = np.setdiff1d(new, few)
    right = []
    for start in (transferred(source, 64, 5, rng, same_columns=True), first):
        found = fit_classifier(start, X[few], hot[y[few] - 5], Schedule(60, rate=1e-2), 0)
        right.append((mlp(found, X[rest]).argmax(axis=1) == y[rest] - 5).mean())
    assert right[0] > right[1]


def test_the_threshold_is_where_the_sum_of_gains_is_largest():
    distances = np.array([0.3, 0.1, 0.9, 0.5])
    assert farthest_helpful(distances, np.array([0.2, -0.1, -0.5, 0.1])) == 0.5
    assert farthest_helpful(distances, np.array([-0.2, -0.1, -0.5, 0.1])) == -np.inf
    assert farthest_helpful(np.zeros(0), np.zeros(0)) == -np.inf


def test_artifacts_are_listed_replaced_and_checked(tmp_path, rng):
    shelf = Artifacts(tmp_path / "artifacts")
    assert list(shelf.rows()) == []
    first, second = mlp_weights((3, 4, 2), rng), mlp_weights((3, 4, 2), rng)
    shelf.keep("network(width=4)", "table:iris", second)
    kept = shelf.keep("network(width=4)", "table:iris", first)
    shelf.keep("network(width=4)", "table:wine", second)
    rows = {row.task: row for row in shelf.rows()}
    assert rows["table:iris"] == kept
    assert rows.keys() == {"table:iris", "table:wine"}
    assert all(np.array_equal(kept.weights()[name], first[name]) for name in first)
    rows["table:wine"].path.write_bytes(kept.path.read_bytes())
    with pytest.raises(InputError, match="another digest"):
        rows["table:wine"].weights()
    kept.path.write_bytes(b"PK")
    with pytest.raises(InputError, match="no artifact"):
        list(shelf.rows())
