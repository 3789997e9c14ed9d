"""`optimize`: hyperparameter optimization of one algorithm on a table, warm-started from a store.

The steps: extract meta-features, choose a space if none is named, and build a warm start. Then
loop: ask the optimizer, evaluate in worker processes, tell it the loss, and journal the trial.
A search ends by number of trials, by time, by Ctrl-C, or when the space is exhausted; all finished
trials are kept.
"""

from __future__ import annotations

import math
import os
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from metalearn.core.configuration import Configuration
from metalearn.core.metric import Metric
from metalearn.core.names import known_names, names_of
from metalearn.core.seams import Optimizer
from metalearn.core.space import Space
from metalearn.core.task import Kind
from metalearn.core.trial import Trial
from metalearn.core.warm_start import WarmStart
from metalearn.errors import (
    MissingPackageError,
    NotEnoughMetaDataError,
    SpaceExhaustedError,
    UnknownNameError,
    UsageError,
)
from metalearn.learners.evaluation import PreparedTask, Procedure
from metalearn.learners.isolation import Outcome
from metalearn.learners.tables import Table
from metalearn.workflows.describe import DescribeRequest, Description, describe
from metalearn.workflows.optimize.known_task import KnownTarget, known_target
from metalearn.workflows.optimize.result import Optimization, Origin, SearchTrial, Stopped
from metalearn.workflows.optimize.workers import TrialPool
from metalearn.workflows.recommend.ask import RecommendRequest, chosen_metric, recommend_for
from metalearn.workflows.recommend.result import Recommendations
from metalearn.workflows.tables.reading import read_task
from metalearn.workflows.warm_start.build import WarmStartRequest, warm_start_for
from metalearn.workflows.writeback.records import dummy_record, evaluation_record, features_record
from metalearn.workflows.writeback.sink import EvaluationSink, sink_of

if TYPE_CHECKING:
    from metalearn.store import Store

__all__ = ["DEFAULT_OPTIMIZER", "DEFAULT_TRIALS", "OptimizeOptions", "optimize", "optimize_table"]

DEFAULT_OPTIMIZER, DEFAULT_TRIALS = "bayesian", 50
Progress = Callable[[SearchTrial, SearchTrial | None], object]
"""Called with each trial and the best so far."""

_FEATURE_BUDGET_S = 10.0
_MANY_REPEATS = 25


@dataclass(frozen=True, slots=True)
class OptimizeOptions:
    """Options of `optimize`.

    Attributes:
        space: Name of an algorithm or a space; None takes the algorithm recommended first.
        optimizer: Name of the optimizer.
        trials: Maximum number of evaluations; None = no limit with a time budget, else 50.
        time_budget_s: Wall-clock seconds in total; None for no limit.
        warm_start: Length of the initial design; 0 is a cold start, without any stored runs.
        metric: Name of the metric; None takes the default of the kind of task.
        exclude: Names or keys of known tasks to leave out of the meta-data.
        jobs: Number of parallel evaluations.
        seed: Seed of everything random.
        time_limit_s: Processor seconds of one evaluation.
        remember: Whether to store the trials.
        procedure: Rows and folds.
    """

    space: str | Space | None = None
    optimizer: str = DEFAULT_OPTIMIZER
    trials: int | None = None
    time_budget_s: float | None = None
    warm_start: int = 10
    metric: str | None = None
    exclude: tuple[str, ...] = ()
    jobs: int = 1
    seed: int = 0
    time_limit_s: float = 20.0
    remember: bool = True
    procedure: Procedure = field(default_factory=Procedure)

    def __post_init__(self) -> None:
        for name in ("trials", "time_budget_s", "jobs", "time_limit_s"):
            value = getattr(self, name)
            if value is not None and not value > 0:
                raise UsageError(f"{name} must be positive, got {value}")
        if self.warm_start < 0:
            raise UsageError(f"warm_start must be at least 0, got {self.warm_start}")

    @property
    def n_trials(self) -> float:
        """Maximum number of evaluations; infinite if only the time budget ends the search."""
        if self.trials is not None:
            return self.trials
        return float("inf") if self.time_budget_s is not None else DEFAULT_TRIALS


