"""Records of evaluations that `collect` and `optimize` write to a store.

A record goes to the journal at once; `publish_journal` makes the journal part of the store.
"""

from __future__ import annotations

import logging
import math
from pathlib import Path

from metalearn.core.configuration import Configuration
from metalearn.core.dummy import dummy_configuration
from metalearn.core.records import LoadReport
from metalearn.core.task import Task
from metalearn.learners.dummy import dummy_folds
from metalearn.learners.evaluation import PreparedTask
from metalearn.learners.isolation import Outcome
from metalearn.metafeatures import MetaFeatures
from metalearn.workflows.writeback.journal import Journal, Record

__all__ = [
    "COLLECTED",
    "dummy_record",
    "evaluation_record",
    "features_record",
    "journal_of",
    "journal_path",
    "publish_journal",
    "task_record",
]

COLLECTED = "collect"
_log = logging.getLogger(__name__)


def journal_path(kb: Path) -> Path:
    """Return the path of the journal beside a store."""
    return kb.with_name(kb.name + ".journal")


def journal_of(kb: Path) -> Journal:
    """Return the journal beside a store, held by this process.

    Raises:
        BusyError: If another process holds it.
    """
    return Journal(journal_path(kb))


def publish_journal(journal: Journal, kb: Path) -> LoadReport:
    """Load everything in the journal into the store; then clear the journal.

    Returns:
        Counts of new, changed and unchanged rows, by table.
    """
    from metalearn.store import writing
    from metalearn.workflows.writeback.batches import batch_of

    records = list(journal.records())
    tasks = {record["task"]: record for record in records if "table" in record}
    finished = [record for record in records if "table" not in record]
    report = LoadReport()
    if finished:
        with writing(kb) as writer:
            for source in sorted({_source(tasks[record["task"]]) for record in finished}):
                part = [r for r in finished if _source(tasks[r["task"]]) == source]
                report += writer.load(batch_of(part, tasks, source))
        _log.info("published %d evaluations: %s", len(finished), report)
    journal.clear()
    return report


def task_record(
    task: Task, target: str, procedure: str, family: str = "", source: str = COLLECTED
) -> Record:
    """Return the record of a task; it must precede the evaluations of the task.

    Args:
        task: The task.
        target: Name of the target column.
        procedure: How scores are estimated, as JSON.
        family: Name that near-duplicates share; "" if there are none.
        source: Name of the source of the evaluations.
    """
    return {
        "task": task.key,
        "table": task.name,
        "kind": task.kind,
        "target": target,
        "family": family,
        "procedure": procedure,
        "n_rows": task.n_rows,
        "n_features": task.n_features,
        "n_classes": task.n_classes,
        "source": source,
    }


def evaluation_record(
    task: str, configuration: Configuration, outcome: Outcome, fidelity: float = 1.0
) -> Record:
    """Return the record of one evaluation, fold by fold."""
    return {
        "task": task,
        "configuration": configuration.key,
        "algorithm": configuration.algorithm,
        "hyperparameters": configuration.canonical,
        "fidelity": fidelity,
        "status": outcome.status,
        "reason": outcome.reason,
        "folds": [
            [
                f.fold,
                {m: _short(v) for m, v in f.scores.items()},
                _short(f.fit_s),
                _short(f.predict_s),
            ]
            for f in outcome.folds
        ],
    }


def dummy_record(task: str, prepared: PreparedTask) -> Record:
    """Return the record of the dummy's evaluation on a task, see `metalearn.learners.dummy`."""
    folds = tuple(dummy_folds(prepared))
    return evaluation_record(task, dummy_configuration(), Outcome("ok", "", folds))


def features_record(task: str, found: MetaFeatures) -> Record:
    """Return the record of the meta-features of a task."""
    values = {n: v if math.isfinite(v) else None for n, v in found.values.items()}
    return {
        "task": task,
        "extractor": found.extractor,
        "meta_features": values,
        "reasons": dict(found.reasons),
    }


def _source(task: Record) -> str:
    # Journals of earlier versions have no source.
    return str(task.get("source", COLLECTED))


def _short(value: float) -> float:
    return float(f"{value:.6g}")
