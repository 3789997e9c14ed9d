"""Exact integrals of a forest over the unit cube, from the boxes of its leaves.

A tree is f = sum over leaves l of v_l 1[x in box_l]; under the uniform product measure box l has
mass p_l = prod_j q_lj. All integrals needed by functional ANOVA are sums over boxes (Hutter, Hoos,
Leyton-Brown 2014, section 4), here computed for all trees at once: the weight of a leaf is added
at the lower and subtracted at the upper edge of its box, and cumulative sums give the marginal on
every cell between breakpoints. No sampling, no traversal.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np

from metalearn.core.arrays import Bools, Floats, Ints
from metalearn.importance.forest import RunForest

__all__ = ["Boxes", "leaf_boxes", "marginal", "pair_variance", "subset_variance", "unary_variance"]

_FEW_CELLS = 64
_WORTH_THREADS = 50_000  # leaves
_CHUNK = 1 << 21  # overlaps of leaves held at once: 16 MB


@dataclass(frozen=True, slots=True)
class Boxes:
    """The leaves of all trees of a forest, sorted by tree.

    Attributes:
        low: `(n_leaves, n_axes)` lower edges in the unit cube.
        high: `(n_leaves, n_axes)` upper edges.
        deviation: `(n_leaves,)` leaf value minus its tree's mean.
        tree: `(n_leaves,)` number of the tree.
        mean: `(n_trees,)` mean of each tree over the cube, f_0.
        variance: `(n_trees,)` variance of each tree over the cube, V.
        edges: Cell edges of each axis; None = continuous.
    """

    low: Floats
    high: Floats
    deviation: Floats
    tree: Ints
    mean: Floats
    variance: Floats
    edges: tuple[Floats | None, ...]

    @property
    def n_trees(self) -> int:
        """Number of trees."""
        return len(self.mean)

    @property
    def mass(self) -> Floats:
        """`(n_leaves,)` mass p of each box."""
        return np.asarray((self.high - self.low).prod(axis=1))

    def weight(self, axes: Sequence[int]) -> Floats:
        """Return `(n_leaves,)`: deviation times the mass of the box over all *other* axes."""
        others = [j for j in range(self.low.shape[1]) if j not in axes]
        rest = (self.high[:, others] - self.low[:, others]).prod(axis=1)
        return np.asarray(self.deviation * rest)


@dataclass(frozen=True, slots=True)
class _Cells:
    """One axis cut at the leaf edges: cell numbers per leaf, cell widths per tree."""

    first: Ints  # (n_leaves,) first cell of the box
    last: Ints  # (n_leaves,) one past its last cell
    width: Floats  # (n_trees, n_cells), zero where a tree has fewer cells


def leaf_boxes(
    forest: RunForest,
    edges: Sequence[Floats | None],
    cutoffs: tuple[float, float] | None = None,
) -> Boxes:
    """Return the leaf boxes of a forest.

    Args:
        forest: The forest.
        edges: For each axis the `(n_cells + 1,)` edges of its cells from 0 to 1, or None for a
            continuous axis. Thresholds between two cells move to the edge between them.
        cutoffs: Clip leaf values to this range (the improvement region of interest).
    """
    sizes = np.array([tree.node_count for tree in forest.trees])
    start = np.concatenate([[0], np.cumsum(sizes)[:-1]])
    shift = np.repeat(start, sizes)
    left = np.concatenate([tree.children_left for tree in forest.trees])
    right = np.concatenate([tree.children_right for tree in forest.trees])
    axis = np.concatenate([tree.feature for tree in forest.trees])
    cut = np.concatenate([tree.threshold for tree in forest.trees])
    value = np.concatenate([tree.value[:, 0, 0] for tree in forest.trees])
    is_leaf = left < 0
    left, right = left + shift, right + shift
    for j, cells in enumerate(edges):
        if cells is not None:
            cut[axis == j] = _snapped(cut[axis == j], cells)
    low, high = _descend(left, right, axis, cut, is_leaf, start, forest.n_axes)
    tree_of = np.repeat(np.arange(len(sizes)), sizes)[is_leaf]
    values = forest.unit.losses(value[is_leaf])
    if cutoffs is not None:
        values = np.clip(values, *cutoffs)
    return _boxes(low[is_leaf], high[is_leaf], values, tree_of, tuple(edges))


def unary_variance(boxes: Boxes, j: int) -> Floats:
    """Return `(n_trees,)`: variance of each tree's marginal on axis `j`."""
    cells = _cells(boxes, j)
    a = _sweep(boxes, cells, boxes.weight([j]))
    return np.asarray((cells.width * a**2).sum(axis=1))


