"""Ranks of configurations within each task (METHODS 1.1, 2.1)."""

from __future__ import annotations

import numpy as np

from metalearn.core.arrays import Floats

__all__ = ["mean_utility", "rank_rows", "rank_utility"]


def rank_rows(losses: Floats) -> Floats:
    """Return ranks within each row, 1 = lowest loss, ties get their average rank.

    Args:
        losses: `(n_rows, n_columns)`; NaN = not observed.

    Returns:
        Same shape; NaN stays NaN.

    >>> rank_rows(np.array([[0.3, 0.1, np.nan, 0.3]]))
    array([[2.5, 1. , nan, 2.5]])
    """
    n_columns = losses.shape[1]
    if n_columns == 0:
        return losses.copy()
    order = np.argsort(losses, axis=1)  # equal losses share a rank: need not be stable
    ordered = np.take_along_axis(losses, order, axis=1)
    position = np.broadcast_to(np.arange(n_columns), losses.shape)
    starts = np.ones(losses.shape, dtype=np.bool_)
    starts[:, 1:] = ordered[:, 1:] != ordered[:, :-1]
    ranks = np.empty_like(losses)
    if starts.all():
        np.put_along_axis(ranks, order, position + 1.0, axis=1)
        return np.where(np.isnan(losses), np.nan, ranks)
    ends = np.ones(losses.shape, dtype=np.bool_)
    ends[:, :-1] = starts[:, 1:]
    first = np.maximum.accumulate(np.where(starts, position, 0), axis=1)
    last = np.minimum.accumulate(np.where(ends, position, n_columns)[:, ::-1], axis=1)[:, ::-1]
    np.put_along_axis(ranks, order, (first + last) / 2 + 1, axis=1)
    return np.where(np.isnan(losses), np.nan, ranks)


def rank_utility(ranks: Floats) -> Floats:
    """Return ranks scaled to (0, 1), larger is better: `(n - rank + 1/2) / n` per row."""
    n = np.isfinite(ranks).sum(axis=1, keepdims=True)
    return np.asarray((n - ranks + 0.5) / np.maximum(n, 1))


def mean_utility(utility: Floats, weights: Floats, *, prior: float = 5.0) -> Floats:
    """Return each column's weighted mean utility, shrunk towards 1/2 if few rows observed it.

    METHODS 2.1: `(sum of w u + prior / 2) / (sum of w + prior)`, with weights of mean 1.

    Args:
        utility: `(n_tasks, n_configurations)`; NaN = not observed.
        weights: `(n_tasks,)`, non-negative.
        prior: Number of tasks that the value 1/2 counts for; it does not change the order of
            columns that every task observed.

    Returns:
        `(n_configurations,)`, finite.
    """
    known = np.isfinite(utility)
    scaled = weights * (len(weights) / weights.sum())
    total = scaled @ np.where(known, utility, 0.0) + prior / 2
    return np.asarray(total / (scaled @ known + prior))
