"""`optimize`: hyperparameter optimization on a table, warm-started from a store.

It searches the space of one algorithm, or the joint space of several: then it chooses the
algorithm and its hyperparameters together.

The steps: extract meta-features, choose a space if none is named, and build a warm start. Then
loop: ask the optimizer, evaluate in worker processes, tell it the loss, and journal the trial.
A search ends by number of trials, by time, by Ctrl-C, or when the space is exhausted; all finished
trials are kept.
"""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from metalearn.core.metric import Metric
from metalearn.core.names import known_names, names_of
from metalearn.core.objective import Objective, names_of_objectives
from metalearn.core.space import Space
from metalearn.core.task import Kind
from metalearn.core.trial import Trial
from metalearn.core.warm_start import WarmStart
from metalearn.engines import EngineOptions
from metalearn.errors import NotEnoughMetaDataError
from metalearn.learners.evaluation import PreparedTask, Procedure
from metalearn.learners.tables import Table
from metalearn.workflows.describe import DescribeRequest, Description, describe
from metalearn.workflows.optimize.known_task import KnownTarget, known_target
from metalearn.workflows.optimize.loop import Progress, Search
from metalearn.workflows.optimize.options import (
    DEFAULT_OPTIMIZER,
    DEFAULT_TRIALS,
    OptimizeOptions,
)
from metalearn.workflows.optimize.result import Optimization, SearchTrial
from metalearn.workflows.optimize.several import (
    metric_and_objectives,
    require_several,
    warm_for_several,
)
from metalearn.workflows.optimize.space_choice import chosen_space
from metalearn.workflows.optimize.workers import trial_pool
from metalearn.workflows.tables.reading import checked_table
from metalearn.workflows.warm_start.build import WarmStartRequest, warm_start_for
from metalearn.workflows.writeback.records import dummy_record, features_record
from metalearn.workflows.writeback.sink import sink_of

if TYPE_CHECKING:
    from metalearn.store import Store

__all__ = ["DEFAULT_OPTIMIZER", "DEFAULT_TRIALS", "OptimizeOptions", "optimize", "optimize_table"]

_FEATURE_BUDGET_S = 10.0


def optimize(
    X: Any,
    y: Any = None,
    *,
    space: str | Sequence[str] | Space | None = None,
    optimizer: str | None = None,
    trials: int | None = None,
    time_budget: float | None = None,
    warm_start: int = 10,
    kb: Store | str | Path | None = None,
    kind: Kind | None = None,
    progress: Progress = lambda *_: None,
    metric: str | None = None,
    exclude: str | Sequence[str] = (),
    jobs: int | None = 1,
    seed: int = 0,
    time_limit_s: float = 20.0,
    remember: bool = True,
    procedure: Procedure | None = None,
    engine: str = "local",
    address: str | None = None,
    objectives: str | Sequence[str] | None = None,
) -> Optimization:
    """Search the space of one or more algorithms on a data set, warm-started from stored runs.

    Args:
        X: A data frame or array of features, mixed types and missing values allowed; or a `Table`.
        y: The target, one value per row; or the name of the target column in `X`.
        space: Name of an algorithm; `all` or names of several for their joint space, in which
            the algorithm is searched too; or a space. None takes the algorithm recommended first.
        optimizer: Name of the optimizer (`metalearn.optimizers.names()`); None takes `bayesian`,
            `aging` for pipelines, or `parego` for several objectives.
        trials: Maximum number of evaluations; None = no limit with a time budget, else 50.
        time_budget: Wall-clock seconds in total.
        warm_start: Length of the initial design; 0 is a cold start, without any stored runs.
        kb: The store to read meta-data from and to write trials to: an open one, a path, or None
            for the default.
        kind: `classification` or `regression`; guessed from `y` if None.
        progress: Called with each trial and the best so far.
        metric: Name of the metric; None takes balanced accuracy or R2.
        exclude: Names or keys of known tasks to leave out of the meta-data.
        jobs: Number of parallel evaluations; None takes 1, or all cores of another engine.
        seed: Seed of everything random.
        time_limit_s: Processor seconds of one evaluation.
        remember: Whether to store the trials.
        procedure: Rows and folds; None takes the default.
        engine: Name of an engine: `local`, `dask` or `ray`.
        address: Address of a running cluster of that engine.
        objectives: Several objectives, by name: first a metric, then further metrics or costs
            (`metalearn.core.objective.COSTS`). The result then has a `front`.

    Returns:
        All trials and the best one. Ctrl-C ends the search and returns the finished trials.

    Raises:
        InputError: If the data cannot be used.
        UnknownNameError: If the optimizer, the algorithm, the metric or an objective is unknown.
        UsageError: If the optimizer or the metric does not fit the objectives.
        NotEnoughMetaDataError: If no space is named and nothing can be recommended.
        BusyError: If another process writes evaluations for the same store.
    """
    from metalearn.store import opened_store

    chosen = OptimizeOptions(
        space, optimizer, trials, time_budget, warm_start, metric, names_of(exclude), jobs, seed,
        time_limit_s, remember, procedure or Procedure(), engine, address,
        names_of_objectives(objectives),
    )  # fmt: skip
    table = checked_table(X, y, kind=kind)
    is_named = kb is not None or bool(os.environ.get("METALEARN_KB"))
    with opened_store(kb) as store:
        return optimize_table(table, store, chosen, is_named=is_named, progress=progress)