def pair_variance(boxes: Boxes, pairs: Sequence[tuple[int, int]]) -> Floats:
    """Return `(n_trees, n_pairs)`: variance of each tree's joint marginal on each pair of axes.

    This is the total of the pair; subtract the unary variances for the pure interaction.
    """
    cells = {j: _cells(boxes, j) for pair in pairs for j in pair}

    def one(pair: tuple[int, int]) -> Floats:
        rows, columns = sorted((cells[j] for j in pair), key=lambda axis: axis.width.shape[1])
        return _pair(boxes, rows, columns, boxes.weight(pair))

    if len(boxes.tree) < _WORTH_THREADS:
        return np.column_stack([one(pair) for pair in pairs])
    with ThreadPoolExecutor(max_workers=os.cpu_count()) as pool:
        return np.column_stack(list(pool.map(one, pairs)))


def subset_variance(boxes: Boxes, axes: Sequence[int]) -> Floats:
    """Return `(n_trees,)`: variance of each tree's joint marginal on any set of axes.

    It is the sum over pairs of leaves l, m of w_l w_m prod_j |box_lj intersected with box_mj|. The
    cost is quadratic in the leaves of a tree, for any number of axes.
    """
    weight = boxes.weight(axes)
    bounds = np.searchsorted(boxes.tree, np.arange(boxes.n_trees + 1))
    found = np.zeros(boxes.n_trees)
    for t in range(boxes.n_trees):
        leaves = slice(bounds[t], bounds[t + 1])
        low, high, w = boxes.low[leaves], boxes.high[leaves], weight[leaves]
        step = max(1, _CHUNK // max(len(w), 1))
        for begin in range(0, len(w), step):
            block = slice(begin, begin + step)
            overlap = np.ones((len(w[block]), len(w)))
            for j in axes:
                upper = np.minimum(high[block, j, None], high[None, :, j])
                lower = np.maximum(low[block, j, None], low[None, :, j])
                overlap *= np.maximum(upper - lower, 0.0)
            found[t] += w[block] @ overlap @ w
    return found


def marginal(boxes: Boxes, axes: Sequence[int], grids: Sequence[Floats]) -> Floats:
    """Return each tree's marginal on one or two axes at the points of a grid.

    Args:
        boxes: The leaves.
        axes: One or two axes.
        grids: For each of them sorted positions in [0, 1], inside cells.

    Returns:
        `(n_trees, n_points)` or `(n_trees, n_points_1, n_points_2)` expected losses.
    """
    weight = boxes.weight(axes)
    cells = [_at_points(boxes, j, grid) for j, grid in zip(axes, grids, strict=True)]
    if len(axes) == 1:
        return _sweep(boxes, cells[0], weight) + boxes.mean[:, None]
    swept = _surface(boxes, cells[0], cells[1], weight)
    return swept + boxes.mean[:, None, None]


def _snapped(cut: Floats, edges: Floats) -> Floats:
    """Return the cell edges that separate the same cells as the thresholds."""
    middle = ((edges[:-1] + edges[1:]) / 2).astype(np.float32).astype(np.float64)
    return np.asarray(edges[np.searchsorted(middle, cut, side="right")])


def _descend(
    left: Ints, right: Ints, axis: Ints, cut: Floats, is_leaf: Bools, start: Ints, n_axes: int
) -> tuple[Floats, Floats]:
    low, high = np.zeros((len(cut), n_axes)), np.ones((len(cut), n_axes))
    front = start
    while len(front := front[~is_leaf[front]]):
        below, above, j = left[front], right[front], axis[front]
        low[below] = low[above] = low[front]
        high[below] = high[above] = high[front]
        high[below, j] = low[above, j] = cut[front]
        front = np.concatenate([below, above])
    return low, high


def _boxes(
    low: Floats, high: Floats, value: Floats, tree: Ints, edges: tuple[Floats | None, ...]
) -> Boxes:
    n_trees = int(tree[-1]) + 1
    mass = (high - low).prod(axis=1)
    mean = np.bincount(tree, mass * value, n_trees).astype(np.float64)
    deviation = value - mean[tree]
    variance = np.bincount(tree, mass * deviation**2, n_trees).astype(np.float64)
    return Boxes(low, high, deviation, tree, mean, variance, edges)


def _cells(boxes: Boxes, j: int) -> _Cells:
    """Cut axis `j` of every tree at the edges of its own leaves, or at the cells of the axis."""
    edges = boxes.edges[j]
    if edges is not None and len(edges) <= _FEW_CELLS:
        first = np.searchsorted(edges, boxes.low[:, j])
        last = np.searchsorted(edges, boxes.high[:, j])
        return _Cells(first, last, np.tile(np.diff(edges), (boxes.n_trees, 1)))
    n = len(boxes.tree)
    offset = 2.0 * boxes.tree  # keeps the edges of different trees apart
    keys, number = np.unique(
        np.concatenate([offset + boxes.low[:, j], offset + boxes.high[:, j]]), return_inverse=True
    )
    start = np.searchsorted(keys, 2.0 * np.arange(boxes.n_trees))
    count = np.diff(start, append=len(keys)) - 1
    width = np.zeros((boxes.n_trees, int(count.max())))
    tree = np.repeat(np.arange(boxes.n_trees), count)
    gaps = np.delete(np.diff(keys), start[1:] - 1)
    width[tree, np.arange(len(tree)) - np.repeat(start - np.arange(len(start)), count)] = gaps
    number = number - np.tile(start[boxes.tree], 2)
    return _Cells(number[:n], number[n:], width)


def _at_points(boxes: Boxes, j: int, grid: Floats) -> _Cells:
    """Use grid points instead of cells; a point lies in a box if low < point <= high."""
    low = np.where(boxes.low[:, j] == 0.0, -1.0, boxes.low[:, j])
    first = np.searchsorted(grid, low, side="right")
    last = np.searchsorted(grid, boxes.high[:, j], side="right")
    return _Cells(first, last, np.ones((boxes.n_trees, len(grid))))


def _sweep(boxes: Boxes, cells: _Cells, weight: Floats) -> Floats:
    """Return `(n_trees, n_cells)`: the sum of weights of the boxes that cover each cell."""
    wide = cells.width.shape[1] + 1
    at = boxes.tree * wide
    change = np.bincount(
        np.concatenate([at + cells.first, at + cells.last]),
        np.concatenate([weight, -weight]),
        boxes.n_trees * wide,
    )
    return np.asarray(change.reshape(-1, wide).cumsum(axis=1)[:, :-1])


def _pair(boxes: Boxes, rows: _Cells, columns: _Cells, weight: Floats) -> Floats:
    """Return `(n_trees,)` variances on two axes: a line sweeps over the rows of all trees at once.

    `change` holds the step of the current row's marginal per tree and column.
    """
    n_rows, wide = rows.width.shape[1], columns.width.shape[1] + 1
    leaf, sign, bounds = _events(rows)
    at = boxes.tree[leaf] * wide
    left, right, step = at + columns.first[leaf], at + columns.last[leaf], sign * weight[leaf]
    change = np.zeros(boxes.n_trees * wide)
    found = np.zeros(boxes.n_trees)
    for row in range(n_rows):
        now = slice(bounds[row], bounds[row + 1])
        np.add.at(change, left[now], step[now])
        np.subtract.at(change, right[now], step[now])
        a = change.reshape(-1, wide).cumsum(axis=1)[:, :-1]
        found += rows.width[:, row] * np.vecdot(a * a, columns.width)
    return found


def _surface(boxes: Boxes, rows: _Cells, columns: _Cells, weight: Floats) -> Floats:
    """Return `(n_trees, n_rows, n_columns)`: the sum of weights of the boxes over each cell."""
    high, wide = rows.width.shape[1] + 1, columns.width.shape[1] + 1
    corner = boxes.tree * (high * wide)
    top, bottom = corner + rows.first * wide, corner + rows.last * wide
    change = np.bincount(
        np.concatenate([top + columns.first, top + columns.last,
                        bottom + columns.first, bottom + columns.last]),
        np.concatenate([weight, -weight, -weight, weight]),
        boxes.n_trees * high * wide,
    ).reshape(-1, high, wide)  # fmt: skip
    return np.asarray(change.cumsum(axis=1).cumsum(axis=2)[:, :-1, :-1])


def _events(cells: _Cells) -> tuple[Ints, Floats, Ints]:
    """Return leaves in the order in which a sweep enters (+1) or leaves (-1) their boxes."""
    n = len(cells.first)
    when = np.concatenate([cells.first, cells.last])
    order = np.argsort(when, kind="stable")
    bounds = np.searchsorted(when[order], np.arange(cells.width.shape[1] + 1))
    return order % n, np.where(order < n, 1.0, -1.0), bounds
