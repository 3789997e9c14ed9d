"""Which rows decide on the weights of members: not a few that would decide alone.

A mean of squared errors may be the error of one row in a hundred. Weights that are chosen on it
fit those rows, and members that were right there by chance get them.
"""

from __future__ import annotations

import numpy as np

from metalearn.automl.objective import MetricLoss, Truth
from metalearn.core.arrays import Bools, Floats

__all__ = ["usual_rows"]

_SQUARED = ("rmse", "mse", "r2")
_SHARE, _MOST = 0.02, 0.5
"""If this share of the rows has more than this share of the squared error, they are left out."""


def usual_rows(predictions: Floats, objective: MetricLoss, truth: Truth) -> Bools:
    """Return which rows decide, `(n,)`: all, or all but those with most of the squared error.

    Args:
        predictions: Out-of-fold predictions of the best member, `(n, ...)`.
        objective: What is minimised; only squared errors leave rows out.
        truth: True values.
    """
    n = len(truth.y)
    if objective.measure not in _SQUARED:
        return np.ones(n, dtype=np.bool_)
    weight = 1.0 if truth.weight is None else truth.weight
    errors = weight * (predictions - truth.y) ** 2
    largest = np.argsort(-errors, kind="stable")[: max(1, round(_SHARE * n))]
    kept = np.ones(n, dtype=np.bool_)
    kept[largest] = errors[largest].sum() <= _MOST * errors.sum()
    return kept
