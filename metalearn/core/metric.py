"""Metrics: named measures with a direction, which convert scores to losses and back.

The package computes with losses (lower is better); only its interfaces show scores.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from metalearn.core.arrays import Floats
from metalearn.core.task import Kind
from metalearn.errors import InputError, NegatedMetricError, UnknownNameError

__all__ = ["METRICS", "Metric", "metric_named"]

_ROUNDING = 1e-9
_Number = TypeVar("_Number", float, Floats)


@dataclass(frozen=True, slots=True)
class Metric:
    """A measure of predictive performance.

    Attributes:
        name: The field's name, for instance `balanced_accuracy`.
        greater_is_better: Direction of the raw score.
        optimum: Best possible score, if there is one; the loss of a score is its distance to it.
        worst: Worst possible score, if there is one; intervals are clipped to it.
    """

    name: str
    greater_is_better: bool
    optimum: float | None = None
    worst: float | None = None

    @property
    def kind(self) -> Kind | None:
        """Kind of task that the metric is for; None if it is not in `METRICS`."""
        if self.name not in METRICS:
            return None
        return "regression" if self.name in _TARGET_UNITS else "classification"

    @property
    def target_power(self) -> int:
        """Power of the target's unit in the metric: 1 for RMSE, 2 for MSE, 0 if none."""
        return _TARGET_UNITS.get(self.name, 0)

    def loss(self, score: _Number) -> _Number:
        """Return the loss of raw scores: `optimum - score`, or the score if lower is better."""
        if not self.greater_is_better:
            return score
        return (self.optimum or 0.0) - score

    def score(self, loss: _Number) -> _Number:
        """Return the raw score of losses; the inverse of `loss`."""
        if not self.greater_is_better:
            return loss
        return (self.optimum or 0.0) - loss

    def clip(self, score: Floats) -> Floats:
        """Return scores clipped to the range of the metric."""
        ends = [end for end in (self.optimum, self.worst) if end is not None]
        low = self.worst if self.greater_is_better else self.optimum
        high = self.optimum if self.greater_is_better else self.worst
        if not ends:
            return score
        return np.clip(score, -np.inf if low is None else low, np.inf if high is None else high)

    def checked(self, score: float, what: str = "") -> float:
        """Return the score after a check of its range; NaN (a failure) passes.

        Args:
            score: The score.
            what: Source of the score, for the message.

        Raises:
            InputError: If it lies outside the range of the metric.
        """
        is_outside = abs(float(self.clip(np.array(score))) - score) > _ROUNDING
        if is_outside or np.isinf(score):
            way = "larger" if self.greater_is_better else "smaller"
            ends = (
                (self.worst, self.optimum)
                if self.greater_is_better
                else (self.optimum, self.worst)
            )
            low, high = ("no end" if end is None else f"{end:g}" for end in ends)
            raise InputError(
                f"{what}{': ' if what else ''}{score:g} is no {self.name}, which lies between "
                f"{low} and {high}, {way} is "
                "better: give the score itself, neither a percentage nor with its sign turned"
            )
        return score


METRICS: dict[str, Metric] = {
    metric.name: metric
    for metric in (
        Metric("balanced_accuracy", True, 1.0, 0.0),
        Metric("accuracy", True, 1.0, 0.0),
        Metric("roc_auc", True, 1.0, 0.0),
        Metric("f1_macro", True, 1.0, 0.0),
        Metric("log_loss", False, 0.0),
        Metric("brier_score", False, 0.0),
        Metric("error_rate", False, 0.0, 1.0),
        Metric("balanced_error_rate", False, 0.0, 1.0),
        Metric("r2", True, 1.0),
        Metric("rmse", False, 0.0),
        Metric("mae", False, 0.0),
        Metric("mse", False, 0.0),
        Metric("medae", False, 0.0),
    )
}
_TARGET_UNITS = {"r2": 0, "rmse": 1, "mae": 1, "mse": 2, "medae": 1}  # metrics of regression
_NEGATED = "neg_"
_ALIASES = {
    "predictive_accuracy": "accuracy",
    "area_under_roc_curve": "roc_auc",
    "auc": "roc_auc",
    "logloss": "log_loss",
    "root_mean_squared_error": "rmse",
    "mean_absolute_error": "mae",
    "mean_squared_error": "mse",
    "median_absolute_error": "medae",
    "balanced_error": "balanced_error_rate",
}


def metric_named(name: str) -> Metric:
    """Return the metric of that name or alias.

    Raises:
        UnknownNameError: If no metric has this name, or if it names a negated metric, as
            scikit-learn's scorers do (`neg_log_loss`), whose direction is reversed.
    """
    known = METRICS.get(_ALIASES.get(name, name))
    if known is None:
        plain = name.removeprefix(_NEGATED)
        negated = METRICS.get(_ALIASES.get(plain, plain))
        if negated is not None and plain != name:
            raise NegatedMetricError(name, negated.name)
        raise UnknownNameError("metric", name, tuple(METRICS))
    return known
