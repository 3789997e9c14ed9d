"""From margins of a classifier to class probabilities: logistic regression on the margins.

Platt (1999) for two classes, its multinomial form for more. Models fitted on different rows may
have margins of different location and scale: the offset of a support vector machine whose vectors
are all at their bound can even change its sign. Margins are therefore standardized by those of the
model's own training rows before models share a calibration. Out-of-fold margins are calibrated by
folds: the map used for the rows of one fold is fitted on those of the others.
"""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from metalearn.core.arrays import Floats, Ints

__all__ = [
    "calibrated",
    "cross_calibrated",
    "fitted_calibrator",
    "margin_scale",
    "standardized_margins",
]

_PARTS = 5
_LARGEST = 10.0
"""Standardized margins are clipped to this many standard deviations."""


def margin_scale(margins: Floats) -> Floats:
    """Return mean and standard deviation of each class's training margins, `(2, n_classes)`.

    A column that does not vary, of a class without training rows, takes those of all columns.
    """
    center, scale = margins.mean(axis=0), margins.std(axis=0)
    is_flat = ~(scale > 1e-9 * np.abs(margins).max(initial=0.0))
    spread = float(margins.std())
    center = np.where(is_flat, margins.mean(), center)
    return np.stack([center, np.where(is_flat, spread if spread > 0 else 1.0, scale)])


def standardized_margins(margins: Floats, scale: Floats) -> Floats:
    """Return margins in standard deviations from the mean of the training rows, clipped."""
    return np.asarray(np.clip((margins - scale[0]) / scale[1], -_LARGEST, _LARGEST))


def fitted_calibrator(margins: Floats, codes: Ints, weight: Floats | None = None) -> Any:
    """Return a scikit-learn logistic regression from margins to classes.

    Args:
        margins: Standardized, `(n, n_classes)`.
        codes: True classes, `(n,)`; at least two occur.
        weight: Weights of the rows, `(n,)`.
    """
    from sklearn.linear_model import LogisticRegression

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = LogisticRegression(C=10.0, max_iter=200)
        return model.fit(_columns(margins), codes, sample_weight=weight)


def calibrated(calibrator: Any, margins: Floats) -> Floats:
    """Return probabilities `(n, n_classes)` of standardized margins `(n, n_classes)`."""
    found = np.zeros(margins.shape)
    found[:, calibrator.classes_] = calibrator.predict_proba(_columns(margins))
    return found


def cross_calibrated(
    margins: Floats, codes: Ints, fold_of: Ints, weight: Floats | None = None
) -> Floats:
    """Return out-of-fold probabilities, each calibrated without the rows of its own fold.

    Args:
        margins: Standardized out-of-fold margins, `(n, n_classes)`.
        codes: True classes, `(n,)`.
        fold_of: The fold of each row, `(n,)`; the rows of a single hold-out part are split.
        weight: Weights of the rows, `(n,)`.
    """
    if len(np.unique(fold_of)) < 2:
        fold_of = np.arange(len(codes)) % _PARTS
    found = np.zeros(margins.shape)
    for fold in np.unique(fold_of):
        mine, others = fold_of == fold, fold_of != fold
        if len(np.unique(codes[others])) < 2:
            others = np.ones(len(codes), dtype=np.bool_)  # too few rows of all classes but one
        chosen = None if weight is None else weight[others]
        found[mine] = calibrated(
            fitted_calibrator(margins[others], codes[others], chosen), margins[mine]
        )
    return found


def _columns(margins: Floats) -> Floats:
    """Return two margins as their difference; more as they are."""
    if margins.shape[1] == 2:
        return np.asarray(margins[:, 1:] - margins[:, :1])
    return margins
