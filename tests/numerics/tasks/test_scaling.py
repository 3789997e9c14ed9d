"""Quantile scaling: the quantile of each feature, then whether it is missing."""

from __future__ import annotations

import numpy as np

from metalearn.numerics.tasks.scaling import fit_quantiles


def test_quantiles_and_indicators_stand_in_the_order_of_the_features():
    known = np.array([[1.0, 7.0, np.nan, 5.0], [2.0, 7.0, 3.0, 6.0], [2.0, 7.0, 4.0, 7.0],
                      [4.0, 7.0, 5.0, 8.0]])  # fmt: skip
    scaling = fit_quantiles(known)
    assert scaling.columns == (0, 2, 3)  # the second is constant
    asked = np.array([[2.0, 0.0, np.nan, 9.0], [0.0, 0.0, 4.0, np.inf]])
    expected = [[4 / 8, 0.5, 1.0, 1.0], [0.0, 3 / 6, 0.0, 0.5]]
    np.testing.assert_array_equal(scaling.apply(asked), expected)


def test_without_a_useful_feature_there_are_no_columns():
    scaling = fit_quantiles(np.ones((5, 3)))
    assert scaling.apply(np.ones((2, 3))).shape == (2, 0)
