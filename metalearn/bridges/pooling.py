"""The runs of other tasks as one pool: points with their rank within their own task.

Raw scores are not comparable across tasks. Optimizers learn from a pool which points are good, so
each task's losses become ranks in (0, 1), and tasks of low weight are left out.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.stats import rankdata

from metalearn.core.arrays import Floats
from metalearn.core.warm_start import WarmStart

__all__ = ["PooledRuns", "best_points", "pooled_sources"]

_SHARE_OF_EQUAL = 0.5


@dataclass(frozen=True, slots=True, eq=False)
class PooledRuns:
    """Points of the cube `(n, n_axes)`, NaN = inactive, and their losses as ranks `(n,)`."""

    points: Floats
    loss: Floats


def pooled_sources(warm: WarmStart, *, n_best: int | None = None) -> PooledRuns:
    """Return the runs of source tasks, each with its rank within its task as its loss.

    Tasks with less than half an equal share of the weight are left out.

    Args:
        warm: The warm start.
        n_best: Best runs taken of each task; all if None.
    """
    points, losses = [np.empty((0, warm.space.n_axes))], [np.empty(0)]
    for history, weight in zip(warm.sources, warm.weights, strict=True):
        ok = np.isfinite(history.y)
        if weight * len(warm.sources) < _SHARE_OF_EQUAL or ok.sum() < 2:
            continue
        ranks = (rankdata(history.y[ok]) - 0.5) / ok.sum()
        best = np.argsort(ranks, kind="stable")[:n_best]
        points.append(history.X[ok][best])
        losses.append(ranks[best])
    return PooledRuns(np.concatenate(points), np.concatenate(losses))


def best_points(warm: WarmStart, n: int, rng: np.random.Generator) -> Floats:
    """Return about `n` good points `(m, n_axes)`: of the prior if there is one, else of the pool.

    Without either, those of the initial design.
    """
    if warm.prior is not None:
        return warm.prior.sample_points(n, rng)
    pooled = pooled_sources(warm, n_best=4)
    if len(pooled.loss):
        return pooled.points[np.argsort(pooled.loss, kind="stable")[:n]]
    return warm.space.encode(warm.configurations)
