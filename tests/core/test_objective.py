"""Objectives by name, their losses, and the names that are refused."""

from __future__ import annotations

import math

import numpy as np
import pytest

from metalearn.core.metric import metric_named
from metalearn.core.objective import COSTS, chosen_objectives, names_of_objectives
from metalearn.errors import UnknownNameError, UsageError

METRICS = ("log_loss", "roc_auc")


def test_names_are_kept_in_order_also_twice() -> None:
    assert names_of_objectives(["a,b", "a"]) == ("a", "b", "a")


def test_costs_of_many_magnitudes_are_compared_by_logarithm() -> None:
    seconds, columns = COSTS["fit_seconds"], COSTS["n_columns"]
    assert seconds.loss(10.0) - seconds.loss(1.0) == pytest.approx(math.log(10))
    assert columns.loss(7.0) == 7.0
    assert math.isfinite(seconds.loss(0.0))
    assert math.isnan(seconds.loss(math.nan))
    values = np.array([0.0, 0.3, np.nan])
    for objective in (seconds, columns, *chosen_objectives(["auc", "log_loss"], metric_named, ())):
        np.testing.assert_allclose(
            objective.losses(values), [objective.loss(float(v)) for v in values]
        )


def test_a_metric_where_more_is_better_becomes_a_loss() -> None:
    auc, _ = chosen_objectives(["auc", "fit_seconds"], metric_named, METRICS)
    assert auc.name == "roc_auc"
    assert auc.loss(0.9) < auc.loss(0.8)


@pytest.mark.parametrize(
    ("names", "error", "told"),
    [
        (["log_loss", "fit_second"], UnknownNameError, "did you mean 'fit_seconds'"),
        (["log_loss", "fit_seconds", "log_loss"], UsageError, "'log_loss' is named twice"),
        (["roc_auc", "auc"], UsageError, "'roc_auc' is named twice"),
        (["fit_seconds", "log_loss"], UsageError, "first objective must be a metric"),
        (["log_loss"], UsageError, "at least two objectives"),
        ([], UsageError, "at least two objectives, got none"),
    ],
)
def test_what_cannot_be_searched_is_refused(
    names: list[str], error: type[Exception], told: str
) -> None:
    with pytest.raises(error, match=told):
        chosen_objectives(names, metric_named, METRICS)
