from __future__ import annotations

import numpy as np
import pytest

from metalearn.automl.objective import Truth, objective_of
from metalearn.automl.stacking import chosen_stacker, stacked

N = 1200
FOLDS = np.arange(N) % 3


def test_learns_that_a_member_is_off_by_a_factor(rng):
    y = rng.normal(size=N)
    members = np.stack([0.5 * y + 0.05 * rng.normal(size=N), rng.normal(size=N)])
    found = chosen_stacker(members, np.array([0.5, 0.5]), objective_of("rmse", "regression"),
                           Truth(y), FOLDS)  # fmt: skip
    # y = 2 * member + noise of 0.1: the root mean square is about 0.1.
    assert np.sqrt(np.mean((stacked(found, members) - y) ** 2)) == pytest.approx(0.1, rel=0.2)


def test_keeps_the_mean_where_it_is_right(rng):
    y = rng.normal(size=N)
    members = y + rng.normal(size=(2, N))
    weights = np.array([0.5, 0.5])
    objective = objective_of("mae", "regression")
    truth = Truth(y + 0.0)
    chosen = [
        chosen_stacker(members[:, i], weights, objective, truth.take(i), FOLDS[: len(i)])
        for i in [np.arange(500)]
    ]
    assert chosen == [None]  # too few rows


def test_classes_are_recovered_from_swapped_members(rng):
    y = rng.integers(0, 2, N)
    p = np.clip(np.where(y == 1, 0.8, 0.2) + 0.1 * rng.normal(size=N), 0.01, 0.99)
    right = np.column_stack([1 - p, p])
    members = np.stack([right[:, ::-1], np.full((N, 2), 0.5)])  # the first says the opposite
    truth = Truth(y, classes=np.array(["a", "b"]))
    objective = objective_of("log_loss", "classification")
    found = chosen_stacker(members, np.array([0.5, 0.5]), objective, truth, FOLDS)
    said = stacked(found, members)
    assert said.sum(axis=1) == pytest.approx(np.ones(N))
    assert np.mean(said.argmax(axis=1) == y) > 0.95
    assert objective.loss(truth, said) < objective.loss(truth, right)


def test_one_member_needs_no_second_level(rng):
    y = rng.normal(size=N)
    objective = objective_of("rmse", "regression")
    assert chosen_stacker(y[None], np.ones(1), objective, Truth(y), FOLDS) is None
