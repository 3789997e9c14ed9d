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
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from metalearn.core.arrays import Bools, Floats, Ints
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
from metalearn.importance.table import ImportanceTable, TaskImportance, stacked_tables
from metalearn.numerics.density.counted_cells import masses

__all__ = ["PedAnovaSettings", "ped_anova", "ped_anova_task"]

_GRID = 50
_FEW_TOP = 5


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
    axes = analysed_axes(runs)
    items = all_items([runs.space.names[j] for j in axes], 1)
    found = _shares(runs.space, runs.histories, axes, settings or PedAnovaSettings())
    return stacked_tables(
        {history.task: shares for history, shares in zip(runs.histories, found, strict=True)},
        method="ped-anova", algorithm=runs.algorithm, metric=runs.metric.name,
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
    axes = varying(space) if names is None else [space.names.index(name) for name in names]
    return _shares(space, (history,), axes, settings or PedAnovaSettings())[0]


def _shares(
    space: Space, histories: Sequence[History], axes: list[int], settings: PedAnovaSettings
) -> list[TaskImportance]:
    """Return the result for each history; the densities of all are computed together."""
    problems = [_problem(history, axes, settings) for history in histories]
    analysed = [h for h, problem in zip(histories, problems, strict=True) if not problem]
    gains = iter(_divergences(space, analysed, axes, settings))
    return [
        TaskImportance.undefined(len(axes), len(history), problem)
        if problem
        else _share(history, next(gains), settings)
        for history, problem in zip(histories, problems, strict=True)
    ]


def _problem(history: History, axes: list[int], settings: PedAnovaSettings) -> str:
    """Return why there is nothing to compare, as a sentence; "" if there is."""
    if problem := objection(history, axes):
        return problem
    top, region = (_best(history.y, share) for share in (settings.top, settings.region))
    if top.sum() == region.sum():
        return f"no answer: ties make the best {settings.top:.0%} of the runs the whole region"
    return ""


def _share(history: History, gain: Floats, settings: PedAnovaSettings) -> TaskImportance:
    """Return the shares of `(n_axes,)` divergences, with what is to be said of them."""
    total, n = float(gain.sum()), len(history)
    if total <= 0.0:
        note = "no answer: the best runs are spread as all others"
        return TaskImportance.undefined(len(gain), n, note)
    note, n_top = doubt(history), int(_best(history.y, settings.top).sum())
    if n_top < _FEW_TOP:
        note = f"doubtful: only {n_top} runs are among the best {settings.top:.0%}"
    return TaskImportance(gain / total, np.full(len(gain), np.nan), math.nan, n, note)


def _best(y: Floats, share: float) -> Bools:
    """Return `(n,)`: whether a run is among the best `share` of runs; ties enlarge the set."""
    count = max(1, math.ceil(share * len(y)))
    return np.asarray(y <= np.partition(y, count - 1)[count - 1])


def _divergences(
    space: Space, histories: Sequence[History], axes: list[int], settings: PedAnovaSettings
) -> Floats:
    """Return `(n_histories, n_axes)` divergences of the best runs from those of the region.

    The factor (gamma'/gamma)^2 of the paper is the same for all axes and cancels in the shares.
    """
    if not histories:
        return np.empty((0, len(axes)))
    sides = [_Runs.of(histories, axes, share) for share in (settings.top, settings.region)]
    alpha, beta = (side.active() for side in sides)
    divergences = np.zeros(alpha.shape)
    layouts = [_layout(space.axes[j]) for j in axes]
    for layout in dict.fromkeys(layouts):
        n_cells, is_ordered = layout
        here = [j for j, other in enumerate(layouts) if other == layout]
        best, rest = (masses(side.counts(here, n_cells), is_ordered) for side in sides)
        if settings.against_uniform:
            rest = np.full_like(best, 1.0 / n_cells)
        divergences[:, here] = (rest * (best / rest - 1.0) ** 2).sum(axis=1).reshape(-1, len(here))
    return np.where(beta > 0.0, alpha * alpha / np.maximum(beta, 1e-300) * divergences, 0.0)


@dataclass(frozen=True, slots=True, eq=False)
class _Runs:
    """Selected runs of several histories.

    Attributes:
        points: `(n, n_axes)`; NaN = inactive.
        owner: `(n,)` the history of each run.
        n: Number of histories.
    """

    points: Floats
    owner: Ints
    n: int

    @classmethod
    def of(cls, histories: Sequence[History], axes: list[int], share: float) -> _Runs:
        """Return the best `share` of the runs of each history; at least one history."""
        best = [_best(history.y, share) for history in histories]
        points = [h.X[here][:, axes] for h, here in zip(histories, best, strict=True)]
        owner = np.repeat(np.arange(len(histories)), [len(part) for part in points])
        return cls(np.concatenate(points), owner, len(histories))

    def active(self) -> Floats:
        """Return `(n_histories, n_axes)` shares of runs with an active axis."""
        found = np.zeros((self.n, self.points.shape[1]))
        np.add.at(found, self.owner, ~np.isnan(self.points))
        return found / np.bincount(self.owner, minlength=self.n)[:, None]

    def counts(self, axes: list[int], n_cells: int) -> Floats:
        """Return `(n_histories * n_axes, n_cells)` numbers of active runs in each cell."""
        run, axis = np.nonzero(~np.isnan(self.points[:, axes]))
        values = self.points[:, axes][run, axis]
        at: Ints = np.clip((values * n_cells).astype(np.int64), 0, n_cells - 1)
        row = self.owner[run] * len(axes) + axis
        counts = np.bincount(row * n_cells + at, minlength=self.n * len(axes) * n_cells)
        return counts.reshape(-1, n_cells).astype(np.float64)


def _layout(axis: Axis) -> tuple[int, bool]:
    """Return the number of cells of an axis, and whether neighbours are alike."""
    is_exact = 0 < axis.n_cells <= _GRID and axis.is_even
    return axis.n_cells if is_exact else _GRID, axis.is_ordered
