"""Stores the trials of a user's optimizer on a task in the user's own store.

The scores come from the user's objective, whose folds are unknown. They form a task of their own
(the same table, the procedure "user"), so that they never share a matrix row with scores of other
procedures. Later searches on similar tables use them as a source task.

`remember` stores finished results. `TrialMemory` takes single trials from a bridge while the
optimizer runs. Each is in the store's journal at once, and in the store when the program ends, or
when the journal is next published.
"""

from __future__ import annotations

import json
import logging
import math
import threading
import warnings
import weakref
from collections.abc import Sequence
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np

from metalearn.catalogue import catalogue_of
from metalearn.core.configuration import Configuration
from metalearn.core.metric import Metric
from metalearn.core.records import LoadReport
from metalearn.core.task import Kind
from metalearn.core.trial import Trial
from metalearn.core.warm_start import WarmStart
from metalearn.errors import BusyError, InputError, UsageError
from metalearn.learners.tables import Table
from metalearn.workflows.foreign_objects import bridge_of
from metalearn.workflows.tables.reading import checked_table
from metalearn.workflows.writeback.journal import Record
from metalearn.workflows.writeback.records import features_record, journal_of, task_record
from metalearn.workflows.writeback.sink import EvaluationSink, sink_at

__all__ = ["SOURCE", "TrialMemory", "remember"]

SOURCE = "warm-start"
_ROUNDING = 1e-9
_log = logging.getLogger(__name__)


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
    """Store the trials of an optimizer; storing them twice changes nothing.

    Args:
        warm: The warm start that the optimizer began with.
        result: The results object of the bridge's library (a study, a facade, a search, ...), or
            a sequence of finished trials in `warm.space`.
        X: Features of the table, as for `warm_start`.
        y: The target, or the name of its column in `X`.
        bridge: Name of the bridge that `result` belongs to; inferred from its type if None.
        kind: Kind of task; guessed from `y` if None.
        kb: The DuckDB file to write, created if missing; None for `$METALEARN_KB`, else the
            user's own store, which starts as a copy of the bundled data.
        procedure: Your name for how the scores were estimated (`5-fold`); scores of different
            procedures are kept apart.

    Returns:
        Counts of new, changed and unchanged rows, by table.

    Raises:
        BusyError: If another process writes evaluations for this store.
        InputError: If no trial can be translated to our space (the error lists the reasons), or
            a loss is outside the metric's range.
        UsageError: If the warm start has no metric, or the store is a read-only folder.
    """
    table = checked_table(X, y, kind=kind)
    mapped = _in_our_space(warm, _trials(warm, result, bridge))
    rows = [(c, trial) for c, trial in mapped if isinstance(c, Configuration)]
    if not rows:
        reasons = sorted({c for c, _ in mapped if isinstance(c, str)})
        raise InputError(
            f"none of {len(mapped)} trials can be remembered as configurations of "
            f"{warm.space.algorithm!r}: {'; '.join(reasons[:3]) or 'there are no finished ones'}"
        )
    task = _task(table, procedure)
    records = [_record(task["task"], c, trial, warm) for c, trial in rows]
    with sink_at(kb) as memory:
        memory.add([task, *records, _features(task, table)])
    return memory.report


class TrialMemory:
    """Stores single trials while a user's optimizer runs (a `RemembersTrials`).

    Trials that cannot be written because another process writes are kept, and written with the
    next trial or at the end.

    Args:
        table: The table of the objective.
        kb: As for `remember`.
        procedure: As for `remember`.

    Raises:
        UsageError: If the store is a read-only folder.
    """

    def __init__(
        self, table: Table, kb: str | Path | None = None, procedure: str = "user"
    ) -> None:
        self._memory = sink_at(kb)
        self._made_from = table, kb, procedure
        self._waiting: list[Record] = []
        self._is_described = False
        self._lock = threading.Lock()
        # Called at the end of the program, or when this object is garbage-collected.
        self._end = weakref.finalize(self, _publish, self._memory, self._waiting)

    @cached_property
    def _task(self) -> Record:
        """The task that all trials belong to; its key needs a hash of the whole table."""
        table, _, procedure = self._made_from
        return _task(table, procedure)

    def tell(self, warm: WarmStart, trials: Sequence[Trial]) -> None:
        """Write finished trials to the journal, without those that our space cannot express."""
        rows = [(c, t) for c, t in _in_our_space(warm, trials) if isinstance(c, Configuration)]
        with self._lock:
            task = self._task
            records = [task, *(_record(task["task"], c, trial, warm) for c, trial in rows)]
            if not self._is_described:
                records.append(_features(task, self._made_from[0]))
                self._is_described = True
            self._waiting += records
            _write(self._memory.kb, self._waiting)

    def publish(self) -> LoadReport:
        """Publish the trials written so far; return the counts of rows by table."""
        with self._lock:
            _publish(self._memory, self._waiting)
        return self._memory.report

    def __reduce__(self) -> tuple[Any, ...]:
        """Return the class and arguments of a copy that writes to the same store."""
        return type(self), self._made_from


