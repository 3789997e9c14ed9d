"""Functional ANOVA: share of the loss's variance over the space that each axis explains.

Hutter, Hoos, Leyton-Brown, "An efficient approach for assessing hyperparameter importance", ICML
2014; across tasks as in van Rijn & Hutter, "Hyperparameter importance across datasets", KDD 2018.
A forest is fitted to the runs of a task, and each of its trees is decomposed exactly: V_U is the
variance of the marginal on U minus that explained by subsets, clipped at 0, and the share of U is
the mean over trees of V_U / V. The measure is uniform on the declared, transformed space: cells of
integers and categories have equal width, and log axes are uniform in the logarithm.

Inactive axes: the loss does not depend on them, so their entries are drawn uniformly before the
fit (see `inactive_drawn`); the importance of a conditional axis is then diluted by the mass of its
branch, and the table also gives it within the branch. `Runs.where` selects one branch.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import combinations

import numpy as np

from metalearn.core.arrays import Floats
from metalearn.core.configuration import Value
from metalearn.core.history import History
from metalearn.core.space import Space
from metalearn.errors import UsageError
from metalearn.histories.runs import Runs, as_runs
from metalearn.histories.source import RunSource
from metalearn.importance.boxes import Boxes, leaf_boxes
from metalearn.importance.checks import (
    active_masses,
    all_items,
    analysed_axes,
    doubt,
    objection,
    rng_for,
    varying,
)
from metalearn.importance.forest import ForestSettings, RunForest, fit_forest
from metalearn.importance.marginal_variance import marginal_variance
from metalearn.importance.table import ImportanceTable, Item, TaskImportance, stacked_tables
from metalearn.numerics.statistics.loss_unit import LossUnit
from metalearn.surrogates.inactive import inactive_drawn

__all__ = ["FanovaSettings", "fanova", "fanova_task", "task_boxes"]

_NO_VARIANCE = 1e-28  # of losses from 0 to 1: the square of rounding errors


@dataclass(frozen=True, slots=True)
class FanovaSettings:
    """Settings of the analysis.

    Attributes:
        order: Size of the largest sets: 1 main effects, 2 pairs too, 3 triples too.
        forest: Settings of the forest; 16 trees as in `automl/fanova`.
        cutoffs: Range to which losses are clipped, to analyse a region of interest.
        cutoff_quantiles: The same as quantiles of each task's losses, for instance (0, 0.25) for
            the best quarter.
    """

    order: int = 2
    forest: ForestSettings = field(default_factory=ForestSettings)
    cutoffs: tuple[float, float] | None = None
    cutoff_quantiles: tuple[float, float] | None = None

    def __post_init__(self) -> None:
        for name, pair in (("cutoffs", self.cutoffs), ("cutoff_quantiles", self.cutoff_quantiles)):
            if pair is not None and not pair[0] < pair[1]:
                raise UsageError(f"{name} must be (low, high) with low < high, got {pair}")
        if self.cutoffs is not None and self.cutoff_quantiles is not None:
            raise UsageError("give either cutoffs or cutoff_quantiles, not both")


def fanova(
    source: RunSource | Runs,
    algorithm: str | None = None,
    *,
    metric: str | None = None,
    where: Mapping[str, Value] | None = None,
    settings: FanovaSettings | None = None,
    seed: int = 0,
) -> ImportanceTable:
    """Return the importance of the hyperparameters of an algorithm on every task.

    Args:
        source: A store, or runs.
        algorithm: Name of the algorithm; needed with a store.
        metric: Name of the metric; with a store, the first one that has runs if None.
        where: Values that fix a branch of the space, for instance `{"kernel": "rbf"}`.
        settings: Order of interactions, forest, cutoffs.
        seed: Seed; each task has its own random stream, so results do not depend on other tasks.

    Returns:
        The table; a task that cannot be analysed is NaN and has a note.

    Raises:
        NotEnoughMetaDataError: If the store has no such runs.
    """
    runs = as_runs(source, algorithm, metric=metric, where=where)
    settings = settings or FanovaSettings()
    axes = analysed_axes(runs)
    items = all_items([runs.space.names[j] for j in axes], settings.order)

    def analysed(history: History) -> TaskImportance:
        rng = rng_for(seed, history.task)
        return fanova_task(runs.space, history, rng, items=items, settings=settings)

    with ThreadPoolExecutor(max_workers=os.cpu_count()) as pool:
        results = list(pool.map(analysed, runs.histories))
    return stacked_tables(
        dict(zip(runs.tasks, results, strict=True)),
        method="fanova",
        algorithm=runs.algorithm,
        metric=runs.metric.name,
        items=items,
        branch=active_masses(runs, items, seed),
        remarks=runs.notes,
    )


def fanova_task(
    space: Space,
    history: History,
    rng: np.random.Generator,
    *,
    items: Sequence[Item] | None = None,
    settings: FanovaSettings | None = None,
) -> TaskImportance:
    """Return the importance of sets of hyperparameters on one task.

    Args:
        space: The space of the history.
        history: Runs; NaN axes are inactive, a NaN loss makes the result NaN.
        rng: Source of the forest's randomness.
        items: Sets of axis names; all up to `settings.order` if None.
        settings: Order of interactions, forest, cutoffs.

    Returns:
        Shares in the order of the items; NaN and a note if the runs cannot be analysed.
    """
    settings = settings or FanovaSettings()
    axes = varying(space)
    if items is None:
        items = all_items([space.names[j] for j in axes], settings.order)
    wanted = [tuple(space.names.index(name) for name in item) for item in items]
    used = sorted({j for item in wanted for j in item})
    if problem := objection(history, used):
        return TaskImportance.undefined(len(items), len(history), problem)
    forest, boxes, _ = task_boxes(space, history, rng, axes=used, settings=settings)
    at = {j: position for position, j in enumerate(used)}
    with_variance = boxes.variance > _NO_VARIANCE
    if not with_variance.any():
        note = "no answer: the forest is constant over the space (or within the cutoffs)"
        return TaskImportance.undefined(len(items), len(history), note)
    parts = _components(boxes, [tuple(at[j] for j in item) for item in wanted])
    shares = parts[with_variance] / boxes.variance[with_variance, None]
    note = doubt(history, forest.oob_r2)
    std = shares.std(axis=0, ddof=1) if len(shares) > 1 else np.full(len(items), np.nan)
    return TaskImportance(shares.mean(axis=0), std, forest.oob_r2, len(history), note)


def task_boxes(
    space: Space,
    history: History,
    rng: np.random.Generator,
    *,
    axes: Sequence[int],
    settings: FanovaSettings,
) -> tuple[RunForest, Boxes, LossUnit]:
    """Return the forest of one task on some axes, its leaf boxes, and the unit of both.

    Losses are scaled to [0, 1], so that their unit and offset do not matter.
    """
    points = inactive_drawn(history.X[:, axes], rng)
    unit = LossUnit.of(history.y)
    forest = fit_forest(points, unit.values(history.y), rng, settings.forest)
    cutoffs = settings.cutoffs
    if settings.cutoff_quantiles is not None:
        low, high = np.quantile(history.y, settings.cutoff_quantiles)
        cutoffs = float(low), float(high)
    if cutoffs is not None:
        low, high = unit.values(np.array(cutoffs))
        cutoffs = float(low), float(high)
    return forest, leaf_boxes(forest, [space.axes[j].cell_edges() for j in axes], cutoffs), unit


def _components(boxes: Boxes, items: Sequence[tuple[int, ...]]) -> Floats:
    """Return `(n_trees, n_items)`: V_U of each tree, without the variance of subsets."""
    needed = {tuple(sorted(part)) for item in items for part in _parts(item)}
    known: dict[tuple[int, ...], Floats] = {}
    for part in sorted(needed, key=len):
        total = marginal_variance(boxes, part)
        smaller = [known[tuple(sorted(p))] for p in _parts(part)[:-1]]
        known[part] = np.maximum(total - sum(smaller), 0.0) if smaller else total
    return np.column_stack([known[tuple(sorted(item))] for item in items])


def _parts(item: tuple[int, ...]) -> list[tuple[int, ...]]:
    """Return all non-empty subsets, the set itself last."""
    return [part for size in range(1, len(item) + 1) for part in combinations(item, size)]
