"""The scores of one fold: several metrics at once, from predictions, probabilities or decisions.

Classes are integer codes over all classes of the task; a training or test fold may lack some.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from metalearn.core.arrays import Floats, Ints
from metalearn.core.task import Kind

__all__ = ["METRICS_OF", "classification_scores", "regression_scores"]

METRICS_OF: dict[Kind, tuple[str, ...]] = {
    "classification": ("balanced_accuracy", "accuracy", "roc_auc", "log_loss"),
    "regression": ("r2", "rmse", "mae"),
}
"""Metrics that one evaluation measures; the first is the default of `recommend`."""


def classification_scores(model: Any, X: Any, codes: Ints, n_classes: int) -> dict[str, float]:
    """Return the scores of a fitted classifier on a test fold; those not defined are left out.

    Args:
        model: Classifier fitted on integer codes.
        X: Prepared test matrix.
        codes: True classes, `(n,)`.
        n_classes: Number of classes of the whole task.
    """
    predicted, margins, is_probability = _predictions(model, X, n_classes)
    recall = [float(np.mean(predicted[codes == c] == c)) for c in np.unique(codes)]
    scores = {
        "balanced_accuracy": float(np.mean(recall)),
        "accuracy": float(np.mean(predicted == codes)),
    }
    area = _area_under_curve(codes, margins)
    if np.isfinite(area):
        scores["roc_auc"] = area
    if is_probability:
        sums = margins.sum(axis=1)
        likelihood = margins[np.arange(len(codes)), codes] / np.where(sums > 0, sums, 1.0)
        scores["log_loss"] = float(-np.mean(np.log(np.clip(likelihood, 1e-15, 1.0))))
    return scores


def _predictions(model: Any, X: Any, n_classes: int) -> tuple[Ints, Floats, bool]:
    """Return predicted codes, margins (absent classes lowest), and whether probabilities."""
    seen = np.asarray(model.classes_, dtype=np.int64)
    is_probability = hasattr(model, "predict_proba")
    if is_probability:
        margins = np.asarray(model.predict_proba(X), dtype=np.float64)
        predicted = seen[np.argmax(margins, axis=1)]
        lowest = 0.0
    else:
        margins = np.asarray(model.decision_function(X), dtype=np.float64)
        if margins.ndim == 1:
            margins = np.column_stack([-margins, margins])
        predicted = np.asarray(model.predict(X), dtype=np.int64)
        lowest = float(margins.min()) - 1.0
    full = np.full((len(margins), n_classes), lowest)
    full[:, seen] = margins
    if not np.isfinite(full).all():
        raise ValueError("the model predicts values that are not finite")
    return predicted, full, is_probability


def _area_under_curve(codes: Ints, margins: Floats) -> float:
    """Return the mean one-vs-rest area under the ROC curve over classes of the fold, or NaN."""
    from scipy.stats import rankdata

    n = len(codes)
    areas = []
    classes = np.unique(codes)
    for c in classes[-1:] if margins.shape[1] == 2 else classes:
        positive = codes == c
        n_positive = int(positive.sum())
        if 0 < n_positive < n:
            ranks = rankdata(margins[:, c])
            u = ranks[positive].sum() - n_positive * (n_positive + 1) / 2
            areas.append(u / (n_positive * (n - n_positive)))
    return float(np.mean(areas)) if areas else float("nan")


def regression_scores(
    predicted: npt.ArrayLike, truth: Floats, baseline: float
) -> dict[str, float]:
    """Return R2, RMSE and MAE of predictions, `(n,)`.

    R2 compares with the mean of the test fold; where the fold is constant it compares with
    `baseline`, the variance of the whole target, so that it stays defined.
    """
    errors = np.asarray(predicted, dtype=np.float64).ravel() - truth
    if not np.isfinite(errors).all():
        raise ValueError("the model predicts values that are not finite")
    spread = float(np.mean((truth - truth.mean()) ** 2)) or baseline
    square = float(np.mean(errors**2))
    return {
        "r2": 1.0 - square / spread,
        "rmse": float(np.sqrt(square)),
        "mae": float(np.mean(np.abs(errors))),
    }
