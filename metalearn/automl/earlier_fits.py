"""The best configurations of earlier fits on the same table, or on tables like it.

They are known before the recommender has ranked the store: a fit tries them first. Evaluations are
read from the store, and from the journal beside it, where fits with short time budgets leave them.

A table is like another one if kind, target name and number of columns are equal, and the number of
classes at most doubles: last month's rows of the same source, for instance. Losses of several
tables are compared on a common scale: 0 for the best of the table, 1 for its median. The mean over
tables is shrunk towards the median by one table's worth, so that a configuration that did well
often comes before one that did best once.
"""

from __future__ import annotations

import json
import logging
import math
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from metalearn.automl.procedure import is_of_fit
from metalearn.core.configuration import Configuration
from metalearn.core.metric import metric_named
from metalearn.learners.tables import Table
from metalearn.workflows.tables.content import same_content

if TYPE_CHECKING:
    from metalearn.store import Store

__all__ = ["Remembered", "best_of_earlier_fits"]

_N_SAME, _N_ALIKE = 6, 4
_LEAST_RUNS = 3
_SHRINKAGE = 1.0
_MOST_BYTES = 20_000_000
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Remembered:
    """A configuration that did well.

    Attributes:
        configuration: The configuration.
        fit_s: Mean processor seconds of its fits there; NaN if unknown.
    """

    configuration: Configuration
    fit_s: float


@dataclass(frozen=True, slots=True)
class _Run:
    task: str
    is_same: bool
    configuration: Configuration
    loss: float
    fit_s: float


def best_of_earlier_fits(
    table: Table,
    metric: str,
    *,
    store: Store | None = None,
    journal: Path | None = None,
    exclude: Collection[str] = (),
) -> tuple[Remembered, ...]:
    """Return the best configurations of the same table, else of tables like it; best first.

    Args:
        table: The table; one with the same content is the same.
        metric: The metric that decides.
        store: A store with earlier evaluations.
        journal: A journal with evaluations that are not part of a store yet.
        exclude: Names or keys of tasks to leave out.
    """
    runs = [] if journal is None else list(_waiting(journal, table, metric, exclude))
    if store is not None:
        runs += _stored(store, table, metric, exclude)
    same = [run for run in runs if run.is_same]
    if same:
        ranked = sorted(same, key=lambda run: run.loss)
        return _distinct(ranked, [run.configuration for run in ranked])[:_N_SAME]
    return _distinct(runs, _best_on_several(runs))[:_N_ALIKE]


def _distinct(runs: list[_Run], ranked: Iterable[Configuration]) -> tuple[Remembered, ...]:
    seconds: dict[Configuration, list[float]] = {}
    for run in runs:
        seconds.setdefault(run.configuration, []).append(run.fit_s)
    return tuple(Remembered(c, float(np.mean(seconds[c]))) for c in dict.fromkeys(ranked))


def _best_on_several(runs: list[_Run]) -> list[Configuration]:
    """Return the configurations by their shrunk mean loss over tables, best first."""
    by_task: dict[str, list[_Run]] = {}
    for run in runs:
        by_task.setdefault(run.task, []).append(run)
    scaled: dict[Configuration, list[float]] = {}
    for part in by_task.values():
        losses = np.array([run.loss for run in part])
        best, usual = losses.min(), float(np.median(losses))
        if len(part) < _LEAST_RUNS or not usual > best:
            continue
        for run in part:
            scaled.setdefault(run.configuration, []).append((run.loss - best) / (usual - best))
    value = {
        c: (sum(losses) + _SHRINKAGE) / (len(losses) + _SHRINKAGE) for c, losses in scaled.items()
    }
    return sorted(value, key=lambda c: value[c])


@dataclass(frozen=True, slots=True)
class _Entry:
    """A known task, and whether a fit evaluated it."""

    task: str
    name: str
    kind: str
    target: str
    n_rows: int
    n_features: int
    n_classes: int
    is_of_fit: bool

    def is_alike(self, table: Table) -> bool:
        """Whether a fit evaluated it, and it looks like a part of the same source."""
        looks = (self.kind, self.target, self.n_features)
        if not self.is_of_fit or looks != (table.kind, table.target, table.X.shape[1]):
            return False
        n_classes = table.n_classes
        return n_classes is None or n_classes <= 2 * self.n_classes <= 4 * n_classes


def _chosen(table: Table, entries: Iterable[_Entry], exclude: Collection[str]) -> dict[str, bool]:
    """Return the keys of the tasks that are the same as a table, or like it; True if the same."""
    allowed = [e for e in entries if not {e.task, e.name} & set(exclude)]
    size = (table.kind, *table.X.shape)
    equal = [e.task for e in allowed if (e.kind, e.n_rows, e.n_features) == size]
    alike = [e.task for e in allowed if e.is_alike(table)]
    return dict.fromkeys(alike, False) | dict.fromkeys(same_content(table, equal), True)


def _stored(store: Store, table: Table, metric: str, exclude: Collection[str]) -> Iterator[_Run]:
    """Yield the evaluations in a store on the same table or tables like it."""
    tasks = store.tasks().fillna({"n_classes": 0})
    tasks["is_of_fit"] = [is_of_fit(procedure) for procedure in tasks["procedure"]]
    rows = tasks[[field.name for field in fields(_Entry)]].itertuples(index=False, name=None)
    entries = [_Entry(*row) for row in rows]
    chosen = _chosen(table, entries, exclude)
    if not chosen or metric not in store.metrics():
        return
    meta = store.meta_dataset(metric, kind=table.kind, tasks=list(chosen))
    frame = store.seconds(list(chosen))[["task", "configuration", "fit_s"]]
    seconds = {(t, c): float(s) for t, c, s in frame.itertuples(index=False, name=None)}
    for i, j in zip(*np.nonzero(np.isfinite(meta.losses)), strict=True):
        key, configuration = meta.tasks[i].key, meta.configurations[j]
        fit_s = seconds.get((key, configuration.key), math.nan)
        yield _Run(key, chosen[key], configuration, float(meta.losses[i, j]), fit_s)


def _waiting(journal: Path, table: Table, metric: str, exclude: Collection[str]) -> Iterator[_Run]:
    """Yield the evaluations in a journal on the same table or tables like it."""
    try:
        if not 0 < journal.stat().st_size <= _MOST_BYTES:
            return
        lines = journal.read_bytes().splitlines()
        records = [json.loads(line) for line in lines if line.endswith(b"}")]
    except FileNotFoundError:
        return
    except (OSError, ValueError) as error:
        _log.info("the journal %s cannot be read: %s", journal.name, error)
        return
    entries = [
        _Entry(r["task"], r["table"], r["kind"], r["target"], r["n_rows"], r["n_features"],
               r["n_classes"] or 0, is_of_fit(r["procedure"]))
        for r in records if "table" in r
    ]  # fmt: skip
    chosen = _chosen(table, entries, exclude)
    for record in records:
        if record.get("status") != "ok" or record["task"] not in chosen:
            continue
        loss = _loss(record, metric)
        if math.isfinite(loss):
            found = Configuration(record["algorithm"], json.loads(record["hyperparameters"]))
            fit_s = float(np.mean([fold[2] for fold in record["folds"]]))
            yield _Run(record["task"], chosen[record["task"]], found, loss, fit_s)


def _loss(record: dict[str, Any], metric: str) -> float:
    """Return the mean loss over the folds; infinite if it was not measured."""
    scores = [fold[1].get(metric) for fold in record["folds"]]
    if not scores or None in scores:
        return math.inf
    mean = float(np.mean(scores))
    return -mean if metric_named(metric).greater_is_better else mean