def optimize_table(
    table: Table,
    store: Store,
    options: OptimizeOptions,
    *,
    is_named: bool = True,
    progress: Progress = lambda *_: None,
    started: float | None = None,
) -> Optimization:
    """Search on a checked table with an open store; see `optimize`.

    Args:
        table: The table.
        store: The store with the meta-data.
        options: The options.
        is_named: Whether the user named the store; else trials go to the user's own store.
        progress: Called with each trial and the best so far.
        started: `time.monotonic()` when the time budget began; now if None.
    """
    from metalearn.optimizers import get

    begun = time.monotonic() if started is None else started
    factory = get(options.optimizer_name)
    metric, objectives = metric_and_objectives(table.kind, options)
    if objectives:
        require_several(factory, options.optimizer_name)
        options = replace(options, metric=metric.name)
    _check_exclude(store, options)
    prepared = PreparedTask(table, options.procedure, any(o.is_cost for o in objectives))
    memory = sink_of(store, is_named=is_named, remember=options.remember)
    where = EngineOptions(options.engine, options.address, options.jobs)
    with trial_pool(prepared, where, options.time_limit_s) as pool, memory:
        described = describe(table, DescribeRequest(time_budget_s=_FEATURE_BUDGET_S))
        space, notes = chosen_space(table, store, options, described)
        target = known_target(store, prepared, options.exclude)
        warm, known = _warm(described, store, space, metric, objectives, target, options)
        features = features_record(target.key, described.features)
        memory.add([target.record, features, dummy_record(target.key, prepared)])
        optimizer = factory(space, initial=warm, rng=np.random.default_rng(options.seed))
        search = Search(
            optimizer, warm, target, metric, options, memory, begun, progress, objectives
        )
        search.remember(known)
        stopped = search.run(pool)
    said = (*notes, *warm.notes, *([memory.note] if memory.note else []))
    return Optimization(
        target.task, metric, space.algorithm, options.optimizer_name, options.warm_start,
        options.seed, warm.snapshot, known, tuple(search.done), stopped,
        time.monotonic() - begun, search.suggest_s, str(memory.kb or ""), said, objectives,
    )  # fmt: skip


def _check_exclude(store: Store, options: OptimizeOptions) -> None:
    """Raise an error that names the nearest tasks if one to leave out is unknown."""
    tasks = store.tasks()
    known_names("task", options.exclude, [*tasks["name"], *tasks["task"]])


def _warm(
    described: Description,
    store: Store,
    space: Space,
    metric: Metric,
    objectives: tuple[Objective, ...],
    target: KnownTarget,
    options: OptimizeOptions,
) -> tuple[WarmStart, tuple[SearchTrial, ...]]:
    """Return the warm start, and the known trials that have a value of each objective."""
    known = target.trials(store, space, metric, objectives) if options.warm_start else ()
    without = replace(options, exclude=(*options.exclude, *target.own))
    warm = _warm_for_one(described, store, space, metric, known, without)
    if not objectives:
        return warm, known
    return warm_for_several(warm, known, store, space, objectives, options.warm_start)


def _warm_for_one(
    described: Description,
    store: Store,
    space: Space,
    metric: Metric,
    known: tuple[SearchTrial, ...],
    options: OptimizeOptions,
) -> WarmStart:
    """Return the warm start; without stored runs, one with observations only and a note."""
    if options.warm_start == 0:
        return WarmStart(space, metric=metric)
    request = WarmStartRequest(
        k=options.warm_start,
        metric=metric.name,
        exclude=options.exclude,
        observed={trial.configuration: trial.score for trial in known},
        seed=options.seed,
    )
    try:
        return warm_start_for(described, store, space, request)
    except NotEnoughMetaDataError as error:
        observed = tuple(Trial(t.configuration).finished(metric.loss(t.score)) for t in known)
        return WarmStart(space, observations=observed, metric=metric,
                         notes=(f"started without runs of other tasks: {error}",))  # fmt: skip
