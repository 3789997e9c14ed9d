"""The critical-difference diagram: average ranks, bars over items without significant difference.

Demsar, JMLR 7 (2006), figure 1.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from metalearn.core.arrays import Floats
from metalearn.errors import NotEnoughMetaDataError
from metalearn.numerics.statistics.critical_difference import nemenyi_cd, not_distinct, task_ranks
from metalearn.plots.style import DARK, figure, styled

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["CriticalDifference", "critical_difference_data", "draw_critical_difference"]


@dataclass(frozen=True, slots=True)
class CriticalDifference:
    """What the diagram shows.

    Attributes:
        names: Items, best average rank first.
        mean_ranks: Their average ranks.
        critical_difference: Differences below it are not significant; NaN if undefined.
        groups: `(first, last)` positions in `names` of items without significant difference.
        n_tasks: Number of tasks.
        alpha: Level of the test.
    """

    names: tuple[str, ...]
    mean_ranks: tuple[float, ...]
    critical_difference: float
    groups: tuple[tuple[int, int], ...]
    n_tasks: int
    alpha: float

    def to_frame(self) -> pd.DataFrame:
        """Return one row per item: item, mean_rank, critical_difference, n_tasks."""
        return pd.DataFrame(
            {
                "item": self.names,
                "mean_rank": self.mean_ranks,
                "critical_difference": self.critical_difference,
                "n_tasks": self.n_tasks,
            }
        )


def critical_difference_data(
    names: tuple[str, ...], losses: Floats, *, alpha: float = 0.05
) -> CriticalDifference:
    """Return the diagram of items compared over tasks.

    Args:
        names: Names of the items.
        losses: `(n_tasks, n_items)`, lower is better (negate scores and importances); tasks with
            NaN are left out.
        alpha: Level of Nemenyi's test.

    Raises:
        NotEnoughMetaDataError: If no task is complete.
    """
    ranks = task_ranks(losses)
    ranks = ranks[~np.isnan(ranks).any(axis=1)]
    if len(ranks) == 0:
        raise NotEnoughMetaDataError(
            f"expected at least one task with a value for each of {len(names)} items, got none"
        )
    mean = ranks.mean(axis=0)
    order = np.argsort(mean, kind="stable")
    cd = nemenyi_cd(len(names), len(ranks), alpha) if min(len(ranks), len(names)) > 1 else math.nan
    groups = [] if math.isnan(cd) else not_distinct(mean[order], cd)
    return CriticalDifference(
        tuple(names[i] for i in order), tuple(float(mean[i]) for i in order), cd,
        tuple((group[0], group[-1]) for group in groups), len(ranks), alpha,
    )  # fmt: skip


def draw_critical_difference(data: CriticalDifference, title: str = "") -> Figure:
    """Draw the diagram."""
    n = len(data.names)
    rows = (n + 1) // 2
    with styled():
        drawn, (ax,) = figure(6.4, 1.25 + 0.24 * rows + 0.12 * len(data.groups))
        depth = 0.55 + 0.22 * len(data.groups)
        low, high = 1, max(n, 2)
        margin = 0.62 * (high - low)
        ax.set_xlim(low - margin, high + margin)
        ax.set_ylim(-(depth + 0.5 * rows), 1.35)
        ax.axis("off")
        ax.plot([low, high], [0, 0], color=DARK, lw=1.2)
        for tick in range(low, high + 1):
            ax.plot([tick, tick], [0, 0.12], color=DARK, lw=1.0)
            ax.text(tick, 0.18, str(tick), ha="center", va="bottom")
        _draw_names(ax, data, depth, margin)
        for place, (first, last) in enumerate(data.groups):
            y = -0.22 * (place + 1)
            ends = [data.mean_ranks[first] - 0.03, data.mean_ranks[last] + 0.03]
            ax.plot(ends, [y, y], color=DARK, lw=3.5, solid_capstyle="butt")
        if not math.isnan(data.critical_difference):
            _draw_ruler(ax, data, low)
        if title:
            ax.set_title(title, fontsize=9.5)
    return drawn


def _draw_names(ax: Axes, data: CriticalDifference, depth: float, margin: float) -> None:
    n = len(data.names)
    high = max(n, 2)
    left = (n + 1) // 2
    for place, (name, rank) in enumerate(zip(data.names, data.mean_ranks, strict=True)):
        is_left = place < left
        row = place if is_left else n - 1 - place
        y = -(depth + 0.5 * row)
        end = 1 - 0.04 * margin if is_left else high + 0.04 * margin
        ax.plot([rank, rank, end], [0, y, y], color=DARK, lw=0.8)
        side = "right" if is_left else "left"
        shift = -0.02 * margin if is_left else 0.02 * margin
        ax.text(end + shift, y, f"{name}  {rank:.2f}" if is_left else f"{rank:.2f}  {name}",
                ha=side, va="center")  # fmt: skip


def _draw_ruler(ax: Axes, data: CriticalDifference, low: float) -> None:
    ends = [low, low + data.critical_difference]
    ax.plot(ends, [0.95, 0.95], color=DARK, lw=1.5)
    for end in ends:
        ax.plot([end, end], [0.88, 1.02], color=DARK, lw=1.5)
    ax.text(
        ends[1] + 0.08, 0.95, f"CD = {data.critical_difference:.2f} ({data.n_tasks} tasks, "
        f"alpha {data.alpha:g})", ha="left", va="center", fontsize=8,
    )  # fmt: skip
