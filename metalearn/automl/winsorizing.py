"""Predicted numbers of a member that is far from all others are moved towards them.

Linear models, kernels and networks may be far off on a row unlike all others, and a mean follows
them there. How far a member is from the median of all members is known from the held-out rows; a
prediction beyond that is taken back to this distance (winsorized, Tukey 1962).
"""

from __future__ import annotations

import numpy as np

from metalearn.core.arrays import Floats

__all__ = ["usual_distances", "winsorized"]

_SHARE = 0.99
"""Share of the held-out rows on which a member's distance from the median is usual."""


def usual_distances(predictions: Floats, share: float = _SHARE) -> Floats:
    """Return the distance of each member from the median that it rarely exceeds, `(m,)`.

    Args:
        predictions: Out-of-fold predictions of the members, numbers, `(m, n)`.
        share: Share of the rows on which a distance is not exceeded.
    """
    distances = np.abs(predictions - np.median(predictions, axis=0))
    return np.asarray(np.quantile(distances, share, axis=1))


def winsorized(predictions: Floats, distances: Floats) -> Floats:
    """Return predictions no farther from the median of all members than the distances.

    Args:
        predictions: Numbers, `(m, n)`.
        distances: The largest distance of each member, `(m,)`.
    """
    median = np.median(predictions, axis=0)
    most = distances[:, None]
    return np.asarray(np.clip(predictions, median - most, median + most))
