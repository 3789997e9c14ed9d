"""Metrics: scores become losses and come back."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from metalearn.core.metric import METRICS, Metric, metric_named
from metalearn.errors import InputError, UnknownNameError

metrics = st.sampled_from(list(METRICS.values()))
finite = st.floats(-1e6, 1e6)


@given(metrics, finite)
def test_score_is_the_inverse_of_loss(metric, score):
    assert metric.score(metric.loss(score)) == pytest.approx(score, rel=1e-12, abs=1e-9)


@given(metrics, finite, finite)
def test_a_better_score_is_a_lower_loss(metric, a, b):
    better = max(a, b) if metric.greater_is_better else min(a, b)
    worse = a + b - better
    assert metric.loss(better) <= metric.loss(worse)


@given(metrics, finite)
def test_arrays_and_numbers_agree(metric, score):
    array = np.array([score, np.nan])
    np.testing.assert_array_equal(metric.loss(array), [metric.loss(score), np.nan])
    np.testing.assert_array_equal(metric.score(array), [metric.score(score), np.nan])


@pytest.mark.parametrize("metric", METRICS.values(), ids=lambda metric: metric.name)
def test_the_optimum_has_loss_zero(metric):
    assert metric.optimum is not None
    assert metric.loss(metric.optimum) == 0.0


@given(metrics, st.lists(finite, max_size=5))
def test_clipped_scores_can_be_taken(metric, scores):
    clipped = metric.clip(np.array(scores))
    assert (metric.loss(clipped) >= 0).all()
    np.testing.assert_array_equal(metric.clip(clipped), clipped)
    if metric.worst is not None:
        assert (metric.loss(clipped) <= metric.loss(metric.worst)).all()


def test_a_metric_without_ends():
    profit = Metric("profit", greater_is_better=True)
    assert profit.loss(3.0) == -3.0
    np.testing.assert_array_equal(profit.clip(np.array([-9.0, 9.0])), [-9.0, 9.0])


def test_names_and_aliases():
    assert metric_named("auc") is metric_named("area_under_roc_curve") is METRICS["roc_auc"]
    assert all(metric_named(name).name == name for name in METRICS)
    with pytest.raises(UnknownNameError, match="unknown metric 'speed'; known: balanced_accuracy"):
        metric_named("speed")


@pytest.mark.parametrize(
    ("name", "score", "message"),
    [
        (
            "balanced_accuracy",
            70.0,
            "is no",
        ),
        ("accuracy", -0.1, "is no"),
        ("roc_auc", float("inf"), "is no"),
        ("r2", 70.0, "is no"),
        ("rmse", -1.0, "is no"),
        ("error_rate", 12.0, "is no"),
        ("rmse", float("inf"), "is no"),
    ],
)
def test_scores_outside_the_range_are_refused(name, score, message):
    with pytest.raises(InputError, match=message):
        metric_named(name).checked(score)


@pytest.mark.parametrize(
    ("name", "score"),
    [("accuracy", 1.0), ("r2", -300.0), ("rmse", 1e9), ("log_loss", 0.0), ("error_rate", 1.0)],
)
def test_scores_within_the_range_stay(name, score):
    assert metric_named(name).checked(score) == score
