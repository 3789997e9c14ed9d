"""Marginal effects: the planted curve of one task, directions over tasks, and errors."""

from __future__ import annotations

import numpy as np
import pytest

from metalearn.core.metric import METRICS
from metalearn.errors import UnknownNameError, UsageError
from metalearn.histories.runs import Runs
from metalearn.importance import marginals
from tests.importance.test_tunable import world


@pytest.fixture(scope="module")
def runs():
    return world(n_tasks=4, n_runs=400)


def test_curve_of_one_task(runs):
    # t00 has its optimum of `place` at 0.1; E[0.5 (1 - level)] = 0.25.
    (curve,) = marginals(runs, [("place",)], task="t00")
    u = np.array(curve.values[0])
    assert curve.centre == pytest.approx(0.5 * (u - 0.1) ** 2 + 0.25, abs=0.04)
    assert (curve.low <= curve.high).all()
    assert "trees" in curve.band


def test_effects_over_tasks_are_in_the_direction_of_the_score(runs):
    (curve,) = marginals(runs, [("level",)])
    assert curve.centre == pytest.approx(0.25 - 0.5 * np.array(curve.values[0]), abs=0.04)
    accuracy = Runs(runs.space, METRICS["accuracy"], runs.histories)
    (turned,) = marginals(accuracy, [("level",)])
    assert turned.centre == pytest.approx(-curve.centre)
    assert curve.n_tasks == 4
    assert (curve.low <= curve.centre).all()
    assert (curve.centre <= curve.high).all()


def test_surface_and_its_table(runs):
    (surface,) = marginals(runs, [("idle", "level")])
    assert surface.centre.shape == (2, 24)
    frame = surface.to_frame()
    assert list(frame.columns) == ["idle", "level", "centre", "low", "high"]
    assert len(frame) == 48


def test_errors(runs):
    with pytest.raises(UnknownNameError, match="hyperparameter"):
        marginals(runs, [("depth",)])
    with pytest.raises(UnknownNameError, match="task"):
        marginals(runs, [("place",)], task="t99")
    with pytest.raises(UsageError):
        marginals(runs, [("place", "level", "idle")])
