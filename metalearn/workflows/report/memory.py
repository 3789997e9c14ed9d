"""Everything that the pages of a store show, read once: tasks, algorithms, coverage, loads."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from metalearn.core.arrays import Columns, Floats
from metalearn.core.fence import needs_fence
from metalearn.core.metric import Metric
from metalearn.core.task import Kind
from metalearn.errors import MetalearnError, NotEnoughMetaDataError
from metalearn.histories.runs import fences_of
from metalearn.workflows.recommend.ask import RecommendRequest, known_meta_dataset
from metalearn.workflows.recommend.metric_choice import metric_in_store, stored_metric
from metalearn.workflows.similar import Neighbourhood, fit_neighbourhood

if TYPE_CHECKING:
    from metalearn.core.meta_dataset import MetaDataset
    from metalearn.store import Store
    from metalearn.store.results import StoreInfo

__all__ = ["KINDS", "KindMemory", "Memory", "read_memory"]

KINDS: tuple[Kind, ...] = ("classification", "regression")
_DUMMY = "dummy"


@dataclass(frozen=True, eq=False)
class KindMemory:
    """What is known about tasks of one kind, under one metric.

    Attributes:
        kind: The kind.
        metric: The metric.
        meta: Tasks x configurations that can be run here.
        evaluations: One row per task and configuration, folds averaged: task, configuration,
            algorithm, hyperparameters (JSON), value, status, runtime_s; the dummy is left out.
        notes: What was left out, and why.
    """

    kind: Kind
    metric: Metric
    meta: MetaDataset
    evaluations: pd.DataFrame
    notes: tuple[str, ...]

    @cached_property
    def neighbourhood(self) -> Neighbourhood | None:
        """The tasks ready to be compared; None with fewer than two described ones."""
        known = np.isfinite(self.meta.meta_features).any(axis=1)
        return fit_neighbourhood(self.meta) if known.sum() >= 2 else None

    @cached_property
    def by_task(self) -> dict[str, Columns]:
        """Columns of the evaluations of each task, best first; failed ones last."""
        better = -1.0 if self.metric.greater_is_better else 1.0
        best = np.argsort(better * self.evaluations["value"].to_numpy(), kind="stable")
        number, tasks = pd.factorize(self.evaluations["task"].to_numpy()[best])
        order = best[np.argsort(number, kind="stable")]
        columns = {name: column.to_numpy()[order] for name, column in self.evaluations.items()}
        ends = np.cumsum(np.bincount(number, minlength=len(tasks)))
        parts = {name: np.split(column, ends[:-1]) for name, column in columns.items()}
        return {
            str(task): {str(name): found[i] for name, found in parts.items()}
            for i, task in enumerate(tasks)
        }

    @cached_property
    def by_algorithm(self) -> dict[str, pd.DataFrame]:
        """Evaluations of each algorithm."""
        return {str(name): rows for name, rows in self.evaluations.groupby("algorithm")}

    @cached_property
    def fences(self) -> dict[str, float]:
        """Outer fence of each task's losses; empty if the metric needs none."""
        return fences_of(self.evaluations, self.metric) if needs_fence(self.metric) else {}

    def digests(self, column: str) -> dict[str, int]:
        """Return a number for the evaluations of each value of a column, whatever their order."""
        rows = self._row_digests.groupby(self.evaluations[column], sort=False)
        return {str(value): int(total) for value, total in rows.sum().items()}

    @cached_property
    def _row_digests(self) -> pd.Series[int]:
        return pd.util.hash_pandas_object(self.evaluations, index=False)


@dataclass(frozen=True, eq=False)
class Memory:
    """What a store holds.

    Attributes:
        info: Its summary.
        tasks: One row per task: task, name, kind, dataset, target, procedure, family, n_rows,
            n_features, n_classes.
        kinds: What is known of each kind of task.
        coverage: `(n_tasks, n_algorithms)` share of the configurations of an algorithm, known for
            the task's kind, that was evaluated on the task; NaN for none.
        algorithms: One row per algorithm: algorithm, library, version, n_configurations,
            n_evaluations, n_tasks.
        loads: One row per source: source, location, time, n_evaluations, n_tasks, n_failed.
        notes: What could not be read, and why.
    """

    info: StoreInfo
    tasks: pd.DataFrame
    kinds: tuple[KindMemory, ...]
    coverage: Floats
    algorithms: pd.DataFrame
    loads: pd.DataFrame
    notes: tuple[str, ...]


