"""Losses of our metrics, vectorised over candidates: `(k, n, ...)` predictions give `(k,)` losses.

Predictions are class probabilities `(n, n_classes)` or numbers `(n,)`. Ensemble selection compares
hundreds of candidates, so one call must take milliseconds.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from metalearn.core.arrays import Floats
from metalearn.numerics.temperature import SMALLEST

__all__ = ["MEASURES", "Measure", "Truth", "surprise"]


@dataclass(frozen=True, eq=False)
class Truth:
    """What predictions are compared with.

    Attributes:
        y: Class codes or numbers, `(n,)`.
        weight: Weights of the rows, `(n,)`; None for equal ones.
        classes: The classes in the order of the codes; None for regression.
    """

    y: Any  # Ints or Floats
    weight: Floats | None = None
    classes: Any = None  # array of labels

    def take(self, rows: Any) -> Truth:
        """Return the truth of some rows, by index or mask."""
        weight = None if self.weight is None else self.weight[rows]
        return replace(self, y=self.y[rows], weight=weight)


Losses = Callable[[Truth, Floats], Floats]


@dataclass(frozen=True, slots=True)
class Measure:
    """How the loss of one of our metrics is computed.

    Attributes:
        losses: Losses of candidates.
        stored: The closest metric that every evaluation in the store measures.
        uses_labels: Whether only the predicted class counts.
    """

    losses: Losses
    stored: str
    uses_labels: bool = False


def _mean(values: Floats, truth: Truth) -> Floats:
    """Return weighted means over the rows, `(k,)`, of `(k, n)` values."""
    return np.asarray(np.average(values, axis=1, weights=truth.weight))


def surprise(truth: Truth, true_class: Floats) -> Floats:
    """Return mean negative logarithms of the probabilities of the true classes, `(k, n)`."""
    return _mean(-np.log(np.clip(true_class, SMALLEST, None)), truth)


def _log_loss(truth: Truth, candidates: Floats) -> Floats:
    true = candidates[:, np.arange(len(truth.y)), truth.y]
    return surprise(truth, true / np.maximum(candidates.sum(axis=2), SMALLEST))


def _brier(truth: Truth, candidates: Floats) -> Floats:
    target = np.eye(candidates.shape[2])[truth.y]
    scale = 2.0 if candidates.shape[2] == 2 else 1.0  # two classes: of the positive one alone
    return _mean(np.asarray(((candidates - target) ** 2).sum(axis=2) / scale), truth)


def _wrong(truth: Truth, candidates: Floats) -> Floats:
    """Return `(k, n)` of 0 and 1."""
    return np.asarray(candidates.argmax(axis=2) != truth.y, dtype=np.float64)


def _error_rate(truth: Truth, candidates: Floats) -> Floats:
    return _mean(_wrong(truth, candidates), truth)


def _balanced_error(truth: Truth, candidates: Floats) -> Floats:
    wrong = _wrong(truth, candidates)
    present = np.unique(truth.y)
    rates = [_mean(wrong[:, truth.y == c], truth.take(truth.y == c)) for c in present]
    return np.asarray(np.mean(rates, axis=0))


def _f1_macro(truth: Truth, candidates: Floats) -> Floats:
    guess = candidates.argmax(axis=2)
    weight = np.ones(len(truth.y)) if truth.weight is None else truth.weight
    scores = []
    for c in range(candidates.shape[2]):
        true = weight * (truth.y == c)
        said = weight * (guess == c)
        sizes = true.sum() + said.sum(axis=1)
        hits = (said * (truth.y == c)).sum(axis=1)
        if true.sum() > 0 or (sizes > 0).any():
            scores.append(np.where(sizes > 0, 2.0 * hits / np.maximum(sizes, 1e-300), 0.0))
    return np.asarray(1.0 - np.mean(scores, axis=0))


def _area_loss(truth: Truth, candidates: Floats) -> Floats:
    """1 - area under the ROC curve, mean of one against the rest (weights are not used)."""
    from scipy.stats import rankdata

    classes = np.unique(truth.y)
    used = [1] if candidates.shape[2] == 2 else list(classes)
    areas = []
    for c in used:
        positive = truth.y == c
        n_positive = int(positive.sum())
        if not 0 < n_positive < len(positive):
            continue
        ranks = rankdata(candidates[:, :, c], axis=1)
        u = ranks[:, positive].sum(axis=1) - n_positive * (n_positive + 1) / 2
        areas.append(u / (n_positive * (len(positive) - n_positive)))
    return np.asarray(1.0 - np.mean(areas, axis=0)) if areas else np.full(len(candidates), 0.5)


def _mse(truth: Truth, candidates: Floats) -> Floats:
    return _mean((candidates - truth.y) ** 2, truth)


def _rmse(truth: Truth, candidates: Floats) -> Floats:
    return np.asarray(np.sqrt(_mse(truth, candidates)))


def _mae(truth: Truth, candidates: Floats) -> Floats:
    return _mean(np.abs(candidates - truth.y), truth)


def _medae(truth: Truth, candidates: Floats) -> Floats:
    return np.asarray(np.median(np.abs(candidates - truth.y), axis=1))


def _one_minus_r2(truth: Truth, candidates: Floats) -> Floats:
    center = np.average(truth.y, weights=truth.weight)
    spread = float(np.average((truth.y - center) ** 2, weights=truth.weight))
    return np.asarray(_mse(truth, candidates) / (spread or 1.0))


MEASURES: dict[str, Measure] = {
    "log_loss": Measure(_log_loss, "log_loss"),
    "brier_score": Measure(_brier, "log_loss"),
    "accuracy": Measure(_error_rate, "accuracy", uses_labels=True),
    "error_rate": Measure(_error_rate, "accuracy", uses_labels=True),
    "balanced_accuracy": Measure(_balanced_error, "balanced_accuracy", uses_labels=True),
    "balanced_error_rate": Measure(_balanced_error, "balanced_accuracy", uses_labels=True),
    "f1_macro": Measure(_f1_macro, "balanced_accuracy", uses_labels=True),
    "roc_auc": Measure(_area_loss, "roc_auc"),
    "rmse": Measure(_rmse, "rmse"),
    "mse": Measure(_mse, "rmse"),
    "r2": Measure(_one_minus_r2, "r2"),
    "mae": Measure(_mae, "mae"),
    "medae": Measure(_medae, "mae"),
}
"""One entry for every metric of `metalearn.core.metric.METRICS`."""
