"""Hypervolume of sets of points as a mean over slices, so that sets can be chosen greedily.

A slice bounds every loss but the first. Within it a point reaches as far as its first loss lies
below the reference point, or nowhere if it breaks a bound. The hypervolume of a set is the mean
over slices of how far its best point reaches: a weighted set function, for which
`numerics.matrix.set_gain` finds greedy lists (METHODS-2 D).
"""

from __future__ import annotations

import numpy as np
from scipy.stats import qmc

from metalearn.core.arrays import Floats
from metalearn.numerics.search.front import box_of

__all__ = ["slice_reaches"]

_LOG2_SLICES = {2: 4, 3: 6}
_LOG2_MOST = 7


def slice_reaches(losses: Floats) -> Floats:
    """Return how far each point reaches in each slice, `(n, n_slices)`, from 0 to 1.

    For a set of points, the mean over slices of the maximum over its points is its share of the
    hypervolume of the box of all points (`box_of`), up to the width of a slice.

    Args:
        losses: `(n, n_losses)`, n >= 1, at least two losses, lower is better; finite.

    >>> slice_reaches(np.array([[0.0, 1.0], [1.0, 0.0]])).shape
    (2, 16)
    """
    ideal, reference = box_of(losses)
    unit = (losses - ideal) / (reference - ideal)
    bounds = _bounds(losses.shape[1])
    keeps = (unit[:, None, 1:] <= bounds).all(axis=2)
    return np.asarray(np.where(keeps, np.maximum(1.0 - unit[:, :1], 0.0), 0.0))


def _bounds(n_losses: int) -> Floats:
    """Return the upper bounds of the slices, `(n_slices, n_losses - 1)`, ascending for two."""
    log2_n = _LOG2_SLICES.get(n_losses, _LOG2_MOST)
    points = qmc.Sobol(n_losses - 1, scramble=False).random_base2(log2_n)
    middles = points + 0.5 ** (log2_n + 1)
    return np.asarray(middles[np.lexsort(middles.T[::-1])])
