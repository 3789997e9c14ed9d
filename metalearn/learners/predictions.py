"""Predictions of a fitted model over all classes of a task, also those it was not fitted on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from metalearn.core.arrays import Floats
from metalearn.learners.support_vectors import has_kernel, kernel_margins, kernel_numbers

__all__ = ["Predictions", "class_predictions", "number_predictions"]


@dataclass(frozen=True, slots=True, eq=False)
class Predictions:
    """Predictions of a model for some rows.

    Attributes:
        values: Class probabilities or margins, `(n, n_classes)`, or numbers, `(n,)`; finite.
        is_probability: Whether the values of a classifier are probabilities.
    """

    values: Floats
    is_probability: bool = True


def class_predictions(model: Any, X: Any, classes: npt.ArrayLike) -> Predictions:
    """Return probabilities of a classifier, or its margins where it has none.

    Args:
        model: Fitted classifier; it may have seen some of the classes only.
        X: Prepared rows.
        classes: All classes of the task, sorted; a class absent from its training has probability
            0, or a margin below all others.

    Raises:
        ValueError: If the model predicts values that are not finite.
    """
    seen = np.searchsorted(np.asarray(classes), np.asarray(model.classes_))
    is_probability = hasattr(model, "predict_proba")
    if is_probability:
        given = np.asarray(model.predict_proba(X), dtype=np.float64)
        lowest = 0.0
    else:
        given = np.asarray(_margins(model, X), dtype=np.float64)
        if given.ndim == 1:
            given = np.column_stack([-given, given])
        lowest = float(given.min(initial=0.0)) - 1.0
    full = np.full((len(given), len(np.asarray(classes))), lowest)
    full[:, seen] = given
    _check_finite(full)
    return Predictions(full, is_probability)


def number_predictions(model: Any, X: Any) -> Predictions:
    """Return the numbers that a regressor predicts.

    Raises:
        ValueError: If they are not finite.
    """
    values = np.asarray(_numbers(model, X), dtype=np.float64).ravel()
    _check_finite(values)
    return Predictions(values)


def _margins(model: Any, X: Any) -> Any:
    if isinstance(X, np.ndarray) and has_kernel(model, "SVC"):
        return kernel_margins(model, X)
    return model.decision_function(X)


def _numbers(model: Any, X: Any) -> Any:
    machine = getattr(model, "regressor_", None)  # of a regressor with a scaled target
    if isinstance(X, np.ndarray) and has_kernel(machine, "SVR"):
        found = kernel_numbers(machine, X)
        return model.transformer_.inverse_transform(found[:, None])
    return model.predict(X)


def _check_finite(values: Floats) -> None:
    if not np.isfinite(values).all():
        raise ValueError("the model predicts values that are not finite")
