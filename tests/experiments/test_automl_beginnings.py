"""Beginnings of a fit are replayed from stored evaluations."""

from __future__ import annotations

import runpy

import numpy as np
import pytest

from tests.experiments.running import EXPERIMENTS

SCRIPT = EXPERIMENTS / "automl" / "beginnings.py"


def test_area_of_the_best_loss_so_far():
    area = runpy.run_path(str(SCRIPT))["area"]
    losses, seconds = np.array([0.5, 0.8, 0.0]), np.array([1.0, 0.5, 9.0])
    assert area(losses, seconds, [0, 1]) == pytest.approx((1.0 + 2 * 0.5) / 3)
    assert area(losses, seconds, [1, 0]) == pytest.approx((0.5 + 0.8 + 1.5 * 0.5) / 3)
    assert area(losses, seconds, [2, 0]) == 1.0  # the first one does not end in time


@pytest.mark.slow  # reads the bundled store
def test_portfolios_are_ahead_of_defaults():
    rows = runpy.run_path(str(SCRIPT))["main"]([])
    mean = rows.drop(columns="task").groupby("kind").mean()
    assert (mean["gain per second^0.5"] < mean["three defaults"] - 0.02).all()