def optimize(
    X: Any,
    y: Any = None,
    *,
    space: str | Space | None = None,
    optimizer: str = DEFAULT_OPTIMIZER,
    trials: int | None = None,
    time_budget: float | None = None,
    warm_start: int = 10,
    kb: Store | str | Path | None = None,
    kind: Kind | None = None,
    progress: Progress = lambda *_: None,
    metric: str | None = None,
    exclude: str | Sequence[str] = (),
    jobs: int = 1,
    seed: int = 0,
    time_limit_s: float = 20.0,
    remember: bool = True,
    procedure: Procedure | None = None,
) -> Optimization:
    """Search the space of an algorithm on a data set, warm-started from stored runs.

    Args:
        X: A data frame or array of features, mixed types and missing values allowed; or a `Table`.
        y: The target, one value per row; or the name of the target column in `X`.
        space: Name of an algorithm or a space; None takes the algorithm recommended first.
        optimizer: Name of the optimizer (`metalearn.optimizers.names()`).
        trials: Maximum number of evaluations; None = no limit with a time budget, else 50.
        time_budget: Wall-clock seconds in total.
        warm_start: Length of the initial design; 0 is a cold start, without any stored runs.
        kb: The store to read meta-data from and to write trials to: an open one, a path, or None
            for the default.
        kind: `classification` or `regression`; guessed from `y` if None.
        progress: Called with each trial and the best so far.
        metric: Name of the metric; None takes balanced accuracy or R2.
        exclude: Names or keys of known tasks to leave out of the meta-data.
        jobs: Number of parallel evaluations.
        seed: Seed of everything random.
        time_limit_s: Processor seconds of one evaluation.
        remember: Whether to store the trials.
        procedure: Rows and folds; None takes the default.

    Returns:
        All trials and the best one. Ctrl-C ends the search and returns the finished trials.

    Raises:
        InputError: If the data cannot be used.
        UnknownNameError: If the optimizer, the algorithm or the metric is unknown.
        NotEnoughMetaDataError: If no space is named and nothing can be recommended.
        BusyError: If another process writes evaluations for the same store.
    """
    from metalearn.store import Store, open_store

    chosen = OptimizeOptions(
        space, optimizer, trials, time_budget, warm_start, metric, names_of(exclude), jobs, seed,
        time_limit_s, remember, procedure or Procedure(),
    )  # fmt: skip
    table = read_task(X, y, kind=kind)
    if isinstance(kb, Store):
        return optimize_table(table, kb, chosen, is_named=True, progress=progress)
    is_named = kb is not None or bool(os.environ.get("METALEARN_KB"))
    with open_store(kb) as store:
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
    factory = get(options.optimizer)
    metric = chosen_metric(table.kind, options.metric)
    tasks = store.tasks()
    known_names("task", options.exclude, [*tasks["name"], *tasks["task"]])
    prepared = PreparedTask(table, options.procedure)
    memory = sink_of(store, is_named=is_named, remember=options.remember)
    with TrialPool(prepared, options.jobs, options.time_limit_s) as pool, memory:
        described = describe(table, DescribeRequest(time_budget_s=_FEATURE_BUDGET_S))
        space, notes = _space(table, store, options, described)
        target = known_target(store, prepared, options.exclude)
        known = target.trials(store, space, metric) if options.warm_start else ()
        own = replace(options, exclude=(*options.exclude, *target.own))
        warm = _warm(described, store, space, metric, known, own)
        features = features_record(target.key, described.features)
        memory.add([target.record, features, dummy_record(target.key, prepared)])
        optimizer = factory(space, initial=warm, rng=np.random.default_rng(options.seed))
        search = _Search(optimizer, warm, target, metric, options, memory, begun, progress)
        search.remember(known)
        stopped = search.run(pool)
    notes = [*notes, *warm.notes, *([memory.note] if memory.note else [])]
    return Optimization(
        target.task, metric, space.algorithm, options.optimizer, options.warm_start,
        options.seed, warm.snapshot, known, tuple(search.done), stopped,
        time.monotonic() - begun, search.suggest_s, str(memory.kb or ""), tuple(notes),
    )  # fmt: skip


def _space(
    table: Table, store: Store, options: OptimizeOptions, described: Description
) -> tuple[Space, list[str]]:
    """Return the space to search: the named one, or that of the algorithm recommended first."""
    from metalearn.learners import CATALOGUE

    wanted, notes = options.space, []
    if wanted is None:
        request = RecommendRequest(
            metric=options.metric, exclude=options.exclude, seed=options.seed
        )
        found = recommend_for(table, store, request, described.features)
        listed = [item.configuration.algorithm for item in found]
        wanted = next((name for name in listed if _is_searchable(name, table.kind)), None)
        if wanted is None:
            raise NotEnoughMetaDataError(_why_no_space(found, listed, CATALOGUE.names()))
        notes.append(f"no space was named: {wanted}, the algorithm recommended first")
    name = wanted if isinstance(wanted, str) else wanted.algorithm
    if name not in CATALOGUE.names():
        raise UnknownNameError("space", name, CATALOGUE.names())
    learner = CATALOGUE.get(name)
    if not learner.is_installed:
        raise MissingPackageError(learner.package, learner.extra, f"searching {name!r}")
    declared = learner.space(table.kind)
    return (declared if isinstance(wanted, str) else wanted), notes


