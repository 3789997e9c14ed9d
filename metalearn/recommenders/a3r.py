"""A3R: average rank of accuracy divided by a small power of the runtime (METHODS 2.1).

Abdulrahman, Brazdil, van Rijn & Vanschoren (2018): within a task the reference configuration of
A3R cancels, so configurations are ranked by score / seconds^p and the ranks are averaged.
"""

from __future__ import annotations

import numpy as np

from metalearn.core.arrays import Floats
from metalearn.core.meta_dataset import MetaDataset
from metalearn.numerics.imputation import runtime_imputation
from metalearn.numerics.statistics.ranks import mean_utility, rank_rows, rank_utility
from metalearn.numerics.statistics.regret import normalized_regret
from metalearn.recommenders.fixed_order import FixedOrder
from metalearn.recommenders.prepared_meta import prepared_meta

__all__ = ["A3R", "score_per_time"]


class A3R:
    """Sorts configurations by the average rank of score / seconds^p.

    Args:
        power: Exponent of the runtime; the paper recommends small ones, 1/64 for average ranks.

    Overview:
        idea: mean rank of score / seconds^p
        adapts: no
        needs: runtimes
    """

    def __init__(self, power: float = 1 / 64) -> None:
        self.power = power

    def fit(self, meta: MetaDataset, rng: np.random.Generator) -> FixedOrder:  # noqa: ARG002
        """Return a ranker with one fixed order; deterministic.

        Raises:
            NotEnoughMetaDataError: If there is no task, or no runtime is known.
        """
        known = prepared_meta(meta, "a3r")
        ratio = score_per_time(meta, known.losses, self.power)
        utility = mean_utility(rank_utility(rank_rows(-ratio)), known.weights)
        return FixedOrder(np.round(-utility, 9))


def score_per_time(meta: MetaDataset, losses: Floats, power: float) -> Floats:
    """Return score / seconds^power, larger is better; NaN where no loss is known.

    The score must be non-negative and larger-is-better. Raw scores such as accuracy are; for any
    other metric the score is one minus the normalized regret, because a loss divided by the
    runtime would reward slow configurations.

    Args:
        meta: Known tasks, with runtimes.
        losses: `(n_tasks, n_configurations)`, failures imputed; NaN = not observed.
        power: Exponent of the runtime.
    """
    raw_fits = meta.metric.greater_is_better and meta.metric.worst == 0.0
    score = meta.metric.score(losses) if raw_fits else 1.0 - normalized_regret(losses)
    return np.asarray(score / runtime_imputation(meta.runtimes_s, "a3r") ** power)
