"""Expected losses on larger tables: nearer to the optimum, within an interval that only grows."""

from __future__ import annotations

import numpy as np
import pytest

from metalearn.core.metric import Metric, metric_named
from metalearn.recommenders.expected_score import Expectation
from metalearn.workflows.recommend.more_rows import with_more_rows

FOUND = Expectation(
    np.array([0.3, 0.1, np.nan]), np.array([0.2, 0.05, np.nan]), np.array([0.4, 0.2, np.nan]),
    np.ones(1),
)  # fmt: skip


@pytest.mark.parametrize("metric", ["balanced_accuracy", "r2", "rmse", "log_loss", "roc_auc"])
def test_losses_fall_with_the_rows_and_stay_above_the_optimum(metric: str) -> None:
    former = FOUND
    for times in (2.0, 10.0, 1000.0):
        found = with_more_rows(FOUND, metric_named(metric), times)
        assert (found.mean < former.mean)[:2].all()
        assert (found.low < former.low)[:2].all()
        assert ((found.low > 0.0) & (found.low < found.mean) & (found.mean < found.high))[:2].all()
        assert np.isnan(found.mean[2])
        np.testing.assert_array_equal(found.high, FOUND.high)
        former = found


@pytest.mark.parametrize("times", [0.0, 0.5, 1.0])
def test_smaller_tables_change_nothing(times: float) -> None:
    assert with_more_rows(FOUND, metric_named("accuracy"), times) is FOUND


def test_a_metric_without_an_optimum_changes_nothing() -> None:
    assert with_more_rows(FOUND, Metric("cost", False, None, None), 10.0) is FOUND


def test_r2_falls_like_the_square_of_an_error() -> None:
    rmse = with_more_rows(FOUND, metric_named("rmse"), 10.0)
    squared = Expectation(FOUND.mean**2, FOUND.low**2, FOUND.high**2, FOUND.task_weights)
    r2 = with_more_rows(squared, metric_named("r2"), 10.0)
    np.testing.assert_allclose(r2.mean, rmse.mean**2)
    np.testing.assert_allclose(r2.low, rmse.low**2)
