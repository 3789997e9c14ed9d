"""Multi-objective ranking: Pareto fronts and crowding distances of NSGA-II.

Deb, Pratap, Agarwal & Meyarivan 2002, sections III.A and III.B.
"""

from __future__ import annotations

import numpy as np

from metalearn.core.arrays import Bools, Floats, Ints

__all__ = ["best_by_front", "crowding", "fronts", "spread_out", "undominated"]


def fronts(losses: Floats) -> Ints:
    """Return the front of each point, `(n,)`: 0 is undominated, 1 dominated only by front 0, ...

    Args:
        losses: `(n, n_losses)`, lower is better; infinite allowed, NaN not.
    """
    dominates = _dominates(losses)
    front = np.full(len(losses), -1, dtype=np.int64)
    level = 0
    while (front < 0).any():
        left = np.flatnonzero(front < 0)
        dominated = dominates[np.ix_(left, left)].any(axis=0)
        front[left[~dominated]] = level
        level += 1
    return front


def undominated(losses: Floats) -> Bools:
    """Return which points no other point dominates, `(n,)`; of equal points all.

    Args:
        losses: `(n, n_losses)`, lower is better; infinite allowed, NaN not.
    """
    return np.asarray(~_dominates(losses).any(axis=0))


def crowding(losses: Floats, front: Ints) -> Floats:
    """Return the crowding distance of each point in its front, `(n,)`; infinite at the ends."""
    distance = np.zeros(len(losses))
    for level in np.unique(front):
        members = np.flatnonzero(front == level)
        for column in losses[members].T:
            order = members[np.argsort(column, kind="stable")]
            ascending = np.sort(column)
            distance[order[[0, -1]]] = np.inf
            width = ascending[-1] - ascending[0] if np.isfinite(ascending).all() else 0.0
            if width > 0:
                distance[order[1:-1]] += (ascending[2:] - ascending[:-2]) / width
    return distance


def best_by_front(losses: Floats, n: int) -> Ints:
    """Return the indices of the `n` best: by Pareto front, then by larger crowding distance."""
    front = fronts(losses)
    return np.lexsort((-crowding(losses, front), front))[:n]


def spread_out(losses: Floats, n: int) -> Ints:
    """Return the indices of `n` points of one front, without the most crowded ones, ascending.

    The most crowded point is removed, then distances are computed again, until `n` are left.

    Args:
        losses: `(n_points, n_losses)`, undominated points.
        n: Number of points to keep.
    """
    kept = np.arange(len(losses))
    while len(kept) > max(n, 0):
        distance = crowding(losses[kept], np.zeros(len(kept), dtype=np.int64))
        kept = np.delete(kept, int(np.argmin(distance)))
    return kept


def _dominates(losses: Floats) -> Bools:
    """Return whether point i is no worse than j in every loss and better in one, `(n, n)`."""
    no_worse = (losses[:, None, :] <= losses[None, :, :]).all(axis=2)
    better = (losses[:, None, :] < losses[None, :, :]).any(axis=2)
    return np.asarray(no_worse & better)
