"""Multi-objective ranking: Pareto fronts and crowding distances of NSGA-II.

Deb, Pratap, Agarwal & Meyarivan 2002, sections III.A and III.B.
"""

from __future__ import annotations

import numpy as np

from metalearn.core.arrays import Bools, Floats, Ints

__all__ = ["best_by_front", "crowding", "fronts"]


def fronts(losses: Floats) -> Ints:
    """Return the front of each point, `(n,)`: 0 is undominated, 1 dominated only by front 0, ...

    Args:
        losses: `(n, n_losses)`, lower is better; infinite allowed, NaN not.
    """
    no_worse = (losses[:, None, :] <= losses[None, :, :]).all(axis=2)
    better = (losses[:, None, :] < losses[None, :, :]).any(axis=2)
    dominates: Bools = np.asarray(no_worse & better)
    front = np.full(len(losses), -1, dtype=np.int64)
    level = 0
    while (front < 0).any():
        left = np.flatnonzero(front < 0)
        dominated = dominates[np.ix_(left, left)].any(axis=0)
        front[left[~dominated]] = level
        level += 1
    return front


def crowding(losses: Floats, front: Ints) -> Floats:
    """Return the crowding distance of each point in its front, `(n,)`; infinite at the ends."""
    distance = np.zeros(len(losses))
    for level in np.unique(front):
        members = np.flatnonzero(front == level)
        for column in losses[members].T:
            order = members[np.argsort(column, kind="stable")]
            ascending = np.sort(column)
            width = ascending[-1] - ascending[0]
            distance[order[[0, -1]]] = np.inf
            if width > 0 and np.isfinite(width):
                distance[order[1:-1]] += (ascending[2:] - ascending[:-2]) / width
    return distance


def best_by_front(losses: Floats, n: int) -> Ints:
    """Return the indices of the `n` best: by Pareto front, then by larger crowding distance."""
    front = fronts(losses)
    return np.lexsort((-crowding(losses, front), front))[:n]
