"""The scores of one fold: several metrics at once, from predictions, probabilities or decisions.

Classes are integer codes over all classes of the task; a training or test fold may lack some.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from metalearn.core.arrays import Floats, Ints
from metalearn.core.task import Kind
from metalearn.learners.predictions import Predictions, class_predictions

__all__ = [
    "METRICS_OF",
    "classification_scores",
    "labels_of",
    "predicted_scores",
    "regression_scores",
]

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
    predicted = class_predictions(model, X, np.arange(n_classes))
    return predicted_scores(predicted, codes, labels_of(model, X, predicted))


def labels_of(model: Any, X: Any, predicted: Predictions) -> Ints:
    """Return the codes that a classifier decides for, `(n,)`; by its own rule if by margins."""
    if predicted.is_probability:
        return np.asarray(predicted.values.argmax(axis=1), dtype=np.int64)
    return np.asarray(model.predict(X), dtype=np.int64)


def predicted_scores(predictions: Predictions, codes: Ints, labels: Ints) -> dict[str, float]:
    """Return the scores of predictions over all classes; those not defined are left out.

    Args:
        predictions: Probabilities or margins, `(n, n_classes)`.
        codes: True classes, `(n,)`.
        labels: Predicted classes, `(n,)`.
    """
    margins = predictions.values
    recall = [float(np.mean(labels[codes == c] == c)) for c in np.unique(codes)]
    scores = {
        "balanced_accuracy": float(np.mean(recall)),
        "accuracy": float(np.mean(labels == codes)),
    }
    area = _area_under_curve(codes, margins)
    if np.isfinite(area):
        scores["roc_auc"] = area
    if predictions.is_probability:
        sums = margins.sum(axis=1)
        likelihood = margins[np.arange(len(codes)), codes] / np.where(sums > 0, sums, 1.0)
        scores["log_loss"] = float(-np.mean(np.log(np.clip(likelihood, 1e-15, 1.0))))
    return scores


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
