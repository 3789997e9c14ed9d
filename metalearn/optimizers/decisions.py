"""Points of a space as sequences of decisions, for searches in a tree.

First come the axes that others depend on (an algorithm, the operator of a step), then the most
important other ones that are active, at most three. A number is decided by its quarter of the
axis. The importance of an axis is the share of the variance of the ranks of the losses between
its cells, averaged over the source tasks; without sources the declared order counts.
"""

from __future__ import annotations

import numpy as np

from metalearn.core.arrays import Floats, Ints
from metalearn.core.warm_start import WarmStart
from metalearn.numerics.search.tree_search import END, PathPrior
from metalearn.optimizers.source_points import top_points

__all__ = ["Decisions"]

_N_BINS = 4
_MOST = 3
_MOST_SOURCES = 30


class Decisions:
    """The tree of decisions of a space.

    Args:
        warm: The warm start, with its space.
        most: Number of decisions after those about structure.

    Attributes:
        numeric: Decisions about numbers.
        prior: Shares of decisions among the best tenth of the sources; None without sources.
    """

    def __init__(self, warm: WarmStart, most: int = _MOST) -> None:
        space = warm.space
        self._axes = space.axes
        self._n_cells = np.array(
            [_N_BINS if axis.is_ordered else axis.n_cells for axis in space.axes], dtype=np.int64
        )
        self._first = np.concatenate([[0], np.cumsum(self._n_cells)[:-1]])
        children = np.zeros(space.n_axes)
        for parents in space.parents:
            for parent in parents:
                children[parent] += 1
        importance = self._importance(warm)
        depth = _depths(space.parents)
        self._is_structure = children > 0
        self._order = np.lexsort((-importance, -children, depth, ~self._is_structure))
        self._most = most
        n_structure = int(self._is_structure.sum())
        self._depth = n_structure + min(most, space.n_axes - n_structure)
        self.numeric: tuple[int, ...] = tuple(
            int(self._first[j] + cell)
            for j, axis in enumerate(space.axes) if axis.is_ordered for cell in range(_N_BINS)
        )  # fmt: skip
        points, weights = top_points(warm)
        self.prior = PathPrior(self.paths(points), weights) if len(points) else None

    def paths(self, X: Floats) -> Ints:
        """Return the decisions of `(n, n_axes)` points, `(n, depth)`, filled up with `END`."""
        found = np.full((len(X), self._depth), END, dtype=np.int64)
        length = np.zeros(len(X), dtype=np.int64)
        n_free = np.zeros(len(X), dtype=np.int64)
        cells = self._cells(X)
        for j in self._order:
            is_on = cells[:, j] >= 0
            if not self._is_structure[j]:
                is_on &= n_free < self._most
                n_free += is_on
            rows = np.flatnonzero(is_on)
            found[rows, length[rows]] = self._first[j] + cells[rows, j]
            length[rows] += 1
        return found

    def _cells(self, X: Floats) -> Ints:
        """Return the cell of each value, `(n, n_axes)`; -1 where an axis is inactive."""
        cells = np.minimum(np.floor(np.nan_to_num(X) * self._n_cells), self._n_cells - 1)
        return np.where(np.isnan(X), -1, cells).astype(np.int64)

    def _importance(self, warm: WarmStart) -> Floats:
        total = np.zeros(len(self._axes))
        order = np.argsort(-warm.weights, kind="stable")[:_MOST_SOURCES]
        for i in order:
            source = warm.sources[i]
            kept = np.isfinite(source.y)
            if kept.sum() < 2:
                continue
            ranks = np.argsort(np.argsort(source.y[kept], kind="stable")) / kept.sum()
            cells = self._cells(source.X[kept])
            total += warm.weights[i] * np.array(
                [_between(cells[:, j], ranks) for j in range(len(total))]
            )
        return total


def _between(cells: Ints, ranks: Floats) -> float:
    """Return the variance of the ranks between cells, over active rows."""
    active = cells >= 0
    if active.sum() < 2:
        return 0.0
    counts = np.bincount(cells[active])
    sums = np.bincount(cells[active], ranks[active])
    means = sums[counts > 0] / counts[counts > 0]
    share = counts[counts > 0] / counts.sum()
    return float(share @ (means - share @ means) ** 2)


def _depths(parents: tuple[tuple[int, ...], ...]) -> Ints:
    depth = np.zeros(len(parents), dtype=np.int64)
    for _ in parents:
        for child, own in enumerate(parents):
            if own:
                depth[child] = max(depth[p] for p in own) + 1
    return depth