def _why_no_space(found: Recommendations, listed: list[str], names: Sequence[str]) -> str:
    """Return the message for a list without an algorithm that has a space to search."""
    next_step = f"name a space with --space (space=): {', '.join(names)}"
    if listed:
        algorithms = ", ".join(dict.fromkeys(listed))
        return (
            f"none of the recommended algorithms ({algorithms}) has a space to search; {next_step}"
        )
    why = "; ".join(found.notes) or "no configuration is expected to beat a dummy"
    return f"no algorithm is recommended for {found.task.name} ({why}); {next_step}"


def _is_searchable(algorithm: str, kind: Kind) -> bool:
    from metalearn.learners import CATALOGUE

    if algorithm not in CATALOGUE.names() or not CATALOGUE.get(algorithm).is_installed:
        return False
    axes = CATALOGUE.get(algorithm).space(kind).axes
    return sum(axis.n_cells != 1 for axis in axes) >= 2


def _warm(
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
                         notes=(f"started without experience: {error}",))  # fmt: skip


class _Search:
    """The loop: ask the optimizer, evaluate, tell it the loss."""

    def __init__(
        self,
        optimizer: Optimizer,
        warm: WarmStart,
        target: KnownTarget,
        metric: Metric,
        options: OptimizeOptions,
        memory: EvaluationSink,
        begun: float,
        progress: Progress,
    ) -> None:
        self.optimizer, self.warm, self.target, self.metric = optimizer, warm, target, metric
        self.options, self.memory, self.begun, self.progress = options, memory, begun, progress
        self.done: list[SearchTrial] = []
        self.best: SearchTrial | None = None
        self.suggest_s = 0.0
        self._n_asked = self._n_repeated = 0
        self._told: dict[tuple[Configuration, float], Trial] = {}
        ranked = warm.ranking.configurations if warm.ranking is not None else ()
        self._known = {*warm.configurations, *ranked}

    def remember(self, known: tuple[SearchTrial, ...]) -> None:
        """Take the best known trial as the incumbent."""
        for trial in known:
            self._compare(trial)

    def run(self, pool: TrialPool) -> Stopped:
        """Search until the trials, the time or the space are used up, or the user stops it."""
        try:
            return self._loop(pool)
        except KeyboardInterrupt:
            return "interrupted"

    def _loop(self, pool: TrialPool) -> Stopped:
        while True:
            why = self._fill(pool)
            if not pool.n_running or self._left() <= 0.0:
                return "time" if self._left() <= 0.0 else why
            left = self._left()
            for trial, outcome in pool.finished(left if math.isfinite(left) else None):
                self._tell(trial, outcome)

    def _fill(self, pool: TrialPool) -> Stopped:
        """Start trials until all processes are busy; return why no further trial may start."""
        while not pool.is_full and self._n_asked < self.options.n_trials and self._left() > 0.0:
            started = time.monotonic()
            try:
                (trial,) = self.optimizer.ask()
            except SpaceExhaustedError:
                return "exhausted"
            finally:
                self.suggest_s += time.monotonic() - started
            before = self._told.get((trial.configuration, trial.fidelity))
            if before is None:
                self._n_asked += 1
                pool.submit(trial)
                continue
            self._n_repeated += 1
            self.optimizer.tell(replace(before, number=trial.number))
            if self._n_repeated >= _MANY_REPEATS:
                return "exhausted"
        return "trials"

    def _tell(self, trial: Trial, outcome: Outcome) -> None:
        runtime_s = sum(fold.fit_s + fold.predict_s for fold in outcome.folds)
        score = float("nan")
        if outcome.status == "ok":
            score = float(np.mean([fold.scores[self.metric.name] for fold in outcome.folds]))
            told = trial.finished(self.metric.loss(score), runtime_s)
        else:
            told = trial.failed(runtime_s, "timeout" if outcome.status == "timeout" else "failed")
        self.memory.add(
            [evaluation_record(self.target.key, trial.configuration, outcome, trial.fidelity)]
        )
        self._told[trial.configuration, trial.fidelity] = told
        self._n_repeated = 0
        self.optimizer.tell(told)
        origin: Origin = "search"
        if trial.configuration in self._known:
            origin = "warm start"
        found = SearchTrial(
            len(self.done) + 1, trial.configuration, score, told.status, outcome.reason,
            trial.fidelity, runtime_s, time.monotonic() - self.begun, origin, self.target.task,
        )  # fmt: skip
        self.done.append(found)
        self._compare(found)
        self.progress(found, self.best)

    def _compare(self, trial: SearchTrial) -> None:
        if trial.is_complete and (
            self.best is None or self.metric.loss(trial.score) < self.metric.loss(self.best.score)
        ):
            self.best = trial

    def _left(self) -> float:
        """Return the seconds that are left; infinite without a budget, or before any result."""
        if self.options.time_budget_s is None or not self.done:
            return float("inf")
        return self.begun + self.options.time_budget_s - time.monotonic()
