"""Scores from task weights alone: positions in the weighted greedy portfolio (METHODS C)."""

from __future__ import annotations

import numpy as np

from metalearn.core.arrays import Floats
from metalearn.core.task import TargetTask
from metalearn.numerics.matrix.set_gain import greedy_order
from metalearn.recommenders.prepared_meta import PreparedMeta, as_scores

__all__ = ["greedy_scores"]


def greedy_scores(known: PreparedMeta, weights: Floats, target: TargetTask, n: int = 64) -> Floats:
    """Return positions in the greedy portfolio that continues the evaluations so far.

    Args:
        known: The known tasks.
        weights: Task weights, `(n_tasks,)`, non-negative.
        target: The target task; configurations evaluated on it count as covered and come last.
        n: Greatest length of the greedy part.

    Returns:
        `(n_configurations,)`, lower first; beyond the greedy part by weighted mean utility.
    """
    available = np.ones(known.n_configurations, dtype=np.bool_)
    available[target.observed] = False
    succeeded = target.observed[np.isfinite(target.observed_losses)]
    covered = known.utility[succeeded].max(axis=0, initial=0.0)
    order = greedy_order(
        known.utility,
        weights,
        fallback=np.round(-(known.utility @ weights) + 1e-6 * known.fallback, 9),
        covered=covered,
        available=available,
        n=n,
    )
    return as_scores(order, known.n_configurations)
