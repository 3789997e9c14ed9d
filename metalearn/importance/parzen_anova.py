"""PED-ANOVA: importance for reaching the best runs, without a surrogate.

Watanabe, Bansal, Hutter, "PED-ANOVA: Efficiently quantifying hyperparameter importance in
arbitrary subspaces", IJCAI 2023. Pearson's divergence compares the one-dimensional density of the
best runs with that of a larger region of runs: an axis matters if the two differ on it. It works
on any sample, but only for main effects.

For a conditional axis, as in Optuna 5, the divergence over its active runs is weighted by
alpha^2 / beta, where alpha and beta are the shares of active runs in the top and in the region.
Unlike Optuna, each run counts 1 in its category, and categories are not smoothed towards uniform.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from metalearn.core.arrays import Floats, Ints
from metalearn.core.configuration import Value
from metalearn.core.history import History
from metalearn.core.space import Axis, Space
from metalearn.errors import UsageError
from metalearn.histories.runs import Runs, as_runs
from metalearn.histories.source import RunSource
from metalearn.importance.checks import (
    active_masses,
    all_items,
    analysed_axes,
    doubt,
    objection,
    varying,
)
from metalearn.importance.table import ImportanceTable, TaskImportance, stacked

__all__ = ["PedAnovaSettings", "ped_anova", "ped_anova_task"]

_GRID = 50
_FEW_TOP = 5
_FLOOR = 0.5 / 1.64


@dataclass(frozen=True, slots=True)
class PedAnovaSettings:
    """Settings of the comparison.

    Attributes:
        top: Share of the best runs, gamma' in the paper.
        region: Share of the best runs that they are compared with, gamma; 1 = all.
        against_uniform: Compare with the uniform density instead of the region's.
    """

    top: float = 0.1
    region: float = 1.0
    against_uniform: bool = False

    def __post_init__(self) -> None:
        if not 0.0 < self.top < self.region <= 1.0:
            raise UsageError(
                f"expected 0 < top < region <= 1, got top={self.top}, region={self.region}"
            )


def ped_anova(
    source: RunSource | Runs,
    algorithm: str | None = None,
    *,
    metric: str | None = None,
    where: Mapping[str, Value] | None = None,
    settings: PedAnovaSettings | None = None,
) -> ImportanceTable:
    """Return the importance of an algorithm's hyperparameters for reaching the best runs.

    Args:
        source: A store, or runs.
        algorithm: Name of the algorithm; needed with a store.
        metric: Name of the metric; with a store, the first one that has runs if None.
        where: Values that fix a branch of the space.
        settings: Shares of runs to compare.

    Returns:
        Shares of divergence that sum to 1 on every analysed task.
    """
    runs = as_runs(source, algorithm, metric=metric, where=where)
    names = [runs.space.names[j] for j in analysed_axes(runs)]
    items = all_items(names, 1)
    results = {
        history.task: ped_anova_task(runs.space, history, names=names, settings=settings)
        for history in runs.histories
    }
    return stacked(
        results, method="ped-anova", algorithm=runs.algorithm, metric=runs.metric.name,
        items=items, branch=active_masses(runs, items), remarks=runs.notes,
    )  # fmt: skip


def ped_anova_task(
    space: Space,
    history: History,
    *,
    names: list[str] | None = None,
    settings: PedAnovaSettings | None = None,
) -> TaskImportance:
    """Return the share of divergence of each hyperparameter on one task.

    Args:
        space: The space of the history.
        history: Runs; NaN axes are inactive.
        names: Axes to compare; all that are not constant if None.
        settings: Shares of runs to compare.
    """
    settings = settings or PedAnovaSettings()
    axes = varying(space) if names is None else [space.names.index(name) for name in names]
    n = len(history)
    if problem := objection(history, axes):
        return TaskImportance.undefined(len(axes), n, problem)
    top = history.y <= _quantile(history.y, settings.top)
    region = history.y <= _quantile(history.y, settings.region)
    if top.sum() == region.sum():
        note = f"no answer: ties make the best {settings.top:.0%} of the runs the whole region"
        return TaskImportance.undefined(len(axes), n, note)
    gain = np.array(
        [
            _divergence(space.axes[j], history.X[top, j], history.X[region, j], settings)
            for j in axes
        ]
    )
    total = float(gain.sum())
    if total <= 0.0:
        note = "no answer: the best runs are spread as all others"
        return TaskImportance.undefined(len(axes), n, note)
    note = doubt(history)
    if top.sum() < _FEW_TOP:
        note = f"doubtful: only {top.sum()} runs are among the best {settings.top:.0%}"
    return TaskImportance(gain / total, np.full(len(axes), np.nan), math.nan, n, note)


def _quantile(y: Floats, share: float) -> float:
    """Return the highest loss among the best `share` of runs; ties enlarge the set."""
    count = max(1, math.ceil(share * len(y)))
    return float(np.partition(y, count - 1)[count - 1])


def _divergence(axis: Axis, top: Floats, region: Floats, settings: PedAnovaSettings) -> float:
    active_top, active_region = top[~np.isnan(top)], region[~np.isnan(region)]
    alpha, beta = len(active_top) / len(top), len(active_region) / len(region)
    if beta == 0.0:
        return 0.0
    n_cells = axis.n_cells if 0 < axis.n_cells <= _GRID and axis.is_even else _GRID
    best = _density(active_top, n_cells, axis.is_ordered)
    rest = _density(active_region, n_cells, axis.is_ordered)
    if settings.against_uniform:
        rest = np.full(n_cells, 1.0 / n_cells)
    # The factor (gamma'/gamma)^2 of the paper is the same for all axes and cancels in the shares.
    divergence = float((rest * (best / rest - 1.0) ** 2).sum())
    return float(alpha * alpha / beta * divergence)


def _density(values: Floats, n_cells: int, is_ordered: bool) -> Floats:
    """Return `(n_cells,)` Parzen masses: Scott's bandwidth in cells, one uniform kernel added."""
    at: Ints = np.clip((values * n_cells).astype(np.int64), 0, n_cells - 1)
    counts = np.bincount(at, minlength=n_cells).astype(np.float64)
    n = len(values)
    if is_ordered and n > 0:
        counts = _smoothed(counts, _bandwidth(counts))
    return np.asarray((counts + 1.0 / n_cells) / (n + 1.0))


