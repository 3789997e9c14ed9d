"""Cost-aware greedy portfolio: gain per relative runtime (METHODS 2.2, variant b)."""

from __future__ import annotations

import numpy as np

from metalearn.core.arrays import Floats
from metalearn.core.meta_dataset import MetaDataset
from metalearn.numerics.imputation import runtime_imputation
from metalearn.numerics.matrix.set_gain import greedy_order
from metalearn.recommenders.fixed_order import FixedOrder
from metalearn.recommenders.prepared_meta import as_scores, prepared_meta

__all__ = ["PortfolioCost", "relative_costs"]


class PortfolioCost:
    """Adds the configuration of largest gain / cost^power, cost relative to the task's median.

    Args:
        power: Exponent of the cost: 0 is the plain portfolio, 1 the gain per unit of cost.

    Overview:
        idea: set gain per relative runtime
        adapts: no
        needs: runtimes
    """

    def __init__(self, power: float = 0.25) -> None:
        self.power = power

    def fit(self, meta: MetaDataset, rng: np.random.Generator) -> FixedOrder:  # noqa: ARG002
        """Return a ranker with one fixed order; deterministic.

        Raises:
            NotEnoughMetaDataError: If there is no task, or no runtime is known.
        """
        known = prepared_meta(meta, "portfolio-cost")
        cost = relative_costs(runtime_imputation(meta.runtimes_s, "portfolio-cost"))
        order = greedy_order(
            known.utility, known.weights, fallback=known.fallback, price=cost**self.power
        )
        return FixedOrder(as_scores(order, known.n_configurations))


def relative_costs(runtimes_s: Floats) -> Floats:
    """Return `(n_configurations,)` medians over tasks of the runtime over the task's median.

    Args:
        runtimes_s: `(n_tasks, n_configurations)`, positive, no missing cell.
    """
    return np.asarray(np.median(runtimes_s / np.median(runtimes_s, axis=1)[:, None], axis=0))
