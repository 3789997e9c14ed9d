"""One call of `fit`: read, advise, search, finish, remember; the parts are in their own files."""

from __future__ import annotations

import contextlib
import math
import time
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from metalearn.automl.bounded import Computation
from metalearn.automl.engine import FitRun, Result
from metalearn.automl.fit_task import FitTask
from metalearn.automl.from_store import Found, found_in_store
from metalearn.automl.leaderboard import leaderboard, trial_table
from metalearn.automl.library import Library
from metalearn.automl.objective import MetricLoss, objective_of
from metalearn.automl.predictor import Ensemble, Member, constant_ensemble
from metalearn.automl.progress import progress_for
from metalearn.automl.reading import Read, training_table
from metalearn.automl.remembering import Remembering, remembering_for
from metalearn.automl.settings import Settings, settings_of
from metalearn.automl.validation import Validation, validation_of
from metalearn.errors import EvaluationError, NotEnoughMetaDataError
from metalearn.learners.tables import Table

__all__ = ["Fitted", "fit", "refit"]

_MOST_CELLS = 2_000_000
"""Larger tables are not hashed, so a repeated fit does not recognise them."""
_CELLS_A_SECOND, _FEW_CELLS_A_SECOND = 8_000, 1_000
"""A table with more cells, times classes, for each second of the budget has no time for folds; one
with few has time for twice as many."""


@dataclass(frozen=True, eq=False)
class Fitted:
    """What an estimator keeps of a fit.

    Attributes:
        columns: Names of the columns.
        has_names: Whether the user's columns had names.
        ensemble: The predictor.
        leaderboard: Finished trials, best first.
        trials: All trials in order.
        metric: Name of the metric.
        score: Out-of-fold score of the ensemble; NaN without members.
        notes: What was left out or went wrong.
        best_pipeline: The fitted Pipeline of the best single trial; None without trials.
        session: State for continuing the fit.
        dtypes: Types of the columns as they came, as text.
        snapshot: Digest of the store's snapshot behind the advice; empty without advice.
        was_interrupted: Whether the user ended the search.
        n_remembered: Trials that were written to the store's journal.
    """

    columns: tuple[str, ...]
    has_names: bool
    ensemble: Ensemble
    leaderboard: pd.DataFrame
    trials: pd.DataFrame
    metric: str
    score: float
    notes: tuple[str, ...]
    best_pipeline: Any  # an untyped scikit-learn Pipeline
    session: Session | None
    dtypes: tuple[str, ...] = ()
    snapshot: str = ""
    was_interrupted: bool = False
    n_remembered: int = 0


@dataclass(frozen=True, eq=False)
class Session:
    """State for continuing a fit on the same data.

    Attributes:
        fingerprint: Of the data and of what decides the folds.
        library: All trials.
    """

    fingerprint: str
    library: Library


def fit(
    estimator: Any,
    X: Any,
    y: Any,
    sample_weight: Any,
    groups: Any,
    started: float,
) -> Fitted:
    """Return the fitted state of an estimator; see its `fit`.

    Args:
        estimator: One of `metalearn.automl.estimators`.
        X: As in its `fit`.
        y: As in its `fit`.
        sample_weight: As in its `fit`.
        groups: As in its `fit`.
        started: When the fit began, on the estimator's clock.
    """
    settings = settings_of(estimator)
    data = training_table(X, y, estimator._kind, sample_weight)
    objective = objective_of(settings.metric, data.kind)
    named = isinstance(X, pd.DataFrame) and all(isinstance(c, str) for c in X.columns)
    if len(np.unique(data.y)) < 2 or len(data.y) < 2:
        return _constant(data, objective, named)
    task = _task(estimator, data, groups, settings)
    objective.check(task.truth)
    fingerprint = _fingerprint(task, objective, settings)
    known = _known_library(estimator, fingerprint)
    is_small = data.X.size <= _MOST_CELLS
    memory = remembering_for(estimator.kb, bool(estimator.remember) and is_small)
    table = Table("table", data.kind, data.X, pd.Series(data.y, name=data.target), data.target)
    publishes = memory.fits_into(settings.time_budget_s)
    run = _fit_run(
        estimator, task, objective, settings, started, known,
        lambda: found_in_store(estimator.kb, table, objective.stored, settings, memory),
        memory.needed_s if publishes else 0.2 * memory.is_on,
    )  # fmt: skip
    result = run.run()
    n_known = len(known.trials) if known is not None else 0
    is_kept, notes = _remembered(estimator, run, result, memory, table, n_known, publishes)
    if estimator.remember and not is_small:
        notes.append(f"nothing is remembered: the table has more than {_MOST_CELLS:,} cells")
    _check_fitted(result, settings, run)
    result = replace(result, notes=(*result.notes, *filter(None, notes)))
    advice = run.schedule.advice
    return replace(
        _fitted(data, objective, named, result, Session(fingerprint, result.library)),
        snapshot="" if advice is None else advice.meta.snapshot,
        n_remembered=len(result.library.trials) - n_known if is_kept else 0,
    )


