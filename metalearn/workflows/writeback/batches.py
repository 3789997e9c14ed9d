"""Conversion of journal records to a batch for the store."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

import pandas as pd

from metalearn import __version__
from metalearn.core.dummy import DUMMY
from metalearn.core.metric import METRICS
from metalearn.core.records import COLUMNS, Batch, Source
from metalearn.core.task import Kind
from metalearn.learners import CATALOGUE
from metalearn.learners.common_list import common_list
from metalearn.learners.scores import METRICS_OF
from metalearn.workflows.writeback.journal import Record

__all__ = ["batch_of"]


def batch_of(records: Sequence[Record], tasks: dict[str, Record], source: str) -> Batch:
    """Return the batch of finished evaluations.

    Args:
        records: Evaluations and meta-features, in any order.
        tasks: Descriptions of their tasks by key.
        source: Name of the source of the evaluations.
    """
    evaluations = [record for record in records if "status" in record]
    measured = [row for record in records if "meta_features" in record for row in _values(record)]
    used = {record["task"] for record in records}
    return Batch(
        source=Source(source, time=datetime.now(UTC).isoformat(timespec="seconds")),
        tasks=_frame("tasks", [_task_row(tasks[key]) for key in sorted(used)]),
        algorithms=_algorithms(evaluations),
        configurations=_configurations(evaluations, tasks),
        metrics=_frame("metrics", _metric_rows()),
        evaluations=_frame("evaluations", [row for r in evaluations for row in _rows(r, tasks)]),
        meta_features=_frame("meta_features", measured),
    )


def _frame(table: str, rows: Sequence[Sequence[object]]) -> pd.DataFrame:
    return pd.DataFrame(list(rows), columns=list(COLUMNS[table]))


def _task_row(record: Record) -> tuple[object, ...]:
    dataset = record["task"].rsplit("-", 1)[0]
    counts = (record["n_rows"], record["n_features"], record["n_classes"])
    named = (record["task"], record["table"], record["kind"], dataset, record["target"])
    return (*named, record["procedure"], record["family"], *counts)


def _algorithms(evaluations: Sequence[Record]) -> pd.DataFrame:
    names = {record["algorithm"] for record in evaluations}
    # The space of a learner depends on the kind of task; it lives in `metalearn.learners`.
    rows = [
        (name, CATALOGUE.get(name).package, f"metalearn {__version__}", None)
        for name in sorted(names)
        if name in CATALOGUE
    ]
    if DUMMY in names:
        rows.append((DUMMY, "metalearn", f"metalearn {__version__}", None))
    return _frame("algorithms", rows)


def _configurations(evaluations: Sequence[Record], tasks: dict[str, Record]) -> pd.DataFrame:
    """Return each configuration once, in the order of the common lists."""
    found: dict[Kind, dict[str, Record]] = {"classification": {}, "regression": {}}
    for record in evaluations:
        found[tasks[record["task"]]["kind"]].setdefault(record["configuration"], record)
    rows: dict[str, tuple[object, ...]] = {}
    for kind, by_key in found.items():
        position = _positions(kind, set(by_key))
        for key in sorted(by_key, key=lambda k: (position.get(k, len(position)), k)):
            record = by_key[key]
            rows.setdefault(key, (key, record["algorithm"], record["hyperparameters"]))
    return _frame("configurations", list(rows.values()))


def _positions(kind: Kind, keys: set[str]) -> dict[str, int]:
    """Return the positions of keys in the common list, as far as they are in it."""
    length = max(64, 2 * len(keys))
    listed = [configuration.key for configuration in common_list(kind, length)]
    return {key: i for i, key in enumerate(listed)}


def _metric_rows() -> list[tuple[object, ...]]:
    names = [name for names in METRICS_OF.values() for name in names]
    return [(n, METRICS[n].greater_is_better, METRICS[n].optimum, METRICS[n].worst) for n in names]


def _rows(record: Record, tasks: dict[str, Record]) -> list[tuple[object, ...]]:
    """Return one row per fold and metric; a fold that did not finish has a status and a reason."""
    base = (record["task"], record["configuration"])
    fidelity = record.get("fidelity", 1.0)
    rows: list[tuple[object, ...]] = [
        (*base, metric, fold, fidelity, 0, value, "ok", None, fit_s, predict_s)
        for fold, scores, fit_s, predict_s in record["folds"]
        for metric, value in scores.items()
    ]
    if record["status"] != "ok":
        broken = len(record["folds"])
        why = (None, record["status"], record["reason"], None, None)
        for metric in METRICS_OF[tasks[record["task"]]["kind"]]:
            rows.append((*base, metric, broken, fidelity, 0, *why))
    return rows


def _values(record: Record) -> list[tuple[object, ...]]:
    reasons = record["reasons"]
    return [
        (record["task"], name, record["extractor"], value, reasons.get(name))
        for name, value in record["meta_features"].items()
    ]
