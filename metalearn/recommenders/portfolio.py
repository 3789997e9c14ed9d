"""Greedy portfolio: an ordered complementary set, good at every length (METHODS 2.2)."""

from __future__ import annotations

from typing import Literal

import numpy as np

from metalearn.core.meta_dataset import MetaDataset
from metalearn.numerics.imputation import shrunk_imputation
from metalearn.numerics.matrix.set_gain import greedy_order
from metalearn.numerics.statistics.ranks import rank_rows, rank_utility
from metalearn.recommenders.fixed_order import FixedOrder
from metalearn.recommenders.prepared_meta import as_scores, prepared_meta

__all__ = ["Portfolio"]


class Portfolio:
    """Repeatedly adds the configuration that most lowers the mean regret of the best in the set.

    Args:
        utility: `regret` is one minus the normalized regret, `rank` the scaled rank.

    Overview:
        idea: greedy set gain
        adapts: no
    """

    def __init__(self, utility: Literal["regret", "rank"] = "regret") -> None:
        self.utility = utility

    def fit(self, meta: MetaDataset, rng: np.random.Generator) -> FixedOrder:  # noqa: ARG002
        """Return a ranker with one fixed order; deterministic."""
        known = prepared_meta(meta, "portfolio")
        utility = known.utility
        if self.utility == "rank":
            disutility = shrunk_imputation(1.0 - rank_utility(rank_rows(known.losses)))
            utility = np.ascontiguousarray(1.0 - disutility.T)
        order = greedy_order(utility, known.weights, fallback=known.fallback)
        return FixedOrder(as_scores(order, known.n_configurations))