def _known_library(estimator: Any, fingerprint: str) -> Library | None:
    """Return the trials of an earlier fit of the same data and settings; None without one."""
    session = getattr(estimator, "_session", None)
    return session.library if session and session.fingerprint == fingerprint else None


def _fit_run(
    estimator: Any,
    task: FitTask,
    objective: MetricLoss,
    settings: Settings,
    started: float,
    known: Library | None,
    found: Callable[[], Iterator[Found]],
    after_s: float,
) -> FitRun:
    """Return the run of a fit, which reads the store in steps or in a process of its own."""

    def advise() -> Computation[Found]:
        return Computation(found, may_fork=not hasattr(estimator.kb, "tasks"))

    return FitRun(
        task,
        objective,
        settings,
        started,
        None if settings.strategy.memory is None else advise,
        clock=estimator._clock,
        progress=estimator._progress or progress_for(estimator.verbose),
        known=known,
        after_s=after_s,
    )


def _remembered(
    estimator: Any,
    run: FitRun,
    result: Result,
    memory: Remembering,
    table: Table,
    n_known: int,
    publishes: bool,
) -> tuple[bool, list[str]]:
    """Write the new trials to the memory; return whether they are kept, and notes."""
    left = run.started + run.settings.time_budget_s - estimator._clock()
    advice = run.schedule.advice
    features = None if advice is None else advice.features
    is_kept, note = memory.write(
        result.library, table, features, first=n_known, publishes=publishes, left_s=left + 0.5
    )
    if is_kept and not publishes and estimator._merges_at_exit:
        memory.merge_at_exit()
    return is_kept, [memory.note, note]


def _task(estimator: Any, data: Read, groups: Any, settings: Settings) -> FitTask:
    seed = settings.seed
    if groups is not None:
        groups = np.asarray(groups)[data.kept]
    bare = FitTask(data.kind, data.X, data.y, data.weight, Validation((), ""), seed)
    is_classes = data.kind == "classification"
    target, n_classes = (bare.codes, len(bare.classes)) if is_classes else (data.y, 1)
    cells_a_second = data.X.size * n_classes / settings.time_budget_s
    folds = validation_of(
        target,
        data.kind,
        cv=estimator.cv,
        groups=groups,
        X=data.X,
        seed=seed,
        kept=data.kept,
        usual=settings.strategy.folds,
        is_hurried=cells_a_second > _CELLS_A_SECOND,
        is_unhurried=cells_a_second <= _FEW_CELLS_A_SECOND,
    )
    return FitTask(data.kind, data.X, data.y, data.weight, folds, seed)


def _constant(data: Read, objective: MetricLoss, named: bool) -> Fitted:
    """Return the fit of a target that does not vary, or of a single row."""
    classes = np.unique(data.y) if data.kind == "classification" else None
    ensemble = constant_ensemble(data.kind, classes, data.y, data.weight)
    note = "the target has one value only: it is predicted for every row"
    empty = leaderboard([], objective, {})
    return Fitted(
        tuple(data.X.columns), named, ensemble, empty, trial_table([], objective),
        objective.name, float("nan"), (note,), None, None, _dtypes(data),
    )  # fmt: skip


def _check_fitted(result: Result, settings: Settings, run: FitRun) -> None:
    """Raise or warn if a fit has no members, with the remedy or the cause.

    Raises:
        EvaluationError: If no trial ended within the budget.
        NotEnoughMetaDataError: If a strategy needs the store's list and there is none.
    """
    strategy = settings.strategy
    has_any = bool(result.finished.ensemble.members)
    is_advised = run.schedule.advice is not None or (has_any and not run.lacks_advice)
    if strategy.is_store_only and not is_advised:
        why = next((n for n in result.notes if "no advice" in n), "the fit was interrupted")
        raise NotEnoughMetaDataError(
            f"preset {strategy.name!r} tries nothing but stored configurations, and there are "
            f"none: {why}. Choose a preset that searches, such as 'default', or another store"
        )
    if has_any:
        return
    failed = [trial for trial in result.library.trials if trial.status == "failed"]
    if failed:
        warnings.warn(
            f"no configuration could be fitted; the prediction is constant. The last reason: "
            f"{failed[-1].reason}",
            RuntimeWarning,
            stacklevel=4,
        )
        return
    cheapest = run.schedule.cheapest_s()
    needed = max(2.0 * settings.time_budget_s, 3.0 * cheapest if cheapest > 0 else 0.0)
    raise EvaluationError(
        f"no configuration ended within {settings.time_budget_s:.3g} s"
        + (f" and {settings.memory_limit_mb:g} MB" if settings.memory_limit_mb else "")
        + f"; raise time_budget to about {math.ceil(needed)} s, or give a sample of the rows"
    )


