"""Errors that grow with the classes of a task make its interval wider, also beyond the known."""

from __future__ import annotations

import numpy as np
import pytest

from metalearn.recommenders.error_scale import fit_error_scale

NAMES = ("entropy", "nr_class", "nr_inst")
N = 200


@pytest.fixture
def tasks(rng):
    classes = np.exp(rng.uniform(np.log(2.0), np.log(10.0), N))
    return np.column_stack([rng.normal(size=N), classes, rng.uniform(100, 5000, N)])


def test_the_planted_power_of_the_classes_is_found_and_goes_on(tasks, rng):
    errors = tasks[:, 1] ** 0.5 * np.exp(0.2 * rng.normal(size=N))
    scale, left_out = fit_error_scale(NAMES, tasks, errors, np.arange(N))
    two, ten, many = (scale.factor(np.array([0.0, n, 1000.0])) for n in (2.0, 10.0, 40.0))
    assert 1.5 < ten / two < 5.0**0.5  # shrunk
    assert 1.4 < many / ten < 2.0
    assert np.corrcoef(np.log(left_out), np.log(tasks[:, 1]))[0, 1] > 0.99


def test_beyond_the_known_sizes_intervals_become_no_narrower(tasks):
    errors = tasks[:, 1] ** -0.5
    scale, _ = fit_error_scale(NAMES, tasks, errors, np.arange(N))
    ten, many = (scale.factor(np.array([0.0, n, 1000.0])) for n in (10.0, 1000.0))
    assert ten < 1.0
    assert many == pytest.approx(ten, rel=0.05)


def test_a_group_does_not_see_its_own_errors(tasks):
    groups = np.arange(N) // 2
    errors = np.ones(N)
    _, calm = fit_error_scale(NAMES, tasks, errors, groups)
    errors[:2] = 50.0
    _, excited = fit_error_scale(NAMES, tasks, errors, groups)
    assert excited[:2] / excited[0] == pytest.approx(calm[:2] / calm[0], rel=0.2)
    assert excited[:2].max() < calm[:2].min()  # the others have less than the mean


@pytest.mark.parametrize("names", [(), ("entropy", "x", "y")])
def test_without_sizes_all_factors_are_one(names, tasks):
    features = tasks[:, : len(names)]
    scale, left_out = fit_error_scale(names, features, np.ones(N), np.arange(N))
    assert scale.factor(features[0]) == 1.0
    assert left_out == pytest.approx(1.0)


def test_unknown_sizes_and_errors(tasks):
    tasks[::3, 1], tasks[1::5, 2] = np.nan, np.nan
    errors = np.where(np.arange(N) % 4 == 0, np.nan, 1.0)
    scale, left_out = fit_error_scale(NAMES, tasks, errors, np.arange(N))
    assert np.isfinite(left_out).all()
    assert scale.factor(np.full(3, np.nan)) == 1.0
    assert scale.factor(np.empty(0)) == 1.0
