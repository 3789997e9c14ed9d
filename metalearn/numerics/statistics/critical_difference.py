"""Tests on ranks over tasks: Friedman, Iman-Davenport, and Nemenyi's critical difference.

Reference: Demsar, "Statistical comparisons of classifiers over multiple data sets", JMLR 7 (2006),
section 3.2; Iman & Davenport (1980). The number of observations is the number of tasks, never
tasks times seeds.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache

import numpy as np

from metalearn.core.arrays import Floats
from metalearn.errors import ShapeError, UsageError

__all__ = ["Friedman", "average_ranks", "friedman", "nemenyi_cd", "not_distinct", "task_ranks"]


@dataclass(frozen=True, slots=True)
class Friedman:
    """Friedman's test that all items have the same expected rank.

    Attributes:
        statistic: Chi-square statistic, corrected for ties; NaN if undefined.
        p_value: Its p-value with `n_items - 1` degrees of freedom; NaN if undefined.
        f_statistic: Iman and Davenport's less conservative statistic; inf if all tasks agree.
        f_p_value: Its p-value; 0 if all tasks agree; NaN if undefined.
        n_tasks: Tasks counted (complete rows).
        n_items: Items compared.
    """

    statistic: float
    p_value: float
    f_statistic: float
    f_p_value: float
    n_tasks: int
    n_items: int


def task_ranks(losses: Floats) -> Floats:
    """Return the ranks of items within each task: 1 is the lowest loss, ties share the average.

    Args:
        losses: `(n_tasks, n_items)`; lower is better (negate importances or scores).

    Returns:
        `(n_tasks, n_items)`; all NaN in a task with any NaN, which has no complete ranking.

    >>> task_ranks(np.array([[0.1, 0.3, 0.3], [0.2, np.nan, 0.1]]))
    array([[1. , 2.5, 2.5],
           [nan, nan, nan]])
    """
    from scipy.stats import rankdata

    losses = _matrix(losses)
    ranks = np.full(losses.shape, np.nan)
    complete = ~np.isnan(losses).any(axis=1)
    if complete.any():
        ranks[complete] = rankdata(losses[complete], axis=1)
    return ranks


def average_ranks(losses: Floats) -> Floats:
    """Return `(n_items,)`: the mean over tasks of `task_ranks`; NaN if no task is complete."""
    ranks = task_ranks(losses)
    complete = ~np.isnan(ranks).any(axis=1)
    if not complete.any():
        return np.full(ranks.shape[1], np.nan)
    return np.asarray(ranks[complete].mean(axis=0))


def friedman(ranks: Floats) -> Friedman:
    """Test whether items differ in rank over tasks (Demsar 2006, equations 4 and 5).

    The chi-square statistic divides by the observed variance of the ranks, which is the textbook
    formula without ties and corrects it with ties, as SciPy does.

    Args:
        ranks: `(n_tasks, n_items)` from `task_ranks`; tasks with NaN are left out.

    Returns:
        The test; all statistics NaN with fewer than two tasks or items, or nothing but ties.
    """
    from scipy.stats import chi2, f

    ranks = _matrix(ranks)
    ranks = ranks[~np.isnan(ranks).any(axis=1)]
    n, k = ranks.shape
    centred = ranks - (k + 1) / 2
    spread = float((centred**2).sum())
    if n < 2 or k < 2 or spread == 0.0:
        return Friedman(math.nan, math.nan, math.nan, math.nan, n, k)
    statistic = (k - 1) * float((centred.sum(axis=0) ** 2).sum()) / spread
    p_value = float(chi2.sf(statistic, k - 1))
    rest = n * (k - 1) - statistic
    if rest <= 1e-9 * n * (k - 1):
        return Friedman(statistic, p_value, math.inf, 0.0, n, k)
    f_statistic = (n - 1) * statistic / rest
    f_p_value = float(f.sf(f_statistic, k - 1, (k - 1) * (n - 1)))
    return Friedman(statistic, p_value, f_statistic, f_p_value, n, k)


def nemenyi_cd(k: int, n: int, alpha: float = 0.05) -> float:
    """Return Nemenyi's critical difference of average ranks (Demsar 2006, section 3.2.2).

    Two items whose average ranks over the same tasks differ by less are not distinguishable.

    Args:
        k: Number of items compared, at least 2.
        n: Number of tasks, at least 1.
        alpha: Family-wise error rate, in (0, 1).

    Raises:
        UsageError: If an argument lies outside these ranges.

    >>> round(nemenyi_cd(6, 90), 3)
    0.795
    """
    if k < 2 or n < 1 or not 0.0 < alpha < 1.0:
        raise UsageError(
            f"a critical difference needs k >= 2 items, n >= 1 tasks and 0 < alpha < 1; "
            f"got k={k}, n={n}, alpha={alpha}"
        )
    return _studentized_range(k, alpha) / math.sqrt(2.0) * math.sqrt(k * (k + 1) / (6.0 * n))


@cache
def _studentized_range(k: int, alpha: float) -> float:
    """Return the upper quantile of the range of `k` standard normal values."""
    from scipy.stats import studentized_range

    return float(studentized_range.ppf(1.0 - alpha, k, np.inf))


def not_distinct(mean_ranks: Floats, critical_difference: float) -> list[tuple[int, ...]]:
    """Return the largest groups of items whose average ranks lie within a critical difference.

    These are the bars of a critical-difference diagram.

    Args:
        mean_ranks: `(n_items,)`, finite.
        critical_difference: From `nemenyi_cd`.

    Returns:
        Groups of at least two item indices, each in order of rank, best group first; none is part
        of another.

    >>> not_distinct(np.array([1.0, 3.0, 1.5, 2.0]), 0.6)
    [(0, 2), (2, 3)]
    """
    order = np.argsort(mean_ranks, kind="stable")
    groups: list[tuple[int, ...]] = []
    reached = 0
    for start, first in enumerate(order):
        within = [int(i) for i in order[start:] if mean_ranks[i] - mean_ranks[first]
                  <= critical_difference]  # fmt: skip
        if len(within) > 1 and start + len(within) > reached:
            groups.append(tuple(within))
            reached = start + len(within)
    return groups


def _matrix(values: Floats) -> Floats:
    array = np.asarray(values, dtype=np.float64)
    if array.ndim != 2:
        raise ShapeError(f"expected a (n_tasks, n_items) matrix, got shape {array.shape}")
    return array