def _write(kb: Path | None, waiting: list[Record]) -> None:
    """Move records to the journal, unless another process holds it."""
    if kb is None:
        return
    try:
        with journal_of(kb) as journal:
            while waiting:
                journal.append(waiting[0])
                del waiting[0]
    except BusyError as error:
        _log.info("%s; %d records wait", error, len(waiting))


def _publish(memory: EvaluationSink, waiting: list[Record]) -> None:
    try:
        with memory:
            memory.add(waiting)
            waiting.clear()
    except BusyError as error:
        _log.warning("%s: %d records are lost, what is in the journal is not", error, len(waiting))


def _trials(warm: WarmStart, result: Any, bridge: str | None) -> Sequence[Trial]:
    if isinstance(result, Sequence) and all(isinstance(t, Trial) for t in result):
        return result
    name = bridge or bridge_of(result)
    read = catalogue_of("bridge").get(name).trials
    if read is None:
        raise UsageError(f"the bridge {name!r} reads no results; give trials")
    try:
        trials: list[Trial] = read(warm, result)
    except (AttributeError, TypeError) as error:  # the cause names what is missing
        raise InputError(
            f"{type(result).__name__} cannot be read as results of {name}: {error}; give what the "
            "bridge's page names, or finished trials: Trial(configuration).finished(loss)"
        ) from error
    return trials


def _in_our_space(
    warm: WarmStart, trials: Sequence[Trial]
) -> list[tuple[Configuration | str, Trial]]:
    """Return each trial with its configuration in our space, or with the reason why there is none.

    Raises:
        UsageError: If the warm start has no metric.
    """
    if warm.metric is None:
        raise UsageError("the warm start has no metric; its scores cannot be stored")
    varied = _varied_outside(trials)
    found: list[tuple[Configuration | str, Trial]] = []
    for trial in trials:
        unknown = [name for name, _ in trial.outside if name in varied]
        mapped: Configuration | str = trial.configuration
        if unknown:
            mapped = f"{', '.join(unknown)} is searched, but is no parameter of the warm start"
        elif warm.mapping is not None:
            mapped = warm.mapping.to_ours(trial.configuration.hyperparameters)
        found.append((mapped, trial))
    n_unknown = sum(any(name in varied for name, _ in trial.outside) for trial in trials)
    if n_unknown:
        warnings.warn(
            f"{n_unknown} of {len(trials)} trials are not remembered: they searched "
            f"{', '.join(sorted(varied))}, which the warm start does not know; search in a space "
            "of your own (space=...) in which it is a parameter, or keep it constant",
            UserWarning,
            stacklevel=3,
        )
    return found


def _varied_outside(trials: Sequence[Trial]) -> set[str]:
    """Return the parameters outside the space that have no common value in all trials.

    One trial alone cannot show that a parameter is constant.
    """
    values: dict[str, set[str | None]] = {name: set() for t in trials for name, _ in t.outside}
    for trial in trials:
        given = dict(trial.outside)
        for name, seen in values.items():
            seen.add(given.get(name))
    return {name for name, seen in values.items() if len(seen) > 1 or len(trials) == 1}


def _task(table: Table, procedure: str) -> Record:
    text = json.dumps({"by": SOURCE, "procedure": procedure}, sort_keys=True)
    digest = sha256(text.encode()).hexdigest()[:6]
    task = table.task(f"table:{table.name}@{table.digest()}-{digest}")
    return task_record(task, table.target, text, source=SOURCE)


def _record(task: str, configuration: Configuration, trial: Trial, warm: WarmStart) -> Record:
    assert warm.metric is not None
    ok = trial.status == "ok"
    seconds = trial.runtime_s if math.isfinite(trial.runtime_s) else None
    scores = {warm.metric.name: _score(warm.metric, trial.loss)} if ok else {}
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


def _score(metric: Metric, loss: float) -> float:
    """Return the score of a loss.

    Raises:
        InputError: If the score is outside the metric's range.
    """
    score = float(metric.score(loss))
    if abs(float(metric.clip(np.array(score))) - score) > _ROUNDING:
        raise InputError(
            f"no {metric.name} has a loss of {loss:g}; pass warm.metric.loss(score), which is "
            f"{float(metric.loss(metric.optimum or 0.0)):g} for the best score, and check that "
            "the direction of the search is that of its values"
        )
    return score


def _features(task: Record, table: Table) -> Record:
    from metalearn.metafeatures import extract

    return features_record(task["task"], extract(table.X, table.y, kind=table.kind))