def _fitted(
    data: Read, objective: MetricLoss, named: bool, result: Result, session: Session
) -> Fitted:
    found, library = result.finished, result.library
    weights = dict(zip(found.positions, map(float, found.ensemble.weights), strict=True))
    refitted = [i for i, member in zip(found.positions, found.ensemble.members, strict=True)
                if member.is_refitted]  # fmt: skip
    best = min(found.positions, key=lambda i: library.trials[i].loss, default=None)
    pipeline = None
    if best is not None:
        member = found.ensemble.members[found.positions.index(best)]
        pipeline = member.pipelines[0]
    return Fitted(
        tuple(data.X.columns),
        named,
        found.ensemble,
        leaderboard(library.trials, objective, weights, refitted),
        trial_table(library.trials, objective),
        objective.name,
        objective.score(found.loss),
        result.notes,
        pipeline,
        session,
        _dtypes(data),
        was_interrupted=result.was_interrupted,
    )


def _dtypes(data: Read) -> tuple[str, ...]:
    return tuple(map(str, data.X.dtypes))


def _fingerprint(task: FitTask, objective: MetricLoss, settings: Settings) -> str:
    """Return a hash of all that trials depend on; equal ones may share a library."""
    import joblib

    if task.X.size > _MOST_CELLS:  # hashing would take too long: never the same fit
        return f"never {time.monotonic()}"
    tests = [test for _, test in task.validation.splits]
    weight = None if task.weight is None else task.weight
    with contextlib.suppress(Exception):  # values that cannot be hashed: never the same fit
        parts = (_hashed(task.X), list(task.X.columns), task.y, tests, weight)
        return str(joblib.hash((*parts, objective.name, settings.seed, task.kind)))
    return f"never {time.monotonic()}"


def _hashed(X: pd.DataFrame) -> list[Any]:  # arrays of numbers
    """Return the numbers of a table, and hashes of its other columns."""
    is_number = np.array([isinstance(t, np.dtype) and t.kind in "iuf" for t in X.dtypes])
    parts: list[Any] = [X.loc[:, is_number].to_numpy()]
    for j in map(int, np.flatnonzero(~is_number)):
        column = X.iloc[:, j]
        column = column.astype(str) if column.dtype == object else column
        parts.append(pd.util.hash_pandas_object(column, index=False).to_numpy())
    return parts


def refit(estimator: Any, X: Any, y: Any, sample_weight: Any) -> Fitted:
    """Return a fit with the members and weights of an earlier one on new data, without search.

    Raises:
        InputError: If the data cannot be used.
    """
    from metalearn.automl.bench import Bench, quiet

    ensemble: Ensemble = estimator.ensemble_
    data = training_table(X, y, ensemble.kind, sample_weight)
    classes = np.unique(data.y) if ensemble.kind == "classification" else None
    named = isinstance(X, pd.DataFrame) and all(isinstance(c, str) for c in X.columns)
    constant = constant_ensemble(data.kind, classes, data.y, data.weight)
    task = FitTask(data.kind, data.X, data.y, data.weight, Validation((), ""), 0)
    bench = Bench(task)
    members = ensemble.members if len(np.unique(data.y)) > 1 else ()
    built = []
    with quiet():
        for member in members:
            n_models = len(member.pipelines) if member.is_refitted else 1
            fitted = [
                bench.pipeline(member.configuration, seed=1_000 * s) for s in range(n_models)
            ]
            scales = tuple(scale for _, scale in fitted if scale is not None)
            pipelines = tuple(pipeline for pipeline, _ in fitted)
            built.append(Member(member.configuration, pipelines, member.calibrator, scales=scales))
    same = classes is not None and np.array_equal(classes, ensemble.classes)
    fresh = replace(
        constant,
        members=tuple(built),
        weights=ensemble.weights[: len(built)],
        temperature=ensemble.temperature if same else 1.0,
        class_weights=ensemble.class_weights if same else None,
    )
    return Fitted(
        tuple(data.X.columns), named, fresh, estimator.leaderboard_, estimator.trials_,
        estimator.metric_, float("nan"), (), built[0].pipelines[0] if built else None, None,
        _dtypes(data), estimator.snapshot_,
    )  # fmt: skip
