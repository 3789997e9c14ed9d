"""A member that is far from all others on a row is moved towards them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from metalearn.automl.winsorizing import usual_distances, winsorized

from .fitted_models import fitted_model, mixed_table


def test_distances_leave_out_one_row_in_a_hundred(rng):
    found = np.zeros((3, 1_000))
    found[1] = 1.0  # the median
    found[2] = 1.0 + rng.permutation(np.arange(1_000.0))
    assert usual_distances(found) == pytest.approx([1.0, 0.0, 989.01])


def test_far_predictions_only_are_moved():
    found = np.array([[1.0, 1.0], [2.0, 2.0], [2.5, 900.0]])
    moved = winsorized(found, np.array([1.0, 1.0, 3.0]))
    assert moved.tolist() == [[1.0, 1.0], [2.0, 2.0], [2.5, 5.0]]


def test_an_ensemble_does_not_follow_a_linear_model_beyond_the_known_rows():
    model = fitted_model("regression", "ridge", "random_forest", "extra_trees")
    X = mixed_table()[0].head(1).assign(number=1e3)
    free = replace(model.ensemble_, low=None, high=None, distances=None)
    members = np.array([member.predictions(X, None, {})[0] for member in free.members])
    held = replace(free, distances=np.full(3, 0.5))
    assert abs(members[0] - np.median(members)) > 10
    assert free.values(X) == pytest.approx(members.mean())
    assert abs(held.values(X)[0] - np.median(members)) < 0.5
