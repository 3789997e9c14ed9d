"""The scale on which losses of different tasks are modelled together by factors.

Factor models work on raw losses, whose offset is a factor of its own (METHODS 8.5): the scale of a
new task is unknown until it is evaluated. That is right for measures with two ends. A loss without
an upper end (rmse, log loss, 1 - R2) has a scale per task and a long tail; its logarithm turns the
scale into an offset and shortens the tail. What is near 0 must not become a tail at the other end,
so the logarithm stops at a small share of what is typical of the task.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from metalearn.core.arrays import Floats
from metalearn.core.metric import Metric

__all__ = ["RowScale", "row_scale"]

_FLOOR = 1e-3  # of the typical loss; what lies below counts as equally good


@dataclass(frozen=True, slots=True)
class RowScale:
    """An increasing map of losses.

    Attributes:
        logarithmic: Whether it is the logarithm; else nothing is changed.
    """

    logarithmic: bool

    def apply(self, losses: Floats) -> Floats:
        """Return losses of tasks, `(..., n)`, on this scale; NaN stays NaN."""
        if not self.logarithmic or losses.shape[-1] == 0:
            return losses
        finite = np.isfinite(losses)
        positive = np.where(finite & (losses > 0), losses, np.nan)
        known = np.isfinite(positive)
        logs = np.log(np.where(known, positive, 1.0))
        # geometric mean of the row as what is typical: defined for any number of cells
        typical = np.exp(logs.sum(axis=-1) / np.maximum(known.sum(axis=-1), 1))
        floor = _FLOOR * typical[..., None]
        return np.where(finite, np.log(np.maximum(np.where(finite, losses, 1.0), floor)), np.nan)


def row_scale(metric: Metric, losses: Floats) -> RowScale:
    """Return the scale for the losses of a metric: logarithmic if one end is open and none is < 0.

    Args:
        metric: The metric.
        losses: Known losses, any shape; NaN = not observed.
    """
    bounded = metric.optimum is not None and metric.worst is not None
    negative = bool((losses[np.isfinite(losses)] < 0).any())
    return RowScale(not bounded and not negative)
