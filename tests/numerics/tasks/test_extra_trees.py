"""The trees are those of scikit-learn's forest."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.ensemble import ExtraTreesRegressor

from metalearn.numerics.tasks.extra_trees import grown_trees


@pytest.mark.parametrize("n_outputs", [0, 3])
def test_they_equal_those_of_the_forest(rng, n_outputs):
    inputs, weights = rng.normal(size=(60, 7)), rng.random(60)
    weights[:9] = 0.0
    outputs = rng.normal(size=(60, n_outputs) if n_outputs else 60)
    trees, drawn = grown_trees(inputs, outputs, weights, 11, n_trees=20, min_leaf=3)
    forest = ExtraTreesRegressor(
        20, min_samples_leaf=3, max_features=0.5, bootstrap=True, random_state=11
    ).fit(inputs, outputs, sample_weight=weights)
    samples = forest.estimators_samples_
    assert not drawn[:9].any()
    for number, (tree, other) in enumerate(zip(trees, forest.estimators_, strict=True)):
        assert np.flatnonzero(drawn[:, number]).tolist() == sorted(set(samples[number]))
        for part in ("children_left", "children_right", "feature", "threshold", "value"):
            np.testing.assert_array_equal(getattr(tree, part), getattr(other.tree_, part))
