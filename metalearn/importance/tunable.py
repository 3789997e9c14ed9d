"""Tunability of an algorithm from its runs: optimal defaults and gains by tuning.

Probst, Boulesteix, Bischl, JMLR 20 (2019). A forest per task predicts the loss anywhere; the
optimal default is the candidate with the best mean over tasks. The gain of an item is the
improvement by its best value alone. Plain gains are biased upwards: the maximum of a noisy
surrogate is too high (winner's curse), and so is a default evaluated on the tasks that chose it.
Two corrected numbers are reported beside them: one chooses with the forest of one half of the runs
and evaluates with that of the other half; one uses 5 folds over tasks.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from metalearn.core.arrays import Floats
from metalearn.core.configuration import Value
from metalearn.core.history import History
from metalearn.errors import UsageError
from metalearn.histories.runs import Runs, as_runs
from metalearn.histories.source import RunSource
from metalearn.importance.candidates import Candidates
from metalearn.importance.checks import all_items, analysed_axes, objection, rng_for
from metalearn.importance.forest import ForestSettings, RunForest, fit_forest
from metalearn.importance.table import Item
from metalearn.importance.tunability_table import Gains, TunabilityTable
from metalearn.importance.tuning_space import default_set, tuning_ranges
from metalearn.numerics.statistics.loss_unit import are_coarse
from metalearn.surrogates.inactive import inactive_drawn

__all__ = ["TunabilitySettings", "tunability"]

_FULL, _FIRST, _SECOND = 0, 1, 2
_POOR_FIT, _FEW_RUNS = 0.5, 100


@dataclass(frozen=True, slots=True)
class TunabilitySettings:
    """Settings of the analysis.

    Attributes:
        order: 1 = hyperparameters, 2 = also pairs.
        n_points: Random candidates for defaults and optima, common to all tasks.
        n_item_points: Random candidates for a pair (or a child with its parents); a single
            hyperparameter is evaluated at every cell, or at 100 points.
        n_folds: Folds over tasks for the held-out gains.
        n_defaults: Length of the default set.
        standardize: Choose the default by the mean of task-wise z-scores instead of raw losses.
        forest: Settings of the surrogates.
    """

    order: int = 2
    n_points: int = 2000
    n_item_points: int = 250
    n_folds: int = 5
    n_defaults: int = 8
    standardize: bool = False
    forest: ForestSettings = field(default_factory=lambda: ForestSettings(n_trees=32))


def tunability(
    source: RunSource | Runs,
    algorithm: str | None = None,
    *,
    metric: str | None = None,
    where: Mapping[str, Value] | None = None,
    settings: TunabilitySettings | None = None,
    seed: int = 0,
) -> TunabilityTable:
    """Return the gains by tuning an algorithm's hyperparameters, and good defaults.

    Args:
        source: A store, or runs.
        algorithm: Name of the algorithm; needed with a store.
        metric: Name of the metric; with a store, the first one that has runs if None.
        where: Values that fix a branch of the space.
        settings: Candidates, folds, surrogate.
        seed: Seed.

    Returns:
        The table. With fewer than two usable tasks all gains are NaN, because the best default of
        one task is its optimum.
    """
    runs = as_runs(source, algorithm, metric=metric, where=where)
    settings = settings or TunabilitySettings()
    if settings.order not in (1, 2):
        raise UsageError(f"order must be 1 or 2, got {settings.order}")
    axes = analysed_axes(runs)
    items = all_items([runs.space.names[j] for j in axes], settings.order)
    problems = {h.task: objection(h, axes) for h in runs.histories}
    usable = [h for h in runs.histories if not problems[h.task]]
    notes = {task: note for task, note in problems.items() if note}
    if len(usable) < 2:
        return _undefined(runs, items, usable, notes)
    forests = [_surrogates(history, seed, settings) for history in usable]
    search = Candidates(runs, np.random.default_rng(seed), n_item_points=settings.n_item_points)
    points = search.points(settings.n_points)
    losses = _predicted(forests, points)
    best = search.settled(points[_default(losses[_FULL], settings)])
    plain, corrected = _gains(search, forests, best, items, losses)
    held_out = _held_out(search, forests, items, points, losses, settings)
    single = [item for item in items if len(item) == 1]
    return TunabilityTable(
        runs.algorithm, runs.metric, tuple(h.task for h in usable), items,
        runs.space.decode(best[None, :])[0], plain, corrected, held_out,
        _risk(search, forests, best, single, points, losses),
        tuning_ranges(runs.space, points[losses[_FULL].argmin(axis=1)]),
        default_set(runs, points, losses[_FULL], settings.n_defaults), notes,
        (*runs.notes, *_doubts(usable, forests)),
    )  # fmt: skip


def _doubts(usable: Sequence[History], forests: Sequence[tuple[RunForest, ...]]) -> list[str]:
    """Return reasons why the gains are doubtful, as sentences."""
    n_runs = float(np.median([len(history) for history in usable]))
    fit = float(np.nanmedian([task[_FULL].oob_r2 for task in forests]))
    found = []
    if n_runs < _FEW_RUNS:
        found.append(
            f"doubtful: {n_runs:g} runs per task (median); {_FEW_RUNS} or more are advised"
        )
    if not fit >= _POOR_FIT:
        found.append(
            f"doubtful: the forests explain little of the runs (median out-of-bag R2 {fit:.2f})"
        )
    if coarse := [history.task for history in usable if are_coarse(history.y)]:
        found.append(
            f"doubtful: the losses of {len(coarse)} of {len(usable)} tasks ({coarse[0]}, ...) "
            f"agree in their first twelve digits; what is left may be rounding"
        )
    return found


def _undefined(
    runs: Runs, items: tuple[Item, ...], usable: Sequence[History], notes: dict[str, str]
) -> TunabilityTable:
    n_single = sum(len(item) == 1 for item in items)
    nothing = Gains(np.full(len(usable), np.nan), np.full((len(usable), len(items)), np.nan))
    note = (
        f"no answer: tunability compares a default over tasks, and only {len(usable)} of "
        f"{len(runs.histories)} tasks have usable runs; at least 2 are needed"
    )
    return TunabilityTable(
        runs.algorithm, runs.metric, tuple(h.task for h in usable), items, None,
        nothing, nothing, nothing, np.full((len(usable), n_single), np.nan),
        notes=notes, remarks=(*runs.notes, note),
    )  # fmt: skip


def _surrogates(
    history: History, seed: int, settings: TunabilitySettings
) -> tuple[RunForest, RunForest, RunForest]:
    """Return the forest of all runs, and of two halves that share no run."""
    rng = rng_for(seed, history.task)
    X = inactive_drawn(history.X, rng)
    order = rng.permutation(len(history))
    halves = np.array_split(order, 2)
    return (
        fit_forest(X, history.y, rng, settings.forest),
        fit_forest(X[halves[0]], history.y[halves[0]], rng, settings.forest),
        fit_forest(X[halves[1]], history.y[halves[1]], rng, settings.forest),
    )


def _predicted(forests: Sequence[tuple[RunForest, ...]], points: Floats) -> Floats:
    """Return `(n_surrogates, n_tasks, n_points)` predicted losses."""
    return np.array(
        [[forest.predict(points).mean for forest in task] for task in forests]
    ).swapaxes(0, 1)


def _default(losses: Floats, settings: TunabilitySettings) -> int:
    if settings.standardize:
        spread = losses.std(axis=1, keepdims=True)
        losses = (losses - losses.mean(axis=1, keepdims=True)) / np.where(spread > 0, spread, 1.0)
    return int(losses.mean(axis=0).argmin())


def _gains(
    search: Candidates,
    forests: Sequence[tuple[RunForest, ...]],
    default: Floats,
    items: Sequence[Item],
    losses: Floats,
) -> tuple[Gains, Gains]:
    """Return plain and corrected gains over one default."""
    at_default = _predicted(forests, default[None, :])
    everything = np.concatenate([at_default, losses], axis=2)
    plain, corrected = [], []
    for item in items:
        predicted = _predicted(forests, search.around(default, item))
        plain.append(_plain(predicted[_FULL]))
        corrected.append(_corrected(predicted))
    return (
        Gains(_plain(everything[_FULL]), _at_least_parts(items, np.column_stack(plain))),
        Gains(_corrected(everything), np.column_stack(corrected)),
    )


def _at_least_parts(items: Sequence[Item], gain: Floats) -> Floats:
    """Return `(n_tasks, n_items)` gains, those of a pair raised to the larger of its parts."""
    at = {item: place for place, item in enumerate(items)}
    raised = gain.copy()
    for item, place in at.items():
        if len(item) == 2:
            parts = gain[:, [at[(name,)] for name in item]]
            raised[:, place] = np.maximum(gain[:, place], parts.max(axis=1))
    return raised


def _plain(losses: Floats) -> Floats:
    """Return `(n_tasks,)`: loss of the default (first point) minus the lowest."""
    return np.asarray(losses[:, 0] - losses.min(axis=1))


def _corrected(losses: Floats) -> Floats:
    """Return gains chosen on one half of the runs and evaluated on the other, both ways."""
    tasks = np.arange(losses.shape[1])
    total = np.zeros(len(tasks))
    for chooser, judge in ((_FIRST, _SECOND), (_SECOND, _FIRST)):
        chosen = losses[chooser].argmin(axis=1)
        total += losses[judge][:, 0] - losses[judge][tasks, chosen]
    return total / 2


def _held_out(
    search: Candidates,
    forests: Sequence[tuple[RunForest, ...]],
    items: Sequence[Item],
    points: Floats,
    losses: Floats,
    settings: TunabilitySettings,
) -> Gains:
    """Return the gains of each task over a default that was chosen on the other folds."""
    n_tasks = len(forests)
    folds = np.array_split(search.rng.permutation(n_tasks), min(settings.n_folds, n_tasks))
    overall, item_gain = np.empty(n_tasks), np.empty((n_tasks, len(items)))
    for fold in folds:
        train = np.setdiff1d(np.arange(n_tasks), fold)
        default = search.settled(points[_default(losses[_FULL][train], settings)])
        judged = [forests[t][:1] for t in fold]
        at_default = _predicted(judged, default[None, :])[_FULL]
        overall[fold] = _plain(np.concatenate([at_default, losses[_FULL][fold]], axis=1))
        for place, item in enumerate(items):
            found = _predicted(judged, search.around(default, item))[_FULL]
            item_gain[fold, place] = _plain(found)
    return Gains(overall, _at_least_parts(items, item_gain))


def _risk(
    search: Candidates,
    forests: Sequence[tuple[RunForest, ...]],
    default: Floats,
    single: Sequence[Item],
    points: Floats,
    losses: Floats,
) -> Floats:
    """Return `(n_tasks, n_hyperparameters)`: score lost by leaving one alone at its default.

    Weerts, Mueller, Vanschoren (2018/2020); both searches have the same number of candidates.
    """
    half = len(points) // 2
    tasks = np.arange(len(forests))
    found = []
    for (name,) in single:
        fixed_points = points[:half].copy()
        fixed_points[:, search.space.names.index(name)] = default[search.space.names.index(name)]
        fixed, free = _predicted(forests, fixed_points), losses[:, :, :half]
        total = np.zeros(len(tasks))
        for chooser, judge in ((_FIRST, _SECOND), (_SECOND, _FIRST)):
            loss_fixed = fixed[judge][tasks, fixed[chooser].argmin(axis=1)]
            total += loss_fixed - free[judge][tasks, free[chooser].argmin(axis=1)]
        found.append(total / 2)
    return np.column_stack(found)
