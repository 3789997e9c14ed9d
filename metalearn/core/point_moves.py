"""Small moves of a point of the cube: one axis changes (mutation; METHODS 11.7).

Numbers move locally or are drawn again, integers move by at least one cell, and a category becomes
another one. If an axis changes, its conditional children are drawn again.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from metalearn.core.arrays import Floats
from metalearn.core.space import Axis, Space

__all__ = ["moved_point"]

_STEP = 0.1
_ANEW = 0.5


def moved_point(
    space: Space, point: Floats, draw: Callable[[], Floats], rng: np.random.Generator
) -> Floats:
    """Return a point with another value on one of its active axes.

    Args:
        space: The space.
        point: `(n_axes,)`; NaN = inactive.
        draw: Returns a new point with a value on every axis.
        rng: Source of all randomness.

    Returns:
        `(n_axes,)`, with a value on every axis; the point itself if no axis can change.
    """
    varying = np.array([axis.n_cells != 1 for axis in space.axes], dtype=np.bool_)
    movable = np.flatnonzero(~np.isnan(point) & varying)
    if not len(movable):
        return point
    point = point.copy()
    j = int(rng.choice(movable))
    anew = draw()
    point[j] = _moved(space.axes[j], float(point[j]), float(anew[j]), rng)
    changed = {j}
    for child, parents in enumerate(space.parents):
        if changed & set(parents):
            changed.add(child)
            point[child] = np.nan
    return np.where(np.isnan(point), anew, point)


def _moved(axis: Axis, u: float, anew: float, rng: np.random.Generator) -> float:
    edges = axis.cell_edges()
    if not axis.is_ordered:
        cell, other = int(u * axis.n_cells), int(anew * axis.n_cells)
        if other == cell:
            other = (cell + int(rng.integers(1, axis.n_cells))) % axis.n_cells
        return (other + 0.5) / axis.n_cells
    to = anew if rng.random() < _ANEW else _near(u, rng)
    if edges is None:
        return to
    cell, other = (int(np.clip(np.searchsorted(edges, at, "right") - 1, 0, len(edges) - 2))
                   for at in (u, to))  # fmt: skip
    if other == cell:
        up = cell == 0 or (cell < len(edges) - 2 and rng.random() < 0.5)
        other = cell + 1 if up else cell - 1
    return float(edges[other] + edges[other + 1]) / 2


def _near(u: float, rng: np.random.Generator) -> float:
    """Return a draw of the normal distribution around u, truncated to the axis."""
    for _ in range(100):
        to = u + _STEP * float(rng.standard_normal())
        if 0.0 <= to <= 1.0:
            return to
    return u
