from __future__ import annotations

import numpy as np
import pytest

from metalearn.automl.combining import combined, weighted_mean
from metalearn.automl.objective import Truth, objective_of

N = 300
FOLDS = np.arange(N) % 3
RMSE = objective_of("rmse", "regression")


def test_a_member_far_ahead_is_not_diluted(rng):
    y = rng.normal(size=N)
    library = np.stack([y + 0.01 * rng.normal(size=N), *(3 * rng.normal(size=(7, N)))])
    found = combined(library, RMSE, Truth(y), FOLDS, np.random.default_rng(0))
    assert found.way != "shrunk"
    assert found.weights[0] > 0.98
    assert found.nested_loss == pytest.approx(0.01, rel=0.3)


def test_members_of_independent_errors_are_averaged(rng):
    y = rng.normal(size=N)
    library = y + rng.normal(size=(8, N))
    found = combined(library, RMSE, Truth(y), FOLDS, np.random.default_rng(0))
    # The mean of eight independent unit errors has a standard deviation of 0.35.
    assert RMSE.loss(Truth(y), weighted_mean(library, found.weights)) < 0.42
    assert (found.weights > 0).sum() >= 6


def test_the_nested_loss_is_not_optimistic_on_noise(rng):
    y = rng.normal(size=N)
    library = rng.normal(size=(30, N))
    found = combined(library, RMSE, Truth(y), FOLDS, np.random.default_rng(0))
    assert found.nested_loss > found.loss


def test_copies_share_no_votes(rng):
    y = rng.normal(size=N)
    one = y + rng.normal(size=N)
    library = np.stack([one, one, one, y + rng.normal(size=N)])
    found = combined(library, RMSE, Truth(y), FOLDS, np.random.default_rng(0))
    assert found.weights[1] == found.weights[2] == 0.0
    assert found.weights[3] == pytest.approx(0.5, abs=0.1)


def test_a_single_hold_out_part_is_split_for_the_choice(rng):
    y = rng.normal(size=N)
    library = y + rng.normal(size=(4, N))
    found = combined(library, RMSE, Truth(y), np.zeros(N, int), np.random.default_rng(0))
    assert found.weights.sum() == pytest.approx(1.0)
    assert np.isfinite(found.nested_loss)
