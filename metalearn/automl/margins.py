"""From margins of a classifier to class probabilities: logistic regression on the margins.

Platt (1999) for two classes, its multinomial form for more. Out-of-fold margins are calibrated by
folds: the map used for the rows of one fold is fitted on those of the others.
"""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from metalearn.core.arrays import Floats, Ints

__all__ = ["calibrated", "cross_calibrated", "fitted_calibrator"]


def fitted_calibrator(margins: Floats, codes: Ints, weight: Floats | None = None) -> Any:
    """Return a scikit-learn logistic regression from margins to classes.

    Args:
        margins: `(n, n_classes)`.
        codes: True classes, `(n,)`; at least two occur.
        weight: Weights of the rows, `(n,)`.
    """
    from sklearn.linear_model import LogisticRegression

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = LogisticRegression(C=10.0, max_iter=200)
        return model.fit(_columns(margins), codes, sample_weight=weight)


def calibrated(calibrator: Any, margins: Floats) -> Floats:
    """Return probabilities `(n, n_classes)` of margins `(n, n_classes)`."""
    found = np.zeros(margins.shape)
    found[:, calibrator.classes_] = calibrator.predict_proba(_columns(margins))
    return found


def cross_calibrated(
    margins: Floats, codes: Ints, fold_of: Ints, weight: Floats | None = None
) -> Floats:
    """Return out-of-fold probabilities, each calibrated without the rows of its own fold.

    Args:
        margins: Out-of-fold margins, `(n, n_classes)`.
        codes: True classes, `(n,)`.
        fold_of: The fold of each row, `(n,)`.
        weight: Weights of the rows, `(n,)`.
    """
    found = np.zeros(margins.shape)
    for fold in np.unique(fold_of):
        mine, others = fold_of == fold, fold_of != fold
        if len(np.unique(codes[others])) < 2:
            others = np.ones(len(codes), dtype=np.bool_)  # a single hold-out part
        chosen = None if weight is None else weight[others]
        found[mine] = calibrated(
            fitted_calibrator(margins[others], codes[others], chosen), margins[mine]
        )
    return found


def _columns(margins: Floats) -> Floats:
    """Return two margins as their difference; more as they are, cut where a class was absent."""
    if margins.shape[1] == 2:
        return np.asarray(margins[:, 1:] - margins[:, :1])
    center = np.median(margins)
    spread = 4.0 * max(float(np.percentile(np.abs(margins - center), 90)), 1e-12)
    return np.clip(margins, center - spread, center + spread)
