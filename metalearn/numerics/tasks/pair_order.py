"""Disagreement of tasks about the order of configurations, the target of learned distances."""

from __future__ import annotations

import numpy as np

from metalearn.core.arrays import Floats
from metalearn.numerics.statistics.ranks import rank_rows

__all__ = ["MIN_SHARED", "disagreement"]

MIN_SHARED = 5


def disagreement(losses: Floats) -> Floats:
    """Return 1 - the rank correlation of each pair of tasks over the configurations they share.

    If two tasks observed the same configurations this is Spearman's correlation. With missing
    cells, ranks are those within each task, and their correlation is computed over the shared
    configurations. The cost is a few matrix products, also for 500 tasks and 20,000
    configurations.

    Args:
        losses: `(n_tasks, n_configurations)`; NaN = not observed.

    Returns:
        `(n_tasks, n_tasks)` in [0, 2]; NaN with fewer than 5 shared configurations, or where a
        task has equal losses on all of them.
    """
    ranks = rank_rows(losses)
    seen = np.isfinite(ranks)
    mask = seen.astype(np.float64)
    count = mask.sum(axis=1, keepdims=True)
    values = np.where(seen, (ranks - (count + 1) / 2) / np.maximum(count, 1), 0.0)
    shared = mask @ mask.T
    n = np.maximum(shared, 1.0)
    sums = values @ mask.T
    variance = (values**2) @ mask.T - sums**2 / n
    covariance = values @ values.T - sums * sums.T / n
    varies = np.minimum(variance, variance.T) > 1e-12 * n
    usable = varies & (shared >= MIN_SHARED)
    scale = np.sqrt(np.where(usable, variance * variance.T, 1.0))
    return np.where(usable, 1.0 - np.clip(covariance / scale, -1.0, 1.0), np.nan)
