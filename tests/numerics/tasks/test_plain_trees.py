"""Leaves of plain trees are those of scikit-learn's."""

import numpy as np
from sklearn.ensemble import RandomForestRegressor

from metalearn.numerics.tasks.plain_trees import plain_trees


def test_rows_reach_the_leaves_of_the_library(rng: np.random.Generator) -> None:
    X = np.round(rng.normal(size=(80, 4)), 1)  # values that equal thresholds occur
    forest = RandomForestRegressor(30, min_samples_leaf=2, random_state=0).fit(
        X, X[:, 0] * X[:, 1]
    )
    trees = plain_trees(estimator.tree_ for estimator in forest.estimators_)
    assert trees.n_trees == 30
    some = np.vstack([X, rng.normal(size=(200, 4)), 1e30 * X[:2], -1e30 * X[:2]])
    assert np.array_equal([trees.leaves(row) for row in some], forest.apply(some))


def test_no_tree_has_no_leaf() -> None:
    trees = plain_trees(())
    assert trees.n_trees == 0
    assert trees.leaves(np.zeros(3)).shape == (0,)
