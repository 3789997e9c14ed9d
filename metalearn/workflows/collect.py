"""`collect`: evaluates configurations of the common list on your tables, and stores the results.

Every finished evaluation goes to a journal at once, so that after a kill only running evaluations
are repeated. The journal becomes part of the store every few minutes, when the run ends, and when
the next one begins. Work runs through joblib, so Dask and Ray execute it unchanged.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any

from metalearn.core.configuration import Configuration
from metalearn.core.task import Kind
from metalearn.errors import InputError, MetalearnError, MissingPackageError
from metalearn.learners import get
from metalearn.learners.common_list import algorithm_list, common_list
from metalearn.learners.evaluation import PreparedTask, Procedure
from metalearn.learners.isolated_pool import IsolatedPool
from metalearn.workflows.tables.index import TableEntry
from metalearn.workflows.writeback.journal import Journal, Record
from metalearn.workflows.writeback.records import (
    dummy_record,
    evaluation_record,
    features_record,
    journal_of,
    publish,
    task_record,
)

__all__ = ["CollectOptions", "CollectReport", "collect"]

_PUBLISH_EVERY_S = 600.0
_BACKENDS = {"local": "loky", "dask": "dask", "ray": "ray"}


@dataclass(frozen=True, slots=True)
class CollectOptions:
    """Options of `collect`.

    Attributes:
        n_configurations: Length of the prefix of the common list, for each kind of task; of the
            list of each algorithm if `algorithms` are named.
        time_limit_s: Processor seconds for all folds of one evaluation.
        jobs: Number of parallel processes.
        engine: `local`, `dask` or `ray`.
        procedure: Rows and folds.
        algorithms: The only algorithms to evaluate, where they support the kind of task.
    """

    n_configurations: int = 64
    time_limit_s: float = 20.0
    jobs: int = 1
    engine: str = "local"
    procedure: Procedure = field(default_factory=Procedure)
    algorithms: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CollectReport:
    """Summary of a run; `unreadable` names the tables that could not be used, with the reason."""

    n_tasks: int
    n_evaluations: int
    n_known: int
    by_status: dict[str, int]
    unreadable: dict[str, str]
    seconds: float


@dataclass(frozen=True, slots=True)
class _Unit:
    entry: TableEntry
    procedure: Procedure
    configuration: Configuration
    time_limit_s: float
    task: str


def collect(
    entries: Sequence[TableEntry],
    kb: Path,
    options: CollectOptions,
    progress: Callable[[int, int], object],
) -> CollectReport:
    """Evaluate the configurations that are missing in a store on each table, and store them.

    Args:
        entries: Tables to evaluate on.
        kb: The user's store; created if missing.
        options: The options.
        progress: Called with the numbers of finished and of all evaluations.

    Raises:
        BusyError: If another process collects into this store, or writes it at the end.
        InputError: If none of the tables can be read.
        StoreError: If the store or the journal cannot be written; finished evaluations are kept.
    """
    started = time.monotonic()
    with journal_of(kb) as journal:
        publish(journal, kb)
        plan = _plan(entries, kb, options)
        counts: Counter[str] = Counter()
        published = time.monotonic()
        try:
            _append(journal, plan.described)
            for done, record in enumerate(_run(plan.units, options), start=1):
                journal.append(record)
                counts[record["status"]] += 1
                progress(done, len(plan.units))
                if time.monotonic() - published > _PUBLISH_EVERY_S:
                    publish(journal, kb)
                    _append(journal, plan.described)
                    published = time.monotonic()
            _append(journal, plan.dummies)
            _append(journal, _meta_features(plan, options))
        finally:
            publish(journal, kb)
    seconds = time.monotonic() - started
    return CollectReport(
        len(plan.tasks), len(plan.units), plan.n_known, dict(counts), plan.unreadable, seconds
    )


@dataclass(frozen=True, slots=True)
class _Plan:
    """The work to do: tasks of the readable tables, and their missing evaluations."""

    tasks: dict[str, TableEntry]
    described: list[Record]
    units: list[_Unit]
    n_known: int
    unreadable: dict[str, str]
    without_features: set[str]
    dummies: list[Record]


def _plan(entries: Sequence[TableEntry], kb: Path, options: CollectOptions) -> _Plan:
    known, measured = _known(kb)
    plan = _Plan({}, [], [], 0, {}, set(), [])
    n_known = 0
    for entry in entries:
        try:
            record, configurations, dummy = _describe(entry, options)
        except MetalearnError as error:
            plan.unreadable[entry.name] = str(error)
            continue
        key = record["task"]
        missing = [c for c in configurations if (key, c.key) not in known]
        plan.tasks[key] = entry
        plan.units.extend(_unit(entry, c, key, options) for c in missing)
        if key not in measured:
            plan.without_features.add(key)
        is_without_dummy = (key, dummy["configuration"]) not in known
        if is_without_dummy:
            plan.dummies.append(dummy)
        if missing or is_without_dummy or key in plan.without_features:
            plan.described.append(record)
        n_known += len(configurations) - len(missing)
    if not plan.tasks:
        raise InputError("no table can be used: " + "; ".join(plan.unreadable.values()))
    return replace(plan, n_known=n_known)


def _known(kb: Path) -> tuple[set[tuple[str, str]], set[str]]:
    """Return the (task, configuration) keys in a store, and the tasks with current features."""
    from metalearn.metafeatures import EXTRACTOR
    from metalearn.store import open_store

    if not kb.exists():
        return set(), set()
    with open_store(kb) as store:
        pairs = store.sql(
            "SELECT DISTINCT task, configuration FROM evaluation "
            "WHERE fidelity = 1 AND NOT vanished"
        ).itertuples(index=False, name=None)
        features = store.meta_features()
    current = features.loc[features["extractor"] == EXTRACTOR, "task"]
    return set(pairs), set(current)


def _append(journal: Journal, records: Iterable[Record]) -> None:
    for record in records:
        journal.append(record)


def _meta_features(plan: _Plan, options: CollectOptions) -> Iterator[Record]:
    todo = [(key, plan.tasks[key]) for key in sorted(plan.without_features)]
    yield from _parallel(_extract, todo, options)


def _extract(item: tuple[str, TableEntry]) -> Record:
    from metalearn.metafeatures import extract

    key, entry = item
    table = entry.load()
    return features_record(key, extract(table.X, table.y, kind=table.kind))


def _describe(
    entry: TableEntry, options: CollectOptions
) -> tuple[Record, list[Configuration], Record]:
    """Return a task, the configurations wanted on it, and the evaluation of the dummy."""
    table = entry.load()
    prepared = PreparedTask(table, options.procedure)
    procedure = options.procedure.to_json()
    record = task_record(prepared.task, table.target, procedure, entry.family)
    wanted = _configurations(table.kind, options.n_configurations, options.algorithms)
    return record, wanted, dummy_record(record["task"], prepared)


@cache
def _configurations(kind: Kind, n: int, algorithms: tuple[str, ...]) -> list[Configuration]:
    if algorithms:
        able = [name for name in algorithms if kind in get(name).kinds]
        listed = [c for name in able for c in algorithm_list(name, kind, n)]
    else:
        listed = common_list(kind, n)
    return [c for c in listed if get(c.algorithm).is_installed]


def _unit(
    entry: TableEntry, configuration: Configuration, task: str, options: CollectOptions
) -> _Unit:
    return _Unit(entry, options.procedure, configuration, options.time_limit_s, task)


def _run(units: list[_Unit], options: CollectOptions) -> Iterator[Record]:
    yield from _parallel(_evaluate, units, options)


def _parallel(
    function: Callable[[Any], Record], items: Sequence[Any], options: CollectOptions
) -> Iterator[Record]:
    """Yield the records of a function over items, as they finish, on the chosen engine."""
    from joblib import Parallel, delayed, parallel_config

    if options.engine not in _BACKENDS:
        raise InputError(f"unknown engine {options.engine!r}; known: {', '.join(_BACKENDS)}")
    backend = _BACKENDS[options.engine]
    try:
        config = parallel_config(backend=backend, n_jobs=options.jobs)
    except (ValueError, ImportError) as error:
        raise MissingPackageError(options.engine, options.engine, f"--engine {backend}") from error
    with config:
        parallel = Parallel(batch_size=1, pre_dispatch="2*n_jobs", return_as="generator_unordered")
        yield from parallel(delayed(function)(item) for item in items)


_POOL = IsolatedPool()  # an evaluation owns what it takes from it; nothing is shared


def _evaluate(unit: _Unit) -> Record:
    """Return the record of one evaluation, in a worker process of its own."""

    def prepare() -> PreparedTask:
        return PreparedTask(unit.entry.load(), unit.procedure)

    key = (unit.task, unit.procedure)
    outcome = _POOL.evaluate(key, prepare, unit.configuration, unit.time_limit_s)
    return evaluation_record(unit.task, unit.configuration, outcome)
