"""The scores of the dummy: class shares, the mean or the median of the training rows.

For each metric the constant is the one that is best on the training rows: the most frequent class
for accuracy, the class shares for the logarithmic loss and the area under the curve, the mean for
squared errors, the median for absolute ones.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from metalearn.core.arrays import Floats, Ints
from metalearn.core.metric import Metric
from metalearn.core.task import Kind
from metalearn.learners.evaluation import FoldScores, PreparedTask
from metalearn.learners.scores import classification_scores, regression_scores

__all__ = ["dummy_folds", "dummy_score"]


def dummy_folds(prepared: PreparedTask) -> list[FoldScores]:
    """Return the scores of the dummy on the folds of a task; it takes no time."""
    measured = _regression if prepared.table.kind == "regression" else _classification
    return [
        FoldScores(fold, measured(prepared, train, test), 0.0, 0.0)
        for fold, (train, test) in enumerate(prepared.splits)
    ]


def dummy_score(metric: Metric, kind: Kind, y: pd.Series) -> float:
    """Return the expected score of the dummy on a target, `(n,)`; NaN for metrics without formula.

    >>> from metalearn.core.metric import metric_named
    >>> dummy_score(metric_named("accuracy"), "classification", pd.Series(list("aaab")))
    0.75
    """
    formulas = _OF_SHARES if kind == "classification" else _OF_VALUES
    formula = formulas.get(metric.name)
    if formula is None:
        return float("nan")
    if kind == "regression":
        return float(formula(y.to_numpy(dtype=np.float64)))
    counts = y.value_counts().to_numpy(dtype=np.float64)
    return float(formula(counts[counts > 0] / counts.sum()))


_OF_SHARES: dict[str, Callable[[Floats], Any]] = {
    "balanced_accuracy": lambda p: 1.0 / len(p),
    "balanced_error_rate": lambda p: 1.0 - 1.0 / len(p),
    "accuracy": lambda p: p.max(),
    "error_rate": lambda p: 1.0 - p.max(),
    "roc_auc": lambda _: 0.5,
    "log_loss": lambda p: -(p * np.log(p)).sum(),
    "f1_macro": lambda p: 2.0 * p.max() / (1.0 + p.max()) / len(p),
}
_OF_VALUES: dict[str, Callable[[Floats], Any]] = {
    "r2": lambda _: 0.0,
    "rmse": np.std,
    "mse": np.var,
    "mae": lambda y: np.abs(y - np.median(y)).mean(),
    "medae": lambda y: np.median(np.abs(y - np.median(y))),
}


@dataclass(frozen=True, slots=True)
class _Shares:
    """A fitted classifier that predicts the class shares of its training rows."""

    shares: Floats

    @property
    def classes_(self) -> Ints:
        return np.arange(len(self.shares))

    def predict_proba(self, X: Any) -> Floats:
        return np.tile(self.shares, (len(X), 1))


def _classification(prepared: PreparedTask, train: Ints, test: Ints) -> dict[str, float]:
    n_classes = int(prepared.codes.max()) + 1
    counts = np.bincount(prepared.codes[train], minlength=n_classes)
    model = _Shares(counts / counts.sum())
    return classification_scores(model, test, prepared.codes[test], n_classes)


def _regression(prepared: PreparedTask, train: Ints, test: Ints) -> dict[str, float]:
    y = prepared.table.y.to_numpy(dtype=np.float64)
    spread = float(np.var(y))
    by_mean = regression_scores(np.full(len(test), y[train].mean()), y[test], spread)
    by_median = regression_scores(np.full(len(test), np.median(y[train])), y[test], spread)
    return by_mean | {"mae": by_median["mae"]}
