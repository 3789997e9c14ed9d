"""`collect`: evaluates configurations of the common list on your tables, and stores the results.

Every finished evaluation goes to a journal at once, so that after a kill only running evaluations
are repeated. The journal becomes part of the store every few minutes, when the run ends, and when
the next one begins. Work runs on an engine; this process alone writes the journal and the store.
"""

from __future__ import annotations

import logging
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from itertools import groupby
from pathlib import Path

from metalearn.core.configuration import Configuration
from metalearn.core.task import Kind
from metalearn.engines import Engine, EngineOptions, Work, WorkerLostError, open_engine, outcomes
from metalearn.errors import InputError, MetalearnError
from metalearn.learners import get
from metalearn.learners.common_list import algorithm_list, common_list
from metalearn.learners.evaluation import PreparedTask, Procedure
from metalearn.learners.isolated_pool import Unit, evaluate_unit
from metalearn.learners.isolation import Outcome
from metalearn.learners.tables import Table
from metalearn.workflows.tables.index import TableEntry
from metalearn.workflows.writeback.journal import Journal, Record
from metalearn.workflows.writeback.records import (
    dummy_record,
    evaluation_record,
    features_record,
    journal_of,
    publish_journal,
    task_record,
)

__all__ = ["CollectOptions", "CollectReport", "collect"]

_PUBLISH_EVERY_S = 600.0
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class CollectOptions:
    """Options of `collect`.

    Attributes:
        n_configurations: Length of the prefix of the common list, for each kind of task; of the
            list of each algorithm if `algorithms` are named.
        time_limit_s: Processor seconds for all folds of one evaluation.
        jobs: Number of parallel evaluations; None takes all cores of the engine.
        engine: Name of an engine: `local`, `dask` or `ray`.
        procedure: Rows and folds.
        algorithms: The only algorithms to evaluate, where they support the kind of task.
        address: Address of a running cluster of that engine.
        memory_limit_mb: Megabytes that the process of an evaluation may hold; None for no limit.
        configurations: Exactly these instead of a list, where their learners support the kind of
            task.
    """

    n_configurations: int = 64
    time_limit_s: float = 20.0
    jobs: int | None = 1
    engine: str = "local"
    procedure: Procedure = field(default_factory=Procedure)
    algorithms: tuple[str, ...] = ()
    address: str | None = None
    memory_limit_mb: float | None = None
    configurations: tuple[Configuration, ...] = ()


@dataclass(frozen=True, slots=True)
class CollectReport:
    """Summary of a run; `unreadable` names the tables that could not be used, with the reason."""

    n_tasks: int
    n_evaluations: int
    n_known: int
    by_status: dict[str, int]
    unreadable: dict[str, str]
    seconds: float


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
        publish_journal(journal, kb)
        plan = _plan(entries, kb, options)
        counts: Counter[str] = Counter()
        try:
            if plan.units or plan.without_features:
                where = EngineOptions(options.engine, options.address, options.jobs)
                with open_engine(where) as engine:
                    _append(journal, plan.described)
                    counts = _evaluate_all(plan, engine, journal, kb, progress)
                    _append(journal, plan.dummies)
                    _append(journal, _meta_features(plan, engine))
            else:
                _append(journal, (*plan.described, *plan.dummies))
        finally:
            publish_journal(journal, kb)
    seconds = time.monotonic() - started
    return CollectReport(
        len(plan.tasks), len(plan.units), plan.n_known, dict(counts), plan.unreadable, seconds
    )


def _evaluate_all(
    plan: _Plan, engine: Engine, journal: Journal, kb: Path, progress: Callable[[int, int], object]
) -> Counter[str]:
    """Evaluate all units, each into the journal as it ends; return how many had each status."""
    counts: Counter[str] = Counter()
    published = time.monotonic()
    for done, record in enumerate(_records(plan, engine), start=1):
        journal.append(record)
        counts[record["status"]] += 1
        progress(done, len(plan.units))
        if time.monotonic() - published > _PUBLISH_EVERY_S:
            publish_journal(journal, kb)
            _append(journal, plan.described)
            published = time.monotonic()
    return counts


@dataclass(frozen=True, slots=True)
class _Plan:
    """The work to do: tasks of the readable tables, and their missing evaluations."""

    tasks: dict[str, TableEntry]
    described: list[Record]
    units: list[Unit]
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
        plan.units.extend(
            Unit(
                key, options.procedure, c, options.time_limit_s, memory_mb=options.memory_limit_mb
            )
            for c in missing
        )
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


def _records(plan: _Plan, engine: Engine) -> Iterator[Record]:
    """Yield the record of each unit as it ends; the tables are read one after the other."""

    def work() -> Iterator[Work]:
        for task, units in groupby(plan.units, key=lambda unit: unit.task):
            handle = engine.share(plan.tasks[task].load())
            yield from (Work(handle, unit) for unit in units)

    for unit, outcome in outcomes(engine, evaluate_unit, work()):
        if isinstance(outcome, WorkerLostError):
            outcome = Outcome("crashed", f"twice: {outcome}", ())
        yield evaluation_record(unit.task, unit.configuration, outcome)


def _meta_features(plan: _Plan, engine: Engine) -> Iterator[Record]:
    keys = sorted(plan.without_features)
    work = (Work(engine.share(plan.tasks[key].load()), key) for key in keys)
    for key, record in outcomes(engine, _extract, work):
        if isinstance(record, WorkerLostError):
            _log.warning("no meta-features of %s, the next run repeats them: %s", key, record)
        else:
            yield record


def _extract(table: Table, key: str) -> Record:
    from metalearn.metafeatures import extract

    return features_record(key, extract(table.X, table.y, kind=table.kind))


def _describe(
    entry: TableEntry, options: CollectOptions
) -> tuple[Record, list[Configuration], Record]:
    """Return a task, the configurations wanted on it, and the evaluation of the dummy."""
    table = entry.load()
    prepared = PreparedTask(table, options.procedure)
    procedure = options.procedure.to_json()
    record = task_record(prepared.task, table.target, procedure, entry.family)
    wanted = _configurations(table.kind, options)
    return record, wanted, dummy_record(record["task"], prepared)


def _configurations(kind: Kind, options: CollectOptions) -> list[Configuration]:
    """Return the configurations wanted on tables of a kind."""
    if not options.configurations:
        return _listed(kind, options.n_configurations, options.algorithms)
    able = [c for c in options.configurations if kind in get(c.algorithm).kinds]
    return [c for c in able if get(c.algorithm).is_installed]


@cache
def _listed(kind: Kind, n: int, algorithms: tuple[str, ...]) -> list[Configuration]:
    if algorithms:
        able = [name for name in algorithms if kind in get(name).kinds]
        listed = [c for name in able for c in algorithm_list(name, kind, n)]
    else:
        listed = common_list(kind, n)
    return [c for c in listed if get(c.algorithm).is_installed]
