"""A few rows with most of the squared error do not decide on the weights of members."""

from __future__ import annotations

import numpy as np
import pytest

from metalearn.automl.combining import combined, weighted_mean
from metalearn.automl.objective import Truth, objective_of
from metalearn.automl.usual_rows import usual_rows

N = 200
FOLDS = np.arange(N) % 5
RMSE = objective_of("rmse", "regression")


@pytest.fixture
def skewed(rng):
    """A target with two large values, a good member, and a poor one that is right on those."""
    y = rng.normal(size=N)
    y[:2] = 100.0
    good, poor = y + 0.1 * rng.normal(size=N), y + 2.0 * rng.normal(size=N)
    good[:2], poor[:2] = 0.0, 60.0
    return y, np.stack([good, poor])


def test_rows_with_most_of_the_error_are_left_out(skewed):
    y, library = skewed
    kept = usual_rows(library[0], RMSE, Truth(y))
    assert not kept[:2].any()
    assert kept.sum() == N - round(0.02 * N)


def test_all_rows_decide_otherwise(rng, skewed):
    y, library = skewed
    usual = rng.normal(size=N)
    assert usual_rows(usual + rng.normal(size=N), RMSE, Truth(usual)).all()
    assert usual_rows(library[0], objective_of("mae", "regression"), Truth(y)).all()
    classes = Truth(np.arange(N) % 2, None, np.arange(2))
    assert usual_rows(np.full((N, 2), 0.5), objective_of(None, "classification"), classes).all()
    assert usual_rows(y, RMSE, Truth(y)).all()  # no error at all


def test_light_rows_do_not_dominate(skewed):
    y, library = skewed
    weight = np.where(np.arange(N) < 2, 1e-9, 1.0)
    assert usual_rows(library[0], RMSE, Truth(y, weight))[:2].all()


def test_the_good_member_keeps_its_weight(skewed):
    y, library = skewed
    truth, draw = Truth(y), np.random.default_rng(0)
    kept = usual_rows(library[0], RMSE, truth)
    assert combined(library, RMSE, truth, FOLDS, draw).weights[0] < 0.5
    found = combined(library, RMSE, truth, FOLDS, draw, deciding=kept)
    assert found.weights[0] > 0.95
    mixed = weighted_mean(library, found.weights)
    assert found.loss == pytest.approx(RMSE.loss(truth, mixed))  # of all rows
