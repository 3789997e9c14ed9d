"""Weights on disk: exact, without pickle, refused for another recipe; the cache trains once."""

from dataclasses import replace

import numpy as np
import pytest

from metalearn.errors import InputError
from metalearn.neural.recipe import (
    NetworkRecipe,
    cache_folder,
    digest_of_tasks,
    load,
    save,
    trained,
)

RECIPE = NetworkRecipe("deep-kernel", "digest", {"steps": 10}, 0, ("C", "gamma"), "snapshot")


@pytest.fixture
def weights(rng):
    return {"w0": rng.normal(size=(3, 2)), "log_noise": np.array(-4.0)}


def test_round_trip(weights, tmp_path):
    save(tmp_path / "a.npz", weights, RECIPE)
    found = load(tmp_path / "a.npz", RECIPE)
    assert found.keys() == weights.keys()
    for name, value in weights.items():
        assert np.array_equal(found[name], value)
        assert found[name].shape == value.shape


@pytest.mark.parametrize("change", [
    {"snapshot": "another"}, {"tasks": "other"}, {"seed": 1}, {"space": ("C",)},
    {"options": {"steps": 11}}, {"model": "ablr"},
])  # fmt: skip
def test_another_recipe_is_refused(change, weights, tmp_path):
    save(tmp_path / "a.npz", weights, RECIPE)
    with pytest.raises(InputError, match="another recipe"):
        load(tmp_path / "a.npz", replace(RECIPE, **change))


@pytest.mark.parametrize("content", [b"", b"no zip", b"PK\x03\x04 cut"])
def test_rubbish_is_refused(content, tmp_path):
    (tmp_path / "a.npz").write_bytes(content)
    with pytest.raises(InputError, match="no weights"):
        load(tmp_path / "a.npz", RECIPE)


def test_it_is_trained_once_and_again_if_the_file_is_damaged(weights, monkeypatch, tmp_path):
    monkeypatch.setenv("METALEARN_CACHE", str(tmp_path))
    calls = []

    def training(checkpoint):
        calls.append(checkpoint)
        return weights

    for _ in range(2):
        assert np.array_equal(trained(RECIPE, training)["w0"], weights["w0"])
    assert len(calls) == 1
    (path,) = cache_folder().glob("*.npz")
    path.write_bytes(b"damaged")
    trained(RECIPE, training)
    assert len(calls) == 2


def test_without_a_writable_cache_it_is_trained(weights, monkeypatch, tmp_path):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("METALEARN_CACHE", str(tmp_path / "file"))
    assert trained(RECIPE, lambda checkpoint: weights) is weights


def test_the_digest_sees_every_value_and_the_order(rng):
    tasks = [(rng.random((4, 2)), rng.random(4)), (rng.random((3, 2)), rng.random(3))]
    changed = [(tasks[0][0], tasks[0][1] + np.eye(4)[0] * 1e-12), tasks[1]]
    found = {digest_of_tasks(t) for t in (tasks, tasks[::-1], changed)}
    assert len(found) == 3
    negative = [(tasks[0][0], 0.0 * tasks[0][1]), (tasks[0][0], -0.0 * tasks[0][1])]
    assert digest_of_tasks(negative[:1]) == digest_of_tasks(negative[1:])
