"""Boosted quantiles are scikit-learn's, tree by tree."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.ensemble import GradientBoostingRegressor

from metalearn.surrogates.quantile_trees import boosted


@pytest.mark.parametrize("n", [2, 9, 40])
@pytest.mark.parametrize("quantile", [0.1, 0.5, 0.9])
def test_the_same_as_scikit_learn(n, quantile):
    rng = np.random.default_rng(n)
    points = np.round(rng.random((n, 3)), 1)  # ties between columns and points
    y = np.where(rng.random(n) < 0.2, 1.0, rng.normal(size=n))
    at = rng.random((50, 3))
    reference = GradientBoostingRegressor(
        loss="quantile", alpha=quantile, n_estimators=20, max_depth=None, max_leaf_nodes=8,
        random_state=7,
    ).fit(points, y)  # fmt: skip
    found = boosted(points, y, quantile, n_trees=20, n_leaves=8, seed=7)
    np.testing.assert_array_equal(found.predict(at), reference.predict(at))
