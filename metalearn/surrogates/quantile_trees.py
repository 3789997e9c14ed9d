"""Gradient boosting of a quantile (Friedman 2001, algorithm 1 with the pinball loss).

The trees equal those of scikit-learn's `GradientBoostingRegressor(loss="quantile")`. On a few
hundred losses, scikit-learn spends most of its time on input checks and on the quantile of each
leaf. Here one sort yields the quantiles of all leaves of a tree.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from metalearn.core.arrays import Floats

__all__ = ["QuantileTrees", "boosted"]

_STEP = 0.1


@dataclass(frozen=True)
class QuantileTrees:
    """A sum of trees; see `boosted`.

    Attributes:
        start: Quantile of all losses, where the sum begins.
        trees: scikit-learn's `tree_` of each.
        values: What each tree adds in each of its nodes; only leaves are used.
    """

    start: float
    trees: tuple[Any, ...]  # scikit-learn is untyped
    values: tuple[Floats, ...]

    def predict(self, points: Floats) -> Floats:
        """Return `(n,)` quantiles at points `(n, n_columns)`, finite."""
        single = np.ascontiguousarray(points, dtype=np.float32)
        found = np.full(len(points), self.start)
        for tree, value in zip(self.trees, self.values, strict=True):
            found += value[tree.apply(single)]
        return found


def boosted(
    points: Floats, y: Floats, quantile: float, *, n_trees: int, n_leaves: int, seed: int
) -> QuantileTrees:
    """Return trees whose sum is a quantile of the loss.

    Args:
        points: `(n, n_columns)`, finite, n > 0.
        y: `(n,)` losses, finite.
        quantile: Level of the quantile, in (0, 1).
        n_trees: Number of trees; each adds a tenth of its fitted step.
        n_leaves: Largest number of leaves of a tree.
        seed: Breaks ties between columns.
    """
    from sklearn import config_context
    from sklearn.tree import DecisionTreeRegressor
    from sklearn.utils import check_random_state

    single, ties = np.ascontiguousarray(points, dtype=np.float32), check_random_state(seed)
    start = float(np.percentile(y, 100.0 * quantile))
    reached = np.full(len(y), start)
    trees, values = [], []
    with config_context(skip_parameter_validation=True):
        for _ in range(n_trees):
            left = y - reached
            slope = np.where(y >= reached, quantile, quantile - 1.0)
            model = DecisionTreeRegressor(max_leaf_nodes=n_leaves, random_state=ties)
            tree = model.fit(single, slope, check_input=False).tree_
            leaf = tree.apply(single)
            value = np.zeros(tree.node_count)
            order = np.lexsort((left, leaf))
            leaves, first, counts = np.unique(leaf[order], return_index=True, return_counts=True)
            lowest = first + np.ceil(quantile * counts).astype(np.int64) - 1
            value[leaves] = _STEP * left[order][lowest]
            reached += value[leaf]
            trees.append(tree)
            values.append(value)
    return QuantileTrees(start, tuple(trees), tuple(values))
