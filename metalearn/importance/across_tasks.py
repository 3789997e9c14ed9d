"""Importance across tasks: average ranks and their tests (van Rijn & Hutter, KDD 2018).

Hyperparameters are ranked within each task (1 = most important). Friedman's test checks whether
average ranks differ, Nemenyi's critical difference which of them differ. Many interactions are
near zero, so ranks are computed for main effects only, and the strongest interactions are listed
apart.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd

from metalearn.core.arrays import Floats
from metalearn.importance.table import ImportanceTable
from metalearn.numerics.statistics.critical_difference import (
    Friedman,
    friedman,
    nemenyi_cd,
    not_distinct,
    task_ranks,
)

__all__ = ["RankSummary", "importance_summary", "rank_summary", "top_items"]


@dataclass(frozen=True, slots=True, eq=False)
class RankSummary:
    """Average ranks of items over tasks, with tests of their differences.

    Attributes:
        names: Items, best average rank first.
        mean_ranks: Their average ranks, 1 = most important; NaN if no task has an answer.
        test: Friedman's test.
        critical_difference: Nemenyi's; NaN with fewer than two tasks or items.
        alpha: Level of the critical difference.
        groups: Sets of names that are not distinguishable.
    """

    names: tuple[str, ...]
    mean_ranks: Floats
    test: Friedman
    critical_difference: float
    alpha: float
    groups: tuple[tuple[str, ...], ...]


def rank_summary(names: tuple[str, ...], share: Floats, *, alpha: float = 0.05) -> RankSummary:
    """Return the comparison of items over tasks.

    Args:
        names: Names of the items.
        share: `(n_tasks, n_items)`, larger is more important; tasks with NaN are left out.
        alpha: Family-wise error rate of the critical difference.
    """
    ranks = task_ranks(-share)
    complete = ranks[~np.isnan(ranks).any(axis=1)]
    mean = complete.mean(axis=0) if len(complete) else np.full(len(names), np.nan)
    test = friedman(ranks)
    order = np.argsort(mean, kind="stable")
    enough = len(complete) >= 2 and len(names) >= 2
    distance = nemenyi_cd(len(names), len(complete), alpha) if enough else math.nan
    sets = not_distinct(mean, distance) if enough else []
    return RankSummary(
        tuple(names[i] for i in order), mean[order], test, distance, alpha,
        tuple(tuple(names[i] for i in group) for group in sets),
    )  # fmt: skip


def importance_summary(table: ImportanceTable) -> pd.DataFrame:
    """Return one row per item, most important first: quartiles over tasks, ranks, top counts.

    Columns: item, size, median, lower_quartile, upper_quartile, mean, mean_in_branch, mean_rank
    (among items of the same size), top_on (tasks where it is first among these), n_tasks.
    """
    parts = []
    for size in sorted({len(item) for item in table.items}):
        part = table.of_size(size)
        share = part.share[~np.isnan(part.share).any(axis=1)]
        ranks = task_ranks(-share)
        if len(share) == 0:
            share = ranks = np.full((1, len(part.items)), np.nan)
        low, middle, high = np.quantile(share, [0.25, 0.5, 0.75], axis=0)
        parts.append(
            pd.DataFrame(
                {
                    "item": part.names,
                    "size": size,
                    "median": middle,
                    "lower_quartile": low,
                    "upper_quartile": high,
                    "mean": share.mean(axis=0),
                    "mean_in_branch": share.mean(axis=0) / part.branch,
                    "mean_rank": ranks.mean(axis=0),
                    "top_on": (ranks == ranks.min(axis=1, keepdims=True)).sum(axis=0),
                    "n_tasks": int((~np.isnan(share).any(axis=1)).sum()),
                }
            ).sort_values("median", ascending=False, kind="stable")
        )
    return pd.concat(parts, ignore_index=True)


def top_items(table: ImportanceTable, *, size: int | None = None) -> dict[str, str]:
    """Return the most important item of each task that has an answer.

    Args:
        table: Importance on many tasks.
        size: Only items of this size; all if None.
    """
    part = table if size is None else table.of_size(size)
    return {
        task: part.names[int(np.argmax(row))]
        for task, row in zip(part.tasks, part.share, strict=True)
        if not np.isnan(row).any()
    }
