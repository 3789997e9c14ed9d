"""Fitted trees as plain arrays: all that is needed to find the leaf of a row.

scikit-learn grows the trees. Their splits are kept as arrays, which are saved without pickle and
applied without scikit-learn, to all trees at once.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

from metalearn.core.arrays import Floats, Ints

__all__ = ["PlainTrees", "plain_trees"]


@dataclass(frozen=True, slots=True)
class PlainTrees:
    """The nodes of all trees, one after another.

    Attributes:
        roots: `(n_trees,)` node at which each tree begins.
        left: `(n_nodes,)` node for values up to the threshold; the node itself for a leaf.
        right: Same shape; node for other values.
        column: Same shape; the column that is compared; 0 for a leaf.
        threshold: Same shape.
    """

    roots: Ints
    left: Ints
    right: Ints
    column: Ints
    threshold: Floats

    @property
    def n_trees(self) -> int:
        """Number of trees."""
        return len(self.roots)

    def leaves(self, row: Floats) -> Ints:
        """Return `(n_trees,)` leaves that a row reaches, numbered within each tree.

        Args:
            row: `(n_columns,)`, finite; compared in single precision, as the trees were grown.
        """
        values = row.astype(np.float32)
        node = self.roots
        while True:
            goes_left = values[self.column[node]] <= self.threshold[node]
            below = np.where(goes_left, self.left[node], self.right[node])
            if np.array_equal(below, node):
                return np.asarray(node - self.roots)
            node = below


def plain_trees(trees: Iterable[Any]) -> PlainTrees:
    """Return the arrays of scikit-learn's compiled trees (`estimator.tree_`; no public type)."""
    parts: list[tuple[Ints, Ints, Ints, Floats]] = []
    roots: list[int] = []
    first = 0
    for tree in trees:
        here = first + np.arange(tree.node_count, dtype=np.int64)
        is_leaf = tree.children_left < 0
        parts.append(
            (
                np.where(is_leaf, here, first + tree.children_left),
                np.where(is_leaf, here, first + tree.children_right),
                np.where(is_leaf, 0, tree.feature),
                np.where(is_leaf, 0.0, tree.threshold),
            )
        )
        roots.append(first)
        first += tree.node_count
    if not parts:
        none = np.empty(0, dtype=np.int64)
        return PlainTrees(none, none, none, none, np.empty(0))
    left, right, column, threshold = (np.concatenate(p) for p in zip(*parts, strict=True))
    return PlainTrees(np.array(roots, dtype=np.int64), left, right, column, threshold)
