"""Ranks of configurations within each task (METHODS 1.1, 2.1)."""

from __future__ import annotations

import numpy as np

from metalearn.core.arrays import Floats

__all__ = ["mean_rank_utility", "mean_utility", "rank_rows", "rank_utility"]

_PRIOR = 5.0  # tasks that the utility 1/2 counts for
_AT_ONCE = 1_000_000  # cells whose ranks are held at once


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


def mean_utility(utility: Floats, weights: Floats, *, prior: float = _PRIOR) -> Floats:
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
    total, n_tasks = _sums(utility, weights * (len(weights) / weights.sum()))
    return np.asarray((total + prior / 2) / (n_tasks + prior))


def mean_rank_utility(losses: Floats, weights: Floats) -> Floats:
    """Return `mean_utility` of the `rank_utility` of losses.

    Tasks are ranked a part at a time: for large matrices this takes less memory and time.

    Args:
        losses: `(n_tasks, n_configurations)`; NaN = not observed.
        weights: `(n_tasks,)`, non-negative.

    Returns:
        `(n_configurations,)`, finite.
    """
    scaled = weights * (len(weights) / weights.sum())
    step = max(1, _AT_ONCE // max(losses.shape[1], 1))
    parts = [slice(start, start + step) for start in range(0, len(losses), step)]
    sums = [_sums(rank_utility(rank_rows(losses[part])), scaled[part]) for part in parts]
    total, n_tasks = np.sum(sums, axis=0)
    return np.asarray((total + _PRIOR / 2) / (n_tasks + _PRIOR))


def _sums(utility: Floats, weights: Floats) -> tuple[Floats, Floats]:
    """Return the weighted sum of each column's known utilities, and the sum of their weights."""
    known = np.isfinite(utility)
    return weights @ np.where(known, utility, 0.0), weights @ known
