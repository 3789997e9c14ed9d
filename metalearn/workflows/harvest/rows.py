"""Conversion of OpenML's rows to batches and cursors of the store."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

import pandas as pd

from metalearn.core.configuration import Configuration
from metalearn.core.metric import Metric
from metalearn.core.records import COLUMNS, Batch, Source
from metalearn.harvesters.openml import PackedAnswer
from metalearn.harvesters.openml.pages import EvaluationRow, ListedTask, ProcedureRow
from metalearn.learners import CATALOGUE
from metalearn.store import Cursor
from metalearn.workflows.harvest.known_rows import (
    HARVESTER,
    ListedRows,
    RowKey,
    StoredEvaluation,
    TaskFacts,
)

__all__ = [
    "EVALUATIONS",
    "KEY",
    "cell_cursor",
    "configuration_rows",
    "cursor",
    "evaluation_batch",
    "facts_of",
    "fold_cursor",
    "metric_rows",
    "page_source",
    "qualities_batch",
    "tasks_batch",
    "vanished_frame",
]

_KINDS = {1: "classification", 2: "regression"}
_EXTRACTOR = "openml-qualities"
KEY = ["task", "configuration", "metric", "fold", "fidelity", "seed", "engine"]
EVALUATIONS = [*COLUMNS["evaluations"], "engine"]


def page_source(page: PackedAnswer | None) -> Source:
    """Return the provenance of the rows of a page."""
    if page is None:
        return Source(HARVESTER)
    return Source(HARVESTER, page.path, page.digest, page.time)


def cursor(name: str, state: object, time: str = "") -> Cursor:
    """Return a cursor with its state as JSON text."""
    text = json.dumps(state, separators=(",", ":"), sort_keys=True)
    return Cursor(HARVESTER, name, text, time)


def cell_cursor(function: str, flow: int, task: int, cell: ListedRows) -> Cursor:
    """Return the cursor of the rows of a measure (of runs if it is ""), flow and task."""
    name = f"cell/{function}/{flow}/{task}" if function else f"runs/{flow}/{task}"
    return Cursor(HARVESTER, name, cell.state())


def fold_cursor(function: str, flow: int, task: int, runs: set[int]) -> Cursor:
    """Return the cursor of the runs whose folds are known under a measure."""
    name = f"folds/{function}/{flow}/{task}"
    return Cursor(HARVESTER, name, ListedRows({(run, 1) for run in runs}).state())


def facts_of(row: ListedTask) -> TaskFacts:
    """Return the properties of a task that the conversion of setups needs."""
    columns = _count(row, "Features")
    n_features = None if columns is None else max(0, columns - 1)  # minus the target
    return TaskFacts(_KINDS.get(row.type, ""), row.data, n_features)


def tasks_batch(
    rows: Sequence[ListedTask], procedures: Mapping[int, ProcedureRow], page: PackedAnswer
) -> tuple[Batch, list[Cursor]]:
    """Return the tasks that a store can hold, and a cursor for each task of any type."""
    records, cursors = [], []
    for row in sorted(rows, key=lambda r: r.task):
        facts = facts_of(row)
        state = {"kind": facts.kind, "data": facts.data, "columns": facts.n_features}
        cursors.append(cursor(f"task/{row.task}", state, page.time))
        if facts.kind:
            records.append(_task(row, facts, procedures))
    frame = pd.DataFrame(records, columns=list(COLUMNS["tasks"]), dtype=object)
    return Batch(page_source(page), tasks=frame), cursors


def _task(
    row: ListedTask, facts: TaskFacts, procedures: Mapping[int, ProcedureRow]
) -> tuple[object, ...]:
    rows, classes = _count(row, "Instances"), _count(row, "Classes")
    return (
        f"openml:{row.task}",
        row.name or f"task {row.task}",
        facts.kind,
        f"openml:{row.data}",
        row.inputs.get("target_feature", ""),
        _procedure(row, procedures),
        "",
        rows,
        facts.n_features,
        classes if classes and facts.kind == "classification" else None,
    )


def _count(row: ListedTask, what: str) -> int | None:
    """Return a count among the qualities; None if it is absent or cannot be one."""
    value = row.qualities.get(f"NumberOf{what}")
    return int(value) if value is not None and 0 <= value <= 2**53 else None


def _procedure(row: ListedTask, procedures: Mapping[int, ProcedureRow]) -> str:
    text = row.inputs.get("estimation_procedure", "")
    number = int(text) if text.isdigit() else None
    known = procedures.get(number) if number is not None else None
    about: dict[str, object] = {"openml": number}
    if known is not None:
        about |= {
            "type": known.type, "repeats": known.repeats, "folds": known.folds,
            "percentage": known.percentage, "stratified": known.stratified,
        }  # fmt: skip
    plain = {name: value for name, value in about.items() if value is not None}
    return json.dumps(plain, sort_keys=True, separators=(",", ":"))


def evaluation_batch(
    rows: Sequence[tuple[EvaluationRow, str]], metric: Metric, page: PackedAnswer
) -> Batch:
    """Return evaluations, each with its configuration, as one batch."""
    records = [
        (
            f"openml:{row.task}", key, metric.name, -1, 1.0, row.run,
            row.value, "ok" if row.reason is None else "failed", row.reason, None, None,
            row.engine,
        )
        for row, key in rows
    ]  # fmt: skip
    evaluations = pd.DataFrame(records, columns=EVALUATIONS)
    return Batch(page_source(page), metrics=metric_rows([metric]), evaluations=evaluations)


def metric_rows(metrics: Sequence[Metric]) -> pd.DataFrame:
    """Return the frame of some metrics."""
    about = [(m.name, m.greater_is_better, m.optimum, m.worst) for m in metrics]
    return pd.DataFrame(about, columns=list(COLUMNS["metrics"]), dtype=object)


def vanished_frame(
    metric: Metric, rows: Mapping[RowKey, StoredEvaluation], pages: Sequence[PackedAnswer]
) -> tuple[Batch, pd.DataFrame]:
    """Return the keys of vanished evaluations, and an empty batch with the page as source."""
    records = [
        (known.task, known.configuration, metric.name, -1, 1.0, run, engine)
        for (run, engine), known in rows.items()
    ]
    page = pages[-1] if pages else None
    return Batch(page_source(page)), pd.DataFrame(records, columns=KEY)


def qualities_batch(
    data: int, tasks: Sequence[int], values: Mapping[str, float | None], page: PackedAnswer | None
) -> tuple[Batch, list[Cursor]]:
    """Return the qualities of a data set as meta-features of its tasks."""
    records = [
        (f"openml:{task}", name, _EXTRACTOR, value, None if value is not None else "not computed")
        for task in tasks
        for name, value in sorted(values.items())
    ]
    frame = pd.DataFrame(records, columns=list(COLUMNS["meta_features"]))
    about = cursor(f"qualities/{data}", {"n": len(values)}, page.time if page else "")
    return Batch(page_source(page), meta_features=frame), [about]


def configuration_rows(
    converted: Mapping[str, tuple[Configuration, str]],
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the frames of algorithms and configurations.

    Args:
        converted: Configuration key -> configuration and library.
    """
    libraries = {configuration.algorithm: library for configuration, library in converted.values()}
    ours = set(CATALOGUE.names())
    algorithms = [
        (name, CATALOGUE.get(name).package if name in ours else library, None, None)
        for name, library in sorted(libraries.items())
    ]
    configurations = [(c.key, c.algorithm, c.canonical) for c, _ in converted.values()]
    return (
        pd.DataFrame(algorithms, columns=list(COLUMNS["algorithms"]), dtype=object),
        pd.DataFrame(configurations, columns=list(COLUMNS["configurations"]), dtype=object),
    )
