"""Remembers what an optimizer of the user's found on a task, in the user's own store.

The scores come from the user's objective, whose folds we do not know: they make a task of their
own (the same table, the procedure "user"), so that they never meet the scores of other procedures
in one matrix, and are found again when a similar table comes.
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from hashlib import sha256
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from metalearn.core.configuration import Configuration
from metalearn.core.records import LoadReport, Source
from metalearn.core.task import Kind
from metalearn.core.trial import Trial
from metalearn.core.warm_start import WarmStart
from metalearn.errors import InputError, UsageError
from metalearn.learners.tables import Table, table_of

if TYPE_CHECKING:
    from metalearn.workflows.journal import Record

__all__ = ["SOURCE", "remember"]

SOURCE = "warm-start"


def remember(
    warm: WarmStart,
    result: Any,
    X: Any,
    y: Any = None,
    *,
    bridge: str | None = None,
    kind: Kind | None = None,
    kb: str | Path | None = None,
    procedure: str = "user",
) -> LoadReport:
    """Store what an optimizer found; doing it twice changes nothing.

    Args:
        warm: The warm start that the optimizer began with.
        result: What the bridge's library calls its results (a study, a facade, a search, ...), or
            a sequence of finished trials in `warm.space`.
        X: Features of the table, as for `warm_start`.
        y: The target, or the name of its column in `X`.
        bridge: Name of the bridge that `result` belongs to; told by its type if None.
        kind: Kind of task; guessed from `y` if None.
        kb: The DuckDB file to write, made if it is not there; None for the user's own store.
        procedure: How the scores were estimated, in a word of yours (`5-fold`): scores of
            different procedures are kept apart.

    Returns:
        What was new, changed or there already, by table.

    Raises:
        InputError: If none of the trials can be said in our space; the reasons are named.
        UsageError: If the warm start does not say what its metric is.
    """
    from metalearn.metafeatures import extract
    from metalearn.store import user_store, writing
    from metalearn.workflows.collected import batch_of

    if warm.metric is None:
        raise UsageError("the warm start has no metric; its scores cannot be stored")
    table = X if isinstance(X, Table) else table_of(X, y, kind)
    rows = _in_our_space(warm, _trials(warm, result, bridge))
    task = _task_record(table, procedure)
    records = [_record(task["task"], c, trial, warm) for c, trial in rows]
    found = extract(table.X, table.y, kind=table.kind)
    records.append(_features(task["task"], found))
    batch = batch_of(records, {task["task"]: task})
    now = datetime.now(UTC).isoformat(timespec="seconds")
    with writing(user_store() if kb is None else Path(kb)) as writer:
        return writer.load(replace(batch, source=Source(SOURCE, time=now)))


def _trials(warm: WarmStart, result: Any, bridge: str | None) -> Sequence[Trial]:
    if isinstance(result, Sequence) and all(isinstance(t, Trial) for t in result):
        return result
    # Bridges stand to the right of workflows; they are found by name, as plug-ins are.
    name = bridge or import_module("metalearn.bridges.reading").bridge_of(result)
    read = import_module("metalearn.bridges").get(name).trials
    if read is None:
        raise UsageError(f"the bridge {name!r} reads no results; give trials")
    trials: list[Trial] = read(warm, result)
    return trials


def _in_our_space(warm: WarmStart, trials: Sequence[Trial]) -> list[tuple[Configuration, Trial]]:
    if warm.mapping is None:
        return [(trial.configuration, trial) for trial in trials]
    said = [(warm.mapping.to_ours(t.configuration.hyperparameters), t) for t in trials]
    kept = [(c, t) for c, t in said if isinstance(c, Configuration)]
    if not kept:
        reasons = sorted({c for c, _ in said if isinstance(c, str)})
        raise InputError(
            f"none of {len(trials)} trials can be remembered as configurations of "
            f"{warm.space.algorithm!r}: {'; '.join(reasons[:3]) or 'there are no trials'}"
        )
    return kept


def _task_record(table: Table, procedure: str) -> Record:
    text = json.dumps({"by": SOURCE, "procedure": procedure}, sort_keys=True)
    digest = sha256(text.encode()).hexdigest()[:6]
    task = table.task(f"table:{table.name}@{table.digest()}-{digest}")
    return {
        "task": task.key,
        "table": task.name,
        "kind": task.kind,
        "target": table.target,
        "family": "",
        "procedure": text,
        "n_rows": task.n_rows,
        "n_features": task.n_features,
        "n_classes": task.n_classes,
    }


def _record(task: str, configuration: Configuration, trial: Trial, warm: WarmStart) -> Record:
    assert warm.metric is not None
    ok = trial.status == "ok"
    seconds = trial.runtime_s if math.isfinite(trial.runtime_s) else None
    scores = {warm.metric.name: float(warm.metric.score(trial.loss))} if ok else {}
    return {
        "task": task,
        "configuration": configuration.key,
        "algorithm": configuration.algorithm,
        "hyperparameters": configuration.canonical,
        "fidelity": trial.fidelity,
        "status": trial.status if trial.status != "pending" else "failed",
        "reason": None if ok else "told by the user's optimizer",
        "folds": [[-1, scores, seconds, None]] if ok else [],
    }


def _features(task: str, found: Any) -> Record:
    values = {n: v if math.isfinite(v) else None for n, v in found.values.items()}
    return {"task": task, "extractor": found.extractor, "meta_features": values,
            "reasons": dict(found.reasons)}  # fmt: skip
