"""Nearest neighbours on tables with fewer rows than neighbours, and with more."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor

from metalearn.learners.capped_neighbors import (
    CappedNeighborsClassifier,
    CappedNeighborsRegressor,
)

X = np.random.default_rng(0).normal(size=(30, 2))
CODES = np.arange(30) % 3


@pytest.mark.parametrize("weights", ["uniform", "distance"])
@pytest.mark.parametrize("n_neighbors", [1, 7, 30, 50])
def test_equals_scikit_learn_with_at_most_all_rows(n_neighbors, weights):
    usual = min(n_neighbors, 30)
    capped = CappedNeighborsClassifier(n_neighbors, weights=weights).fit(X, CODES)
    theirs = KNeighborsClassifier(usual, weights=weights).fit(X, CODES)
    np.testing.assert_array_equal(capped.predict(-X), theirs.predict(-X))
    np.testing.assert_array_equal(capped.predict_proba(-X), theirs.predict_proba(-X))
    number = CappedNeighborsRegressor(n_neighbors, weights=weights).fit(X, X[:, 0])
    plain = KNeighborsRegressor(usual, weights=weights).fit(X, X[:, 0])
    np.testing.assert_array_equal(number.predict(-X), plain.predict(-X))


def test_the_parameter_stays_what_was_asked_for():
    model = CappedNeighborsClassifier(50).fit(X, CODES)
    model.predict(X)
    assert model.n_neighbors == clone(model).n_neighbors == 50
