"""Stored seconds and the sizes that they depend on."""

from __future__ import annotations

import numpy as np
import pytest

from metalearn.core.configuration import Configuration
from metalearn.workflows.recommend.seconds import TimedRuns, model_of_seconds

RIDGE = (Configuration("ridge", {"alpha": 1.0}),)


def runs(*n_rows: float) -> TimedRuns:
    """Runs of one configuration whose seconds are proportional to the rows."""
    rows = np.array(n_rows)
    same = np.ones(len(rows))
    return TimedRuns(rows, 10.0 * same, 2.0 * same, 0.0 * same, rows / 2,
                     1e-4 * rows[:, None])  # fmt: skip


def test_largest_rows_are_those_of_nearly_all_fits() -> None:
    assert runs(*[100.0] * 99, 10_000.0).largest == pytest.approx(100.0)
    assert runs(500.0, np.nan).largest == pytest.approx(500.0)
    assert runs(np.nan).largest == np.inf


def test_fewer_than_three_timed_tasks_have_no_model() -> None:
    assert model_of_seconds(runs(100.0, 200.0, np.nan), RIDGE) is None
    assert model_of_seconds(runs(100.0, 200.0, 300.0), RIDGE) is not None
