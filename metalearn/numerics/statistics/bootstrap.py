"""Percentile bootstrap over tasks (METHODS 12.4; Efron & Tibshirani 1993)."""

from __future__ import annotations

import numpy as np

from metalearn.core.arrays import Floats

__all__ = ["bootstrap_means"]

_BLOCK = 500


def bootstrap_means(
    values: Floats,
    rng: np.random.Generator,
    *,
    n_resamples: int = 10_000,
    coverage: float = 0.95,
) -> tuple[Floats, Floats]:
    """Return lower and upper ends of bootstrap intervals of column means over tasks.

    All columns use the same resamples.

    Args:
        values: `(n_tasks, n_columns)`, finite.
        rng: Draws the resamples.
        n_resamples: Number of resamples of the tasks with replacement.
        coverage: Coverage of the interval, in (0, 1).

    Returns:
        Two arrays `(n_columns,)`; both NaN without tasks.
    """
    n_tasks, n_columns = values.shape
    if n_tasks == 0:
        return np.full(n_columns, np.nan), np.full(n_columns, np.nan)
    shares = np.full(n_tasks, 1.0 / n_tasks)
    means = np.concatenate(
        [
            rng.multinomial(n_tasks, shares, min(_BLOCK, n_resamples - start)) @ values / n_tasks
            for start in range(0, n_resamples, _BLOCK)
        ]
    )
    low, high = np.quantile(means, [(1 - coverage) / 2, (1 + coverage) / 2], axis=0)
    return low, high
