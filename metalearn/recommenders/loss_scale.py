"""Scale of losses for models over several tasks: identity or logarithm.

A metric with two bounds has one scale for all tasks: an error of 0.2 means the same on each.
Models then use losses unchanged, with the level of a task as a separate factor (METHODS 8.5). A
loss without an upper bound (RMSE, log loss, 1 - R2) has a scale per task and a long tail. Its
logarithm turns the scale into an offset and shortens the tail. Losses below a small share of the
task's typical loss are raised to it, because the logarithm would otherwise create a tail near 0.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from metalearn.core.arrays import Floats
from metalearn.core.metric import Metric

__all__ = ["LossScale", "loss_scale"]

_FLOOR = 1e-3  # share of the typical loss; smaller losses are treated as equal


@dataclass(frozen=True, slots=True)
class LossScale:
    """An increasing map of losses.

    Attributes:
        is_log: Whether the logarithm is taken; otherwise losses are divided by `unit`.
        is_common: Whether equal values mean equal difficulty on different tasks.
        unit: Largest absolute known loss if the unit of the metric is arbitrary, else 1.
    """

    is_log: bool
    is_common: bool
    unit: float = 1.0

    def apply(self, losses: Floats) -> Floats:
        """Return losses of tasks, `(..., n)`, on this scale; NaN stays NaN."""
        if not self.is_log or losses.shape[-1] == 0:
            return losses if self.unit == 1.0 else losses / self.unit
        finite = np.isfinite(losses)
        known = finite & (losses > 0)
        logs = np.log(np.where(known, losses, 1.0))
        # the typical loss is the geometric mean, which is defined for any number of cells
        typical = np.exp(logs.sum(axis=-1) / np.maximum(known.sum(axis=-1), 1))
        floor = _FLOOR * typical[..., None]
        return np.where(finite, np.log(np.maximum(np.where(finite, losses, 1.0), floor)), np.nan)


def loss_scale(metric: Metric, losses: Floats) -> LossScale:
    """Return the scale for a metric: logarithmic if it is unbounded and no loss is negative.

    An end of the metric other than 0, such as 1 for R2, fixes its unit.

    Args:
        metric: The metric.
        losses: Known losses, any shape; NaN = not observed.
    """
    is_bounded = metric.optimum is not None and metric.worst is not None
    has_unit = bool(metric.optimum or metric.worst)
    if is_bounded and has_unit:
        return LossScale(is_log=False, is_common=True)
    known = losses[np.isfinite(losses)]
    is_log = not is_bounded and not (known < 0).any()
    largest = float(np.abs(known).max(initial=0.0))
    return LossScale(is_log, is_bounded, 1.0 if is_log or has_unit or not largest else largest)
