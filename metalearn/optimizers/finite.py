"""Finite spaces: the list of all configurations, and distances between points."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from metalearn.core.arrays import Floats
from metalearn.core.configuration import Configuration
from metalearn.core.joint_space import JointSpace
from metalearn.core.space import Space

__all__ = ["all_configurations", "distances"]

_MOST = 20_000


def all_configurations(space: Space, most: int = _MOST) -> tuple[Configuration, ...] | None:
    """Return every allowed configuration of a space, in the order of its grid.

    None if an axis is continuous, or if the grid of all axes has more than `most` points. The
    grid of a joint space is that of each algorithm, one after the other.
    """
    if isinstance(space, JointSpace):
        return _joined([all_configurations(part, most) for part in space.parts], most)
    sizes = [axis.n_cells for axis in space.axes]
    if 0 in sizes or math.prod(sizes) > most:
        return None
    edges = [axis.cell_edges() for axis in space.axes]
    middles = [(edge[:-1] + edge[1:]) / 2 for edge in edges if edge is not None]
    grid = np.stack([part.ravel() for part in np.meshgrid(*middles, indexing="ij")], axis=1)
    return tuple(c for c in dict.fromkeys(space.decode(grid)) if space.is_allowed(c))


def _joined(
    parts: Sequence[tuple[Configuration, ...] | None], most: int
) -> tuple[Configuration, ...] | None:
    found: list[Configuration] = []
    for part in parts:
        if part is None or len(found) + len(part) > most:
            return None
        found += part
    return tuple(found)


def distances(space: Space, X: Floats, point: Floats) -> Floats:
    """Return `(n,)` distances of points `(n, n_axes)` of the cube to one, `(n_axes,)`.

    The distance is the root mean square over axes. Two different categories, or an axis that is
    active in only one of the points, differ by 1.
    """
    apart = np.abs(X - point)
    for j, axis in enumerate(space.axes):
        if not axis.is_ordered:
            apart[:, j] = np.where(apart[:, j] > 0, 1.0, apart[:, j])
    one_sided = np.isnan(X) != np.isnan(point)
    apart = np.where(one_sided, 1.0, np.nan_to_num(apart))
    return np.asarray(np.sqrt((apart**2).mean(axis=1)))
