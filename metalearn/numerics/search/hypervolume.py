"""Hypervolume: the volume that a set of points dominates up to a reference point.

Two losses by a sweep; more by the WFG algorithm, which sums the volume that each point adds to
those after it (While, Bradstreet & Barone 2012, algorithm 1). Its cost grows steeply with the
number of losses; up to four are practical for fronts of a few hundred points.
"""

from __future__ import annotations

import numpy as np

from metalearn.core.arrays import Floats
from metalearn.errors import ShapeError
from metalearn.numerics.search.pareto import undominated

__all__ = ["hypervolume"]


def hypervolume(losses: Floats, reference: Floats) -> float:
    """Return the volume between a set of points and a reference point; 0 is the worst.

    Args:
        losses: `(n, n_losses)`, lower is better; NaN not allowed. Points that are not better than
            the reference in every loss add nothing.
        reference: `(n_losses,)`.

    Raises:
        ShapeError: If the shapes do not fit.

    >>> hypervolume(np.array([[1.0, 3.0], [2.0, 1.0]]), np.array([4.0, 4.0]))
    7.0
    """
    if losses.ndim != 2 or reference.shape != (losses.shape[1],):
        raise ShapeError(
            f"losses must be (n, n_losses) and reference (n_losses,), got {losses.shape} and "
            f"{reference.shape}"
        )
    inside = losses[(losses < reference).all(axis=1)]
    return _volume(_front(inside), reference) if len(inside) else 0.0


def _volume(points: Floats, reference: Floats) -> float:
    """Return the volume of undominated, distinct points."""
    if points.shape[1] == 1:
        return float(reference[0] - points.min())
    if points.shape[1] == 2:
        return _swept(points, reference)
    # The limited sets shrink fastest if the points that are worst in the last loss come first.
    points = points[np.argsort(-points[:, -1], kind="stable")]
    total = 0.0
    for i, point in enumerate(points):
        total += float(np.prod(reference - point))
        if i + 1 < len(points):
            total -= _volume(_front(np.maximum(points[i + 1 :], point)), reference)
    return total


def _swept(points: Floats, reference: Floats) -> float:
    """Return the area of an undominated set in two losses: strips of ascending first loss."""
    ordered = points[np.argsort(points[:, 0], kind="stable")]
    ends = np.append(ordered[1:, 0], reference[0])
    return float(((ends - ordered[:, 0]) * (reference[1] - ordered[:, 1])).sum())


def _front(points: Floats) -> Floats:
    distinct = np.unique(points, axis=0)
    return distinct[undominated(distinct)]
