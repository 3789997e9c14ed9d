"""Cost-aware greedy portfolio: gain per relative runtime (METHODS 2.2, variant b)."""

from __future__ import annotations

import numpy as np

from metalearn.core.meta_dataset import MetaDataset
from metalearn.numerics.matrix.set_gain import greedy_order
from metalearn.numerics.runtime.imputation import complete_runtimes, relative_costs
from metalearn.recommenders.fixed_order import FixedOrder
from metalearn.recommenders.prepared_meta import as_scores, prepared_meta

__all__ = ["PortfolioCost"]


class PortfolioCost:
    """Adds the configuration of largest gain / cost^power, cost relative to the task's median.

    Args:
        power: Exponent of the cost: 0 is the plain portfolio, 1 the gain per unit of cost.
    """

    def __init__(self, power: float = 0.25) -> None:
        self.power = power

    def fit(self, meta: MetaDataset, rng: np.random.Generator) -> FixedOrder:  # noqa: ARG002
        """Return a ranker with one fixed order; deterministic.

        Raises:
            NotEnoughMetaDataError: If there is no task, or no runtime is known.
        """
        known = prepared_meta(meta, "portfolio-cost")
        cost = relative_costs(complete_runtimes(meta.runtimes_s, "portfolio-cost"))
        order = greedy_order(
            known.utility, known.weights, fallback=known.fallback, price=cost**self.power
        )
        return FixedOrder(as_scores(order, known.n_configurations))
