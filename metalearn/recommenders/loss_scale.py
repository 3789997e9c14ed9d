"""The scale on which losses of different tasks are compared and modelled together.

Measures with two ends have one scale: an error of 0.2 means the same on two tasks, and models take
losses as they are, the level of a task being a factor of its own (METHODS 8.5). A loss without an
upper end (RMSE, log loss, 1 - R2) has a scale per task and a long tail; its logarithm turns the
scale into an offset and shortens the tail. What is near 0 must not become a tail at the other end,
so the logarithm stops at a small share of what is typical of the task.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from metalearn.core.arrays import Floats
from metalearn.core.metric import Metric

__all__ = ["LossScale", "loss_scale"]

_FLOOR = 1e-3  # of the typical loss; what lies below counts as equally good


@dataclass(frozen=True, slots=True)
class LossScale:
    """An increasing map of losses.

    Attributes:
        is_log: Whether logarithms are taken; else nothing is changed.
        is_common: Whether equal values mean equal difficulty on different tasks.
    """

    is_log: bool
    is_common: bool

    def apply(self, losses: Floats) -> Floats:
        """Return losses of tasks, `(..., n)`, on this scale; NaN stays NaN."""
        if not self.is_log or losses.shape[-1] == 0:
            return losses
        finite = np.isfinite(losses)
        known = finite & (losses > 0)
        logs = np.log(np.where(known, losses, 1.0))
        # geometric mean of the row as what is typical: defined for any number of cells
        typical = np.exp(logs.sum(axis=-1) / np.maximum(known.sum(axis=-1), 1))
        floor = _FLOOR * typical[..., None]
        return np.where(finite, np.log(np.maximum(np.where(finite, losses, 1.0), floor)), np.nan)


def loss_scale(metric: Metric, losses: Floats) -> LossScale:
    """Return the scale for the losses of a metric: logarithmic if one end is open and none is < 0.

    Args:
        metric: The metric.
        losses: Known losses, any shape; NaN = not observed.
    """
    is_bounded = metric.optimum is not None and metric.worst is not None
    has_negative = bool((losses[np.isfinite(losses)] < 0).any())
    return LossScale(not is_bounded and not has_negative, is_bounded)
