"""Variance of a forest's marginal on any set of axes, exactly.

The marginal is constant on the cells into which a tree cuts the axes. Where there are few cells
for each leaf, it is computed on all of them by cumulative sums. Otherwise the variance is found
from the corners of the leaves (`metalearn.importance.corners`). Neither compares leaves in pairs.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product

import numpy as np

from metalearn.core.arrays import Floats, Ints
from metalearn.importance.boxes import Boxes
from metalearn.importance.corners import corner_variance

__all__ = ["marginal_variance"]

_MOST_CELLS = 4096  # for each leaf; beyond, corners are faster for three axes or more
_SLAB = 1 << 17  # cells held at once: 1 MB, which fits into the processor's cache


def marginal_variance(boxes: Boxes, axes: Sequence[int]) -> Floats:
    """Return `(n_trees,)`: variance of each tree's joint marginal on the axes.

    This is the total of the set; subtract the variance of all smaller sets for the interaction.

    Args:
        boxes: The leaves.
        axes: One or more axes, in any order.
    """
    ordered = sorted(axes, key=lambda j: boxes.cuts[j].shape[1])
    n_cells = boxes.n_trees * np.prod([float(boxes.cuts[j].shape[1]) for j in ordered])
    if len(ordered) > 2 and n_cells > _MOST_CELLS * len(boxes.tree):
        return corner_variance(boxes, ordered)
    return _grid_variance(boxes, ordered)


def _grid_variance(boxes: Boxes, axes: Sequence[int]) -> Floats:
    """Return variances from the marginal on all cells, computed in slabs along the first axis.

    `line` is the number of cells of all trees in one row, an end mark for each axis included.
    """
    rows, *others = axes
    widths = [boxes.widths(j) for j in axes]
    shape = (boxes.n_trees, *(boxes.cuts[j].shape[1] for j in others))
    line, n_rows = int(np.prod(shape)), widths[0].shape[1]
    height = min(n_rows, max(1, _SLAB // line))
    row, at, step = _corners(boxes, rows, others)
    if height < n_rows:
        order = np.argsort(row.astype(np.min_scalar_type(n_rows)), kind="stable")
        row, at, step = row[order], at[order], step[order]
    at += row * line
    above = np.zeros(shape)
    found = np.zeros(boxes.n_trees)
    for start in range(0, n_rows, height):
        end = min(start + height, n_rows)
        now = slice(*np.searchsorted(row, [start, end])) if height < n_rows else slice(None)
        changes = np.bincount(at[now] - start * line, step[now], (end - start) * line)
        cells: Floats = np.asarray(changes[: (end - start) * line], dtype=np.float64)
        cells = cells.reshape(-1, *shape)
        for place in range(2, cells.ndim):
            np.cumsum(cells, axis=place, out=cells)
        for current in cells:
            current += above
            above = current
        above = above.copy()
        np.square(cells, out=cells)
        found += (_averaged(cells, widths[1:]).T * widths[0][:, start:end]).sum(axis=1)
    return found


def _averaged(cells: Floats, widths: Sequence[Floats]) -> Floats:
    """Return `(n_rows, n_trees)`: integrals over all axes after the trees, end marks left out."""
    for width in reversed(widths):
        inner = width.reshape(len(width), *[1] * (cells.ndim - 3), -1)
        cells = np.vecdot(cells[..., :-1], inner)
    return cells


def _corners(boxes: Boxes, rows: int, others: Sequence[int]) -> tuple[Ints, Ints, Floats]:
    """Return row, place within the row, and weight of the corners of all boxes."""
    place, step = [boxes.tree], [boxes.weight([rows, *others])]
    for j in others:
        length = boxes.cuts[j].shape[1]
        ends = (boxes.first[:, j], boxes.last[:, j])
        place = [at * length + end for at, end in product(place, ends)]
        step = [sign * weight for weight, sign in product(step, (1.0, -1.0))]
    n = len(place)
    return (
        np.concatenate([boxes.first[:, rows]] * n + [boxes.last[:, rows]] * n),
        np.concatenate(place * 2),
        np.concatenate([*step, *(-weight for weight in step)]),
    )
