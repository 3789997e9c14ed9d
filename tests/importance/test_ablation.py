"""Ablation and local importance on functions whose answer is known."""

from __future__ import annotations

from dataclasses import dataclass

import ConfigSpace as cs
import numpy as np
import pytest

from metalearn.core.history import History
from metalearn.core.seams import Prediction
from metalearn.core.space import Space
from metalearn.importance import ablation_path, local_importance
from metalearn.importance.ablation import task_forest


@dataclass
class Exact:
    """A surrogate that is the function itself."""

    function: object

    def predict(self, X):
        mean = np.asarray(self.function(np.nan_to_num(X, nan=0.5)), dtype=np.float64)
        return Prediction(mean, np.zeros(len(X)))


@pytest.fixture(scope="module")
def space():
    svm = cs.ConfigurationSpace()
    kernel = cs.CategoricalHyperparameter("kernel", ["linear", "rbf"])
    gamma = cs.UniformFloatHyperparameter("gamma", 0.0, 1.0, default_value=0.5)
    c = cs.UniformFloatHyperparameter("c", 0.0, 1.0, default_value=0.0)
    shrinking = cs.UniformFloatHyperparameter("shrinking", 0.0, 1.0, default_value=0.2)
    svm.add(kernel, gamma, c, shrinking)
    svm.add(cs.EqualsCondition(gamma, kernel, "rbf"))
    return Space("svm", svm)


def test_additive_gains_are_the_differences_whatever_the_order(space):
    at = {name: j for j, name in enumerate(space.names)}

    def loss(X):
        kernel, gamma = X[:, at["kernel"]] > 0.5, X[:, at["gamma"]]
        return (
            3.0
            - 1.0 * X[:, at["c"]]
            - kernel * (1.0 - (gamma - 0.9) ** 2)
            + 0.1 * X[:, at["shrinking"]]
        )

    default = space.configuration({"kernel": "linear", "c": 0.0, "shrinking": 0.2})
    incumbent = space.configuration({"kernel": "rbf", "gamma": 0.9, "c": 0.6, "shrinking": 0.5})
    path = ablation_path(space, Exact(loss), default, incumbent)
    # The kernel takes its child gamma along: gain 1; then c: 0.6; shrinking costs 0.03.
    assert path.names == ("kernel", "c", "shrinking")
    assert path.losses == pytest.approx([3.02, 2.02, 1.42, 1.45])
    assert path.shares == pytest.approx(np.array([1.0, 0.6, -0.03]) / 1.57)
    assert path.note == ""
    back = ablation_path(space, Exact(loss), incumbent, default)
    assert back.names[0] == "shrinking"
    assert "worse" in back.note


def test_same_loss_has_no_shares(space):
    default = space.default()
    path = ablation_path(space, Exact(lambda X: np.ones(len(X))), default, default)
    assert path.names == ()
    assert "same predicted loss" in path.note


def test_local_importance_of_a_linear_function(space):
    # Around any point Var_j is w_j^2 / 12: shares 1 : 9 of c and shrinking, nothing else.
    rng = np.random.default_rng(0)
    X = space.encode(space.sample(2000, rng))
    at = {name: j for j, name in enumerate(space.names)}
    y = X[:, at["c"]] + 3.0 * X[:, at["shrinking"]]
    names = list(space.names)
    found = local_importance(space, History(X, y), rng)
    assert found.share[names.index("shrinking")] == pytest.approx(0.9, abs=0.03)
    assert found.share[names.index("c")] == pytest.approx(0.1, abs=0.03)
    linear = space.configuration({"kernel": "linear", "c": 0.5, "shrinking": 0.5})
    there = local_importance(space, History(X, y), rng, incumbent=linear)
    assert there.share[names.index("gamma")] == 0.0
    flat = local_importance(space, History(X, np.ones(2000)), rng)
    assert np.isnan(flat.share).all()
    assert "no variance" in flat.note


def test_forest_predicts_with_inactive_axes(space):
    rng = np.random.default_rng(0)
    X = space.encode(space.sample(300, rng))
    forest = task_forest(space, History(X, X[:, 0]), rng)
    found = forest.predict(X)
    assert np.abs(found.mean - X[:, 0]).mean() < 0.02
    assert (found.std >= 0).all()
