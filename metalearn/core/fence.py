"""The outer fence of losses: larger losses are outliers and are clipped to it.

A diverged model may have R2 = -1e6. Under a metric with a best value but no worst value, such a
loss would define the range of its task, and all other losses would look equal.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from metalearn.core.arrays import Floats, Ints
from metalearn.core.metric import Metric

__all__ = ["needs_fence", "outer_fence"]

_WIDTH = 3.0  # interquartile ranges
_QUARTILES = (0.25, 0.75)
_MOST_PLACES = 4  # of all rows together; to find more of them takes longer than sorting


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
    is_known = np.isfinite(losses)
    n_known = is_known.sum(axis=-1)
    if not n_known.any():
        return np.full(losses.shape[:-1], np.inf)
    places = [np.maximum(n_known - 1, 0) * share for share in _QUARTILES]
    ordered = _ordered_at(np.where(is_known, losses, np.inf), places)
    with np.errstate(invalid="ignore"):  # rows without a finite loss
        lower, upper = (_between(ordered, place) for place in places)
        return np.where(upper > lower, upper + _WIDTH * (upper - lower), np.inf)


def _ordered_at(losses: Floats, places: Sequence[Floats]) -> Floats:
    """Return rows sorted in part: the losses beside each of these places are where they belong."""
    needed = np.unique([_ends(place) for place in places])
    if len(needed) > _MOST_PLACES:
        return np.sort(losses, axis=-1)
    return np.partition(losses, needed, axis=-1)


def _ends(place: Floats) -> tuple[Ints, Ints]:
    return np.floor(place).astype(np.int64), np.ceil(place).astype(np.int64)


def _between(ordered: Floats, place: Floats) -> Floats:
    """Return the loss of each row at a place, linear between neighbours."""
    ends = _ends(place)
    low, high = (np.take_along_axis(ordered, end[..., None], -1)[..., 0] for end in ends)
    return np.asarray(low + (high - low) * (place - ends[0]))