def read_memory(store: Store, *, metric: str | None = None) -> Memory:
    """Return what a store holds.

    Args:
        store: The store.
        metric: Metric of the scores, for the kind of task that it measures; None, and the other
            kind, take the one that `recommend` takes.
    """
    tasks = store.tasks()
    algorithms = store.sql(_ALGORITHMS)
    kinds, notes = [], []
    for kind in KINDS:
        if not (tasks["kind"] == kind).any():
            continue
        try:
            kinds.append(_kind_memory(store, kind, metric))
        except NotEnoughMetaDataError as error:
            notes.append(str(error))
    return Memory(
        store.info(),
        tasks,
        tuple(kinds),
        _coverage(store, list(tasks["task"]), list(algorithms["algorithm"])),
        algorithms,
        store.sql(_LOADS),
        tuple(notes),
    )


def _kind_memory(store: Store, kind: Kind, name: str | None) -> KindMemory:
    metric = _metric(store, kind, name)
    meta, notes = known_meta_dataset(store, kind, metric, RecommendRequest())
    rows = store.evaluations(metric.name)
    keys = {task.key for task in meta.tasks}
    rows = rows[rows["task"].isin(keys)]
    texts: list[str] = list(rows.select_dtypes("string").columns)
    # Pages take single values, which Arrow's strings are slow at.
    rows = rows.astype(dict.fromkeys(texts, object))
    return KindMemory(kind, metric, meta, rows, tuple(notes))


def _metric(store: Store, kind: Kind, name: str | None) -> Metric:
    if name is not None:
        try:
            return metric_in_store(store, kind, name)
        except MetalearnError:
            pass  # a metric of the other kind
    return stored_metric(store, kind)[0]


def _coverage(store: Store, tasks: list[str], algorithms: list[str]) -> Floats:
    found = store.sql(_COVERAGE)
    shares = np.full((len(tasks), len(algorithms)), np.nan)
    row = {task: i for i, task in enumerate(tasks)}
    column = {algorithm: j for j, algorithm in enumerate(algorithms)}
    for task, algorithm, share in found.itertuples(index=False):
        if algorithm in column:
            shares[row[task], column[algorithm]] = share
    return shares


_ALGORITHMS = f"""
SELECT a.algorithm, any_value(a.library) AS library, any_value(a.version) AS version,
    count(DISTINCT e.configuration) AS n_configurations, count(*) AS n_evaluations,
    count(DISTINCT e.task) AS n_tasks
FROM algorithm a JOIN evaluation e USING (algorithm)
WHERE a.algorithm <> '{_DUMMY}' AND NOT e.vanished
GROUP BY a.algorithm ORDER BY a.algorithm
"""  # noqa: S608  # a constant
_COVERAGE = """
WITH pairs AS (
    SELECT DISTINCT t.kind, e.task, e.algorithm, e.configuration
    FROM evaluation e JOIN task t USING (task) WHERE NOT e.vanished
), tried AS (
    SELECT kind, task, algorithm, count(*) AS n FROM pairs GROUP BY ALL
), known AS (
    SELECT kind, algorithm, count(DISTINCT configuration) AS n FROM pairs GROUP BY ALL
)
SELECT tried.task, tried.algorithm, tried.n / known.n
FROM tried JOIN known USING (kind, algorithm)
"""
_LOADS = """
SELECT source, location, time, count(*) AS n_evaluations, count(DISTINCT task) AS n_tasks,
    count(*) FILTER (status <> 'ok') AS n_failed
FROM evaluation GROUP BY ALL ORDER BY time DESC, source, location LIMIT 200
"""
