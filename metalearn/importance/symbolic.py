"""Symbolic defaults: a formula in symbols of the task instead of a constant (METHODS 4.5).

van Rijn et al., "Meta learning for defaults: symbolic defaults" (MetaLearn at NeurIPS 2018);
Gijsbers et al., "Meta-learning for symbolic hyperparameter defaults" (GECCO 2021). For each
numeric hyperparameter, all others at the optimal default, every formula of a small grammar times
every constant of a grid is tried on the surrogates of the tasks; the one with the best mean is the
symbolic default. Among so many formulas one always fits, so the reported gain comes from held-out
tasks: in each fold over tasks the optimal default, constant and formula are chosen on the other
tasks, and the formula is compared with the constant task by task.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from metalearn.core.arrays import Bools, Floats, Ints
from metalearn.core.configuration import Value
from metalearn.core.space import Axis, Space
from metalearn.errors import NotEnoughMetaDataError, UsageError
from metalearn.histories.runs import Runs, as_runs
from metalearn.histories.source import RunSource
from metalearn.importance.ablation import axis_positions
from metalearn.importance.candidates import Candidates
from metalearn.importance.checks import analysed_axes, objection, rng_for
from metalearn.importance.forest import ForestSettings, RunForest, fit_forest
from metalearn.importance.formulas import Formula, all_formulas
from metalearn.importance.symbolic_table import SymbolicDefault, SymbolicTable, compared
from metalearn.importance.task_symbols import TaskSource, task_symbols
from metalearn.surrogates.inactive import inactive_drawn

__all__ = ["symbolic_defaults"]

_SAME = 1e-10  # of the range of mean losses
_N_TREES, _N_POINTS, _N_FOLDS, _N_POSITIONS = 32, 2000, 5, 100
# at most 100 positions, for millions of values
_Places = npt.NDArray[np.uint8]


def symbolic_defaults(
    source: RunSource | Runs,
    algorithm: str | None = None,
    *,
    symbols: pd.DataFrame | None = None,
    metric: str | None = None,
    where: Mapping[str, Value] | None = None,
    max_depth: int = 3,
    seed: int = 0,
) -> SymbolicTable:
    """Return the best formula and the best constant for every numeric hyperparameter.

    Args:
        source: A store, or runs.
        algorithm: Name of the algorithm; needed with a store.
        symbols: One column per symbol, indexed by task; those of the store if None. A symbol that
            is unknown or not positive on some task, or equal on all, is not used.
        metric: Name of the metric; with a store, the first one that has runs if None.
        where: Values that fix a branch of the space.
        max_depth: Depth of the formulas, 1 to 3.
        seed: Seed of the surrogates, candidates and folds.

    Returns:
        The table; hyperparameters that are inactive at the optimal default have a note instead.

    Raises:
        UsageError: If runs come without symbols, or the depth is not 1 to 3.
        NotEnoughMetaDataError: If fewer than 10 tasks have usable runs.
    """
    if max_depth not in (1, 2, 3):
        raise UsageError(f"max_depth must be 1, 2 or 3, got {max_depth}")
    symbols = _symbols_of(source) if symbols is None else symbols
    runs = as_runs(source, algorithm, metric=metric, where=where)
    axes = analysed_axes(runs)
    forests = _forests(runs, axes, seed)
    tasks = tuple(forests)
    known = _usable_symbols(symbols.reindex(list(tasks)))
    formulas = all_formulas(known, max_depth, n_tasks=len(tasks))
    lines = _Lines(runs, list(forests.values()), np.random.default_rng(seed))
    found, notes = [], []
    if not known:
        notes.append(
            f"none of {', '.join(map(str, symbols.columns))} is known and positive on every task "
            f"and differs between tasks: constants only"
        )
    for j in axes:
        axis = runs.space.axes[j]
        if axis.kind == "category" or axis.upper <= 0.0:
            continue
        if not runs.space.active(lines.defaults[0][None, :])[0, j]:
            notes.append(f"{axis.name}: inactive at the optimal default, no formula")
            continue
        found.append(_for_axis(lines, j, formulas, runs, max_depth))
    return SymbolicTable(
        runs.algorithm, runs.metric, tasks, tuple(known), len(formulas), tuple(found),
        (*runs.notes, *notes),
    )  # fmt: skip


def _symbols_of(source: RunSource | Runs) -> pd.DataFrame:
    """Return the symbols of the tasks of a store."""
    if not isinstance(source, TaskSource):
        raise UsageError(
            "expected symbols= with the sizes of the tasks, because runs do not hold them; "
            "got None"
        )
    return task_symbols(source)


def _forests(runs: Runs, axes: list[int], seed: int) -> dict[str, RunForest]:
    """Return a surrogate for each task with usable runs."""
    usable = [h for h in runs.histories if not objection(h, axes)]
    if len(usable) < 2 * _N_FOLDS:
        raise NotEnoughMetaDataError(
            f"expected at least {2 * _N_FOLDS} tasks with usable runs of {runs.algorithm!r} to "
            f"test a formula on held-out tasks, got {len(usable)}. Collect more: metalearn "
            f"collect TABLES --algorithm {runs.algorithm}"
        )
    forests = {}
    for history in usable:
        rng = rng_for(seed, history.task)
        forests[history.task] = fit_forest(
            inactive_drawn(history.X, rng), history.y, rng, ForestSettings(_N_TREES)
        )
    return forests


class _Lines:
    """Predicted losses along one axis through the optimal default of each split of the tasks.

    The first split trains on all tasks, the others leave one fold out each.
    """

    def __init__(self, runs: Runs, forests: Sequence[RunForest], rng: np.random.Generator) -> None:
        self.space: Space = runs.space
        self.forests = forests
        n_tasks = len(forests)
        self.folds: list[Ints] = np.array_split(rng.permutation(n_tasks), _N_FOLDS)
        every = np.arange(n_tasks)
        self.train = [every, *(np.setdiff1d(every, fold) for fold in self.folds)]
        candidates = Candidates(runs, rng)
        points = candidates.points(_N_POINTS)
        losses = np.array([forest.predict(points).mean for forest in forests])
        self.defaults = [
            candidates.settled(points[losses[train].mean(axis=0).argmin()]) for train in self.train
        ]

    def along(self, j: int, positions: Floats) -> list[Floats]:
        """Return for each split the `(n_tasks, n_positions)` losses along axis `j`."""
        n = len(positions)
        points = np.concatenate([np.tile(default, (n, 1)) for default in self.defaults])
        points[:, j] = np.tile(positions, len(self.defaults))
        predicted = np.array([forest.predict(points).mean for forest in self.forests])
        return list(predicted.reshape(len(self.forests), -1, n).swapaxes(0, 1))


def _for_axis(
    lines: _Lines, j: int, formulas: Sequence[Formula], runs: Runs, max_depth: int
) -> SymbolicDefault:
    """Return the best formula of an axis, with its depth chosen on held-out tasks."""
    axis = runs.space.axes[j]
    positions = axis_positions(runs.space, j, _N_POSITIONS)
    grids = lines.along(j, positions)
    factors = _factors(axis, positions, formulas)
    places = _places(axis, positions, formulas, factors)
    depth = np.array([formula.depth for formula in formulas])
    constants = [int(grid[t].mean(axis=0).argmin()) for grid, t in
                 zip(grids, lines.train, strict=True)]  # fmt: skip
    means = [_mean_losses(grid, places, t) for grid, t in zip(grids, lines.train, strict=True)]
    constant_loss = np.empty(len(lines.forests))
    formula_loss = np.empty((max_depth, len(lines.forests)))
    for grid, mean, constant, fold in zip(
        grids[1:], means[1:], constants[1:], lines.folds, strict=True
    ):
        constant_loss[fold] = grid[fold, constant]
        for d in range(1, max_depth + 1):
            e, s = _lowest(mean, depth <= d)
            formula_loss[d - 1, fold] = grid[fold, places[fold, e, s]]
    best = int(formula_loss.mean(axis=1).argmin()) + 1
    e, s = _lowest(means[0], depth <= best)
    return compared(
        axis.name, formulas[e].times(factors[e, s]), formulas[e].depth,
        axis.decode(positions[[constants[0]]])[0], constant_loss, formula_loss[best - 1],
        runs.metric,
    )  # fmt: skip


def _usable_symbols(symbols: pd.DataFrame) -> dict[str, Floats]:
    """Return the symbols that are known and positive on every task and differ between tasks."""
    found = {}
    for name in symbols.columns:
        values = symbols[name].to_numpy(np.float64)
        if np.isfinite(values).all() and (values > 0).all() and np.ptp(values) > 0:
            found[str(name)] = values
    return found


def _factors(axis: Axis, positions: Floats, formulas: Sequence[Formula]) -> Floats:
    """Return `(n_formulas, n_positions)` constants, to three digits.

    With them the formula's median over the tasks runs through the grid positions of the axis.
    """
    values = np.array([float(v) for v in axis.decode(positions) if v is not None])
    middle = np.array([np.median(formula.values) for formula in formulas])
    least = values[values > 0.0].min(initial=axis.upper)  # 0 cannot be rounded to digits
    exact = np.maximum(values, least) / middle[:, None]
    digits = np.power(10.0, np.floor(np.log10(exact)) - 2)
    return np.asarray(np.round(exact / digits) * digits)


def _places(
    axis: Axis, positions: Floats, formulas: Sequence[Formula], factors: Floats
) -> _Places:
    """Return `(n_tasks, n_formulas, n_factors)`: the grid position nearest to each value."""
    edges = (positions[1:] + positions[:-1]) / 2
    values = np.array([formula.values for formula in formulas])
    found = np.empty((values.shape[1], *factors.shape), dtype=np.uint8)
    for task in range(values.shape[1]):
        raw = np.clip(values[:, task, None] * factors, axis.lower, axis.upper)
        if axis.kind == "integer":
            raw = np.rint(raw)
        found[task] = np.searchsorted(edges, axis.encode(raw.ravel())).reshape(raw.shape)
    return found


def _mean_losses(grid: Floats, places: _Places, train: Ints) -> Floats:
    """Return `(n_formulas, n_factors)` mean losses over the training tasks."""
    total = np.zeros(places.shape[1:])
    for task in train:
        total += grid[task][places[task]]
    return np.asarray(total / len(train))


def _lowest(mean: Floats, allowed: Bools) -> tuple[int, int]:
    """Return formula and factor of the lowest loss; ties go to the simplest formula."""
    found = np.where(allowed[:, None], mean, np.inf)
    finite = found[np.isfinite(found)]
    place = int(np.argmax(found <= finite.min() + _SAME * np.ptp(finite)))
    return place // found.shape[1], place % found.shape[1]
