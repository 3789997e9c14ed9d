"""How seconds grow with rows beyond those of the known scores: the bundled runs at size.

Bundled scores are of at most 2,000 rows of a table. A second, smaller store comes with metalearn:
a share of the same configurations on up to 10,000 rows of the larger tables. Another number of
rows is another estimation procedure, hence another task of the same table.
"""

from __future__ import annotations

import hashlib
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np

from metalearn.core.arrays import Ints
from metalearn.core.meta_dataset import MetaDataset
from metalearn.core.task import Kind, Task
from metalearn.numerics.runtime_model import RuntimeModel, power_corrections
from metalearn.workflows.recommend.metric_choice import DEFAULT_METRIC
from metalearn.workflows.recommend.seconds import TimedRuns, seconds_of_runs, timed_runs

__all__ = ["corrected_at_size", "digest_at_size", "runs_at_size", "table_key"]


def corrected_at_size(
    model: RuntimeModel, runs: TimedRuns, meta: MetaDataset, kind: Kind
) -> RuntimeModel:
    """Return a model of seconds whose growth with the rows agrees with the runs at size.

    A run at size and the known run of the same configuration on the same table are a pair; what
    else makes this table quick or slow cancels out.

    Args:
        model: The model, learned from the known runs.
        runs: The known runs.
        meta: Their tasks and configurations.
        kind: Kind of the tasks.
    """
    at_size, same = runs_at_size(runs, meta, kind)
    if not len(same):
        return model
    n_known, _ = model.largest
    beyond = np.log(np.maximum(at_size.n_rows / n_known, 1.0))
    with np.errstate(divide="ignore", invalid="ignore"):
        measured = np.log(at_size.seconds / runs.seconds[same])
    (larger, _), (known, _) = (
        seconds_of_runs(model, at_size),
        seconds_of_runs(model, runs.take(same)),
    )
    expected = np.log(larger / known)
    surprise = np.where(np.isfinite(measured), measured, np.nan) - expected
    algorithms = [c.algorithm for c in meta.configurations]
    corrections = power_corrections(beyond, surprise, algorithms)
    return replace(model, corrections=corrections, corrected=float(beyond.max()))


def runs_at_size(runs: TimedRuns, meta: MetaDataset, kind: Kind) -> tuple[TimedRuns, Ints]:
    """Return the runs at size of known tables, and the known task of the same table of each.

    Tables that are no known task (the user left them out, or never had them) have none.

    Args:
        runs: The known runs.
        meta: Their tasks and configurations.
        kind: Kind of the tasks.
    """
    from metalearn.store import bundled_at_size

    folder = bundled_at_size()
    if folder is None:
        nothing = np.empty(0, dtype=np.int64)
        return runs.take(nothing), nothing
    at_size, timed = _stored(folder, kind)
    known = {table_key(task): i for i, task in enumerate(meta.tasks)}
    tasks = [k for k, task in enumerate(at_size.tasks) if table_key(task) in known]
    same = np.array([known[table_key(at_size.tasks[k])] for k in tasks], dtype=np.int64)
    column = {c.key: j for j, c in enumerate(at_size.configurations)}
    columns = [column.get(c.key, -1) for c in meta.configurations]
    unknown = np.full((at_size.n_tasks, 1), np.nan)  # the last column: configurations not at size
    seconds = np.hstack([timed.seconds, unknown])[:, columns]
    found = replace(timed, seconds=seconds).take(np.array(tasks, dtype=np.int64))
    return replace(found, n_categorical=runs.n_categorical[same]), same


def digest_at_size() -> str:
    """Return a digest of the runs at size; empty if this installation has none."""
    from metalearn.store import bundled_at_size
    from metalearn.store.files import PROVENANCE

    folder = bundled_at_size()
    return hashlib.sha256((folder / PROVENANCE).read_bytes()).hexdigest() if folder else ""


def table_key(task: Task) -> str:
    """Return the part of a key that identifies the content of the table, not the procedure."""
    return task.key.rpartition("-")[0]


@cache
def _stored(folder: Path, kind: Kind) -> tuple[MetaDataset, TimedRuns]:
    """Return the tasks at size and their runs."""
    from metalearn.store import open_store

    with open_store(folder) as store:
        meta = store.meta_dataset(DEFAULT_METRIC[kind], kind=kind)
        return meta, timed_runs(store, meta)
