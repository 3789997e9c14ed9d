"""Weights in the cache: exact, never those of another recipe, trained once."""

from dataclasses import replace

import numpy as np
import pytest

from metalearn.neural.recipe import NetworkRecipe, digest_of_tasks, trained

RECIPE = NetworkRecipe("deep-kernel", "digest", {"steps": 10}, 0, ("C", "gamma"), "snapshot")


@pytest.fixture
def weights(rng):
    return {"w0": rng.normal(size=(3, 2)), "log_noise": np.array(-4.0)}


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("METALEARN_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def never(checkpoint):
    raise AssertionError("trained again")


def test_round_trip(weights):
    trained(RECIPE, lambda checkpoint: weights)
    found = trained(RECIPE, never)
    assert found.keys() == weights.keys()
    for name, value in weights.items():
        assert np.array_equal(found[name], value)
        assert found[name].shape == value.shape


@pytest.mark.parametrize("change", [
    {"snapshot": "another"}, {"tasks": "other"}, {"seed": 1}, {"space": ("C",)},
    {"options": {"steps": 11}}, {"model": "ablr"},
])  # fmt: skip
def test_another_recipe_is_trained_anew(change, weights):
    trained(RECIPE, lambda checkpoint: weights)
    other = {"w0": np.zeros(2)}
    assert trained(replace(RECIPE, **change), lambda checkpoint: other) is other


def test_it_is_trained_once_and_again_if_the_file_is_damaged(weights, folder):
    calls = []

    def training(checkpoint):
        calls.append(checkpoint)
        return weights

    for _ in range(2):
        assert np.array_equal(trained(RECIPE, training)["w0"], weights["w0"])
    assert len(calls) == 1
    (path,) = folder.glob("*.npz")
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