def _bandwidth(counts: Floats) -> float:
    """Return the bandwidth in cells of `(n_cells,)` counts of values; at least one value."""
    n, cells = counts.sum(), np.arange(len(counts))
    variance = float(counts @ (cells - counts @ cells / n) ** 2 / (n - 1.0)) if n > 1 else 0.0
    spread = min(math.sqrt(variance), (_quartile(counts, 3) - _quartile(counts, 1)) / 1.34)
    return max(1.059 * spread * float(n**-0.2), _FLOOR)


def _quartile(counts: Floats, which: int) -> float:
    """Return a quartile of cells with `(n_cells,)` counts, linear between neighbouring values."""
    upto = np.cumsum(counts)
    at = (upto[-1] - 1.0) * which / 4.0
    low, high = np.searchsorted(upto, [math.floor(at), math.ceil(at)], side="right")
    return float(low + (high - low) * (at - math.floor(at)))


def _smoothed(counts: Floats, width: float) -> Floats:
    """Return counts spread by a Gaussian kernel around each cell, which keeps their sum.

    Args:
        counts: `(n_cells,)`.
        width: Standard deviation of the kernel, in cells. Its mass beyond the ends is
            distributed over the cells in proportion.
    """
    from scipy.special import ndtr

    n = len(counts)
    below = ndtr((np.arange(2 * n) - n + 0.5) / width)  # mass up to each edge, seen from a cell
    inside = below[n:][::-1] - below[:n][::-1]  # mass between the ends, of a kernel at each cell
    spread = np.convolve(counts / inside, np.diff(below))
    return np.asarray(spread[n - 1 : 2 * n - 1])
