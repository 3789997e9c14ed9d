"""The forest under functional ANOVA: how many runs its leaves hold, and why."""

from __future__ import annotations

import ConfigSpace as cs
import numpy as np
import pytest

from metalearn.core.history import History
from metalearn.core.space import Space
from metalearn.importance import FanovaSettings, fanova_task
from metalearn.importance.forest import ForestSettings, fit_forest


@pytest.mark.parametrize(
    ("n_runs", "size"), [(2, 1), (599, 1), (600, 2), (1499, 4), (1500, 5), (10**6, 5)]
)
def test_leaves_hold_one_run_for_each_300_from_one_to_five(n_runs, size):
    assert ForestSettings().leaf_size(n_runs) == size
    assert ForestSettings(min_leaf=3).leaf_size(n_runs) == 3


def test_no_leaf_is_smaller():
    rng = np.random.default_rng(0)
    X = rng.random((1500, 2))
    forest = fit_forest(X, X[:, 0] + rng.random(1500), rng, ForestSettings(2))
    for tree in forest.trees:
        assert tree.n_node_samples[tree.children_left < 0].min() == 5


def test_many_noisy_runs_need_larger_leaves():
    # One axis has all of the variance; what the four idle ones get is noise.
    space = cs.ConfigurationSpace()
    space.add(*(cs.UniformFloatHyperparameter(name, 0.0, 1.0) for name in "abcde"))
    rng = np.random.default_rng(0)
    X = rng.random((1500, 5))
    history = History(X, X[:, 0] + 0.2 * rng.standard_normal(1500))

    def share(forest: ForestSettings) -> float:
        settings = FanovaSettings(order=1, forest=forest)
        rng = np.random.default_rng(1)
        return fanova_task(Space("planted", space), history, rng, settings=settings).share[0]

    assert share(ForestSettings()) > share(ForestSettings(min_leaf=1)) + 0.05
