"""The scale on which losses of different tasks are compared with each other.

Error rates of two tasks have one scale: 0.2 means the same on both. Losses without an upper bound
(RMSE, log loss, 1 - R2) have a scale of their own on each task; their logarithms differ by it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from metalearn.core.arrays import Floats
from metalearn.core.metric import Metric

__all__ = ["LossScale", "loss_scale"]

_LEAST = 1e-6


@dataclass(frozen=True, slots=True)
class LossScale:
    """How losses are made comparable.

    Attributes:
        is_log: Whether logarithms are taken.
    """

    is_log: bool

    @property
    def is_common(self) -> bool:
        """Whether equal values mean equal difficulty on different tasks."""
        return not self.is_log

    def apply(self, losses: Floats) -> Floats:
        """Return comparable losses; NaN stays NaN."""
        if not self.is_log:
            return losses
        return np.asarray(np.log(np.maximum(losses, _LEAST)))


def loss_scale(metric: Metric) -> LossScale:
    """Return the scale for a metric: logarithms if it has a best value but no worst one."""
    return LossScale(metric.optimum is not None and metric.worst is None)
