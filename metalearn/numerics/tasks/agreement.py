"""Weights of source tasks by the distance of their losses to those observed on the target.

Concordance uses the order of losses only. Here the differences of losses count, optionally after
the mean difference is removed, so that an easy task can resemble a hard one.
"""

from __future__ import annotations

import numpy as np

from metalearn.core.arrays import Floats

__all__ = ["kernel_weights"]


def kernel_weights(losses: Floats, target: Floats, width: float, *, level: bool) -> Floats:
    """Return Gaussian-kernel weights `exp(-d^2 / (2 width^2))`, d the root mean square difference.

    Args:
        losses: `(n_tasks, n_observed)` losses of the source tasks at the evaluated configurations;
            NaN = not observed, left out of that task's mean.
        target: `(n_observed,)` losses of the target there; finite.
        width: Bandwidth, in units of the loss.
        level: Whether the level of the losses counts; else each task's mean difference is
            subtracted, and a single observation gives equal weights.

    Returns:
        `(n_tasks,)` in (0, 1]; a task without common observations gets the mean of the others.
    """
    difference = losses - target
    known = np.isfinite(difference)
    shared = known.sum(axis=1)
    filled = np.where(known, difference, 0.0)
    if not level:
        mean = filled.sum(axis=1) / np.maximum(shared, 1)
        filled = np.where(known, filled - mean[:, None], 0.0)
    square = (filled**2).sum(axis=1) / np.maximum(shared, 1)
    exponent = -square / (2.0 * width**2)
    # Relative to the closest task, so the largest weight is always 1.
    closest = exponent[shared > 0].max() if (shared > 0).any() else 0.0
    weights = np.exp(exponent - closest)
    usual = weights[shared > 0].mean() if (shared > 0).any() else 1.0
    return np.where(shared > 0, weights, usual)
