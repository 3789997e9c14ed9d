"""The boxes of the leaves of a forest over the unit cube, and marginals from them.

A tree is f = sum over leaves l of v_l 1[x in box_l]; under the uniform product measure box l has
mass p_l = prod_j q_lj. All integrals needed by functional ANOVA are sums over boxes (Hutter, Hoos,
Leyton-Brown 2014, section 4), here computed for all trees at once: the weight of a leaf is added
at the lower and subtracted at the upper edge of its box, and cumulative sums give the marginal on
every cell between the cuts of an axis. No sampling, no traversal.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from metalearn.core.arrays import Bools, Floats, Ints
from metalearn.importance.forest import RunForest

__all__ = ["Boxes", "leaf_boxes", "marginal"]

_FEW_CELLS = 64


@dataclass(frozen=True, slots=True)
class Boxes:
    """The leaves of all trees of a forest, sorted by tree.

    Each tree cuts an axis into cells: at its own thresholds, or at the cells of the axis if these
    are few. A box covers the cells `first` to `last - 1`.

    Attributes:
        first: `(n_leaves, n_axes)` number of the first cell.
        last: `(n_leaves, n_axes)` one past the number of the last cell.
        cuts: For each axis the `(n_trees, n_cells + 1)` edges of cells from 0 to 1; a tree with
            fewer cells than others has cells of width zero at the end.
        deviation: `(n_leaves,)` leaf value minus its tree's mean.
        tree: `(n_leaves,)` number of the tree.
        mean: `(n_trees,)` mean of each tree over the cube, f_0.
        variance: `(n_trees,)` variance of each tree over the cube, V.
        size: `(n_leaves, n_axes)` lengths of the edges of each box.
    """

    first: Ints
    last: Ints
    cuts: tuple[Floats, ...]
    deviation: Floats
    tree: Ints
    mean: Floats
    variance: Floats
    size: Floats

    @property
    def n_trees(self) -> int:
        """Number of trees."""
        return len(self.mean)

    @property
    def mass(self) -> Floats:
        """`(n_leaves,)` mass p of each box."""
        return np.asarray(self.size.prod(axis=1))

    def low(self, j: int) -> Floats:
        """Return the `(n_leaves,)` lower edges on an axis, in the unit cube."""
        return np.asarray(self.cuts[j][self.tree, self.first[:, j]])

    def high(self, j: int) -> Floats:
        """Return the `(n_leaves,)` upper edges on an axis, in the unit cube."""
        return np.asarray(self.cuts[j][self.tree, self.last[:, j]])

    def widths(self, j: int) -> Floats:
        """Return the `(n_trees, n_cells)` widths of the cells of an axis."""
        return np.diff(self.cuts[j], axis=1)

    def weight(self, axes: Sequence[int]) -> Floats:
        """Return `(n_leaves,)`: deviation times the mass of the box over all *other* axes."""
        weight = self.deviation.copy()
        for j in range(self.size.shape[1]):
            if j not in axes:
                weight *= self.size[:, j]
        return weight


@dataclass(frozen=True, slots=True)
class _Nodes:
    """The nodes of all trees, one tree after another."""

    left: Ints  # (n_nodes,) below the cut
    right: Ints
    axis: Ints
    cut: Floats
    tree: Ints
    root: Ints  # (n_trees,)
    is_leaf: Bools


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
    nodes = _nodes(forest)
    number = np.zeros(len(nodes.cut), dtype=np.int64)
    count = np.zeros((len(nodes.root), forest.n_axes), dtype=np.int64)
    cuts = []
    for j, cells in enumerate(edges):
        at = np.flatnonzero(nodes.axis == j)
        number[at], count[:, j], found = _numbered(nodes, at, cells)
        cuts.append(found)
    first, last = _descend(nodes, number, count)
    tree = nodes.tree[nodes.is_leaf]
    values = np.concatenate([node_table.value[:, 0, 0] for node_table in forest.trees])
    values = forest.unit.losses(values[nodes.is_leaf])
    if cutoffs is not None:
        values = np.clip(values, *cutoffs)
    size = np.empty(first.shape, order="F")
    for j, edge in enumerate(cuts):
        size[:, j] = edge[tree, last[:, j]] - edge[tree, first[:, j]]
    mass, n_trees = size.prod(axis=1), len(nodes.root)
    mean = np.bincount(tree, mass * values, n_trees).astype(np.float64)
    deviation = values - mean[tree]
    variance = np.bincount(tree, mass * deviation**2, n_trees).astype(np.float64)
    return Boxes(first, last, tuple(cuts), deviation, tree, mean, variance, size)


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
    shape = [len(grid) + 1 for grid in grids]
    covered = [_covered(boxes, j, grid) for j, grid in zip(axes, grids, strict=True)]
    corners = [(boxes.tree, weight)]
    for (start, end), length in zip(covered, shape, strict=True):
        corners = [
            part
            for at, step in corners
            for part in ((at * length + start, step), (at * length + end, -step))
        ]
    swept = np.bincount(
        np.concatenate([at for at, _ in corners]),
        np.concatenate([step for _, step in corners]),
        boxes.n_trees * int(np.prod(shape)),
    ).reshape(-1, *shape)
    for place in range(1, len(shape) + 1):
        swept = swept.cumsum(axis=place).take(range(shape[place - 1] - 1), axis=place)
    return np.asarray(swept + boxes.mean.reshape(-1, *[1] * len(shape)))


def _covered(boxes: Boxes, j: int, grid: Floats) -> tuple[Ints, Ints]:
    """Return the first grid point in each box and one past the last; low < point <= high."""
    low = boxes.low(j)
    low[low == 0.0] = -1.0
    return (
        np.searchsorted(grid, low, side="right"),
        np.searchsorted(grid, boxes.high(j), side="right"),
    )


def _nodes(forest: RunForest) -> _Nodes:
    sizes = np.array([tree.node_count for tree in forest.trees])
    root = np.concatenate([[0], np.cumsum(sizes)[:-1]])
    shift = np.repeat(root, sizes)
    left = np.concatenate([tree.children_left for tree in forest.trees])
    return _Nodes(
        left + shift,
        np.concatenate([tree.children_right for tree in forest.trees]) + shift,
        np.concatenate([tree.feature for tree in forest.trees]),
        np.concatenate([tree.threshold for tree in forest.trees]),
        np.repeat(np.arange(len(sizes)), sizes),
        root,
        left < 0,
    )


def _numbered(nodes: _Nodes, at: Ints, cells: Floats | None) -> tuple[Ints, Ints, Floats]:
    """Return numbers of the cuts of one axis, the cells of each tree, and their edges.

    Args:
        nodes: All nodes.
        at: Those that split the axis.
        cells: Edges of the axis; None = continuous.
    """
    cut, tree, n_trees = nodes.cut[at], nodes.tree[at], len(nodes.root)
    if cells is not None:
        middle = ((cells[:-1] + cells[1:]) / 2).astype(np.float32).astype(np.float64)
        number = np.searchsorted(middle, cut, side="right")
        if len(cells) <= _FEW_CELLS:
            count = np.full(n_trees, len(cells) - 1)
            return number, count, np.tile(cells, (n_trees, 1))
        cut = cells[number]
    order = np.lexsort((cut, tree))
    cut, tree = cut[order], tree[order]
    is_new = np.ones(len(cut), dtype=bool)
    is_new[1:] = (tree[1:] != tree[:-1]) | (cut[1:] != cut[:-1])
    distinct = np.bincount(tree[is_new], minlength=n_trees)
    rank = np.cumsum(is_new) - (np.cumsum(distinct) - distinct)[tree]
    edges = np.ones((n_trees, distinct.max() + 2))
    edges[:, 0] = 0.0
    edges[tree, rank] = cut
    number = np.empty_like(rank)
    number[order] = rank
    return number, distinct + 1, edges


def _descend(nodes: _Nodes, number: Ints, count: Ints) -> tuple[Ints, Ints]:
    """Return the first cells of the leaves and one past their last, with contiguous columns."""
    n_axes = count.shape[1]
    bounds = np.zeros((len(number), 2 * n_axes), dtype=np.int32)  # first cells, then last
    bounds[nodes.root, n_axes:] = count
    front = nodes.root
    while len(front := front[~nodes.is_leaf[front]]):
        below, above, j = nodes.left[front], nodes.right[front], nodes.axis[front]
        bounds[below] = bounds[above] = bounds[front]
        bounds[below, n_axes + j] = bounds[above, j] = number[front]
        front = np.concatenate([below, above])
    found = np.asfortranarray(bounds[nodes.is_leaf], dtype=np.int64)
    return found[:, :n_axes], found[:, n_axes:]
