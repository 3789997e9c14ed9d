"""The outer fence of losses: larger losses are outliers and are clipped to it.

A diverged model may have R2 = -1e6. Under a metric with a best value but no worst value, such a
loss would define the range of its task, and all other losses would look equal.
"""

from __future__ import annotations

import numpy as np

from metalearn.core.arrays import Floats
from metalearn.core.metric import Metric

__all__ = ["needs_fence", "outer_fence"]

_WIDTH = 3.0  # interquartile ranges


def needs_fence(metric: Metric) -> bool:
    """Return whether the metric has a best value but no worst one."""
    return metric.optimum is not None and metric.worst is None


def outer_fence(losses: Floats) -> Floats:
    """Return the outer fence of each row: upper quartile + 3 interquartile ranges.

    Args:
        losses: `(..., n)` losses; values that are not finite are ignored.

    Returns:
        `(...)` fences; infinite for a row without a finite loss or whose quartiles coincide.

    Source: Tukey, "Exploratory Data Analysis", 1977.
    """
    losses = np.where(np.isfinite(losses), losses, np.nan)
    known = ~np.isnan(losses).all(axis=-1)
    fence = np.full(losses.shape[:-1], np.inf)
    if known.any():
        lower, upper = np.nanquantile(losses[known], [0.25, 0.75], axis=-1)
        fence[known] = np.where(upper > lower, upper + _WIDTH * (upper - lower), np.inf)
    return fence
