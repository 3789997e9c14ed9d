"""A pool of worker processes, shared by threads that evaluate configurations of several tasks.

An evaluation has a process and a prepared task to itself while it runs. Hence threads of one
process (those of a Dask worker, or of joblib's threading backend) share no state, and an
evaluation gives the same values as if it ran alone.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field

from metalearn.core.configuration import Configuration
from metalearn.learners.evaluation import PreparedTask, Procedure
from metalearn.learners.isolation import Isolated, Outcome
from metalearn.learners.tables import Table

__all__ = ["IsolatedPool", "Unit", "evaluate_unit"]

_IDLE_S = 60.0


@dataclass(eq=False)
class _Owned:
    """A process and the task that it holds; one thread uses it at a time."""

    isolated: Isolated
    key: Hashable = None
    prepared: PreparedTask | None = None
    pid: int = field(default_factory=os.getpid)


class IsolatedPool:
    """Worker processes, as many as evaluations ran side by side; idle ones end by themselves.

    Args:
        idle_s: Seconds without work after which a process ends.
    """

    def __init__(self, idle_s: float = _IDLE_S) -> None:
        self._idle_s = idle_s
        self._lock = threading.Lock()
        self._idle: list[_Owned] = []

    def evaluate(
        self,
        key: Hashable,
        prepare: Callable[[], PreparedTask],
        configuration: Configuration,
        time_limit_s: float,
        fidelity: float = 1.0,
        memory_mb: float | None = None,
    ) -> Outcome:
        """Return the outcome of one evaluation, in a process that it has to itself meanwhile.

        Args:
            key: Identifies the task and its procedure.
            prepare: Makes the task; called if the process holds another one.
            configuration: What to evaluate.
            time_limit_s: Processor seconds of all folds.
            fidelity: Share of the training rows to learn from, in (0, 1].
            memory_mb: Megabytes that its process may hold; None for no limit.
        """
        owned = self._take(key, (time_limit_s, memory_mb))
        try:
            if owned.prepared is None or owned.key != key:
                owned.prepared, owned.key = prepare(), key
            return owned.isolated.evaluate(owned.prepared, configuration, fidelity)
        finally:
            with self._lock:
                self._idle.append(owned)

    def close(self) -> None:
        """End the idle processes."""
        with self._lock:
            idle, self._idle = self._idle, []
        for owned in idle:
            if owned.pid == os.getpid():
                owned.isolated.close()

    def _take(self, key: Hashable, limits: tuple[float, float | None]) -> _Owned:
        """Return an idle process with these limits, one that holds the task if there is any."""
        with self._lock:
            mine = [o for o in self._idle if o.pid == os.getpid()]  # not those of before a fork
            fit = [o for o in mine if (o.isolated.time_limit_s, o.isolated.memory_mb) == limits]
            self._idle = [o for o in mine if o not in fit]
            if fit:
                fit.sort(key=lambda owned: owned.key == key)
                self._idle += fit[:-1]
                return fit[-1]
            unfit, self._idle = self._idle, []
        for owned in unfit:
            owned.isolated.close()
        return _Owned(Isolated(limits[0], self._idle_s, limits[1]))


@dataclass(frozen=True, slots=True)
class Unit:
    """An evaluation to do: with the table, all that it depends on.

    Attributes:
        task: Key of the task.
        procedure: Rows and folds.
        configuration: What to evaluate.
        time_limit_s: Processor seconds of all folds.
        fidelity: Share of the training rows to learn from, in (0, 1].
        memory_mb: Megabytes that its process may hold; None for no limit.
        measures_costs: Whether to measure costs of the models, see `PreparedTask`.
    """

    task: str
    procedure: Procedure
    configuration: Configuration
    time_limit_s: float
    fidelity: float = 1.0
    memory_mb: float | None = None
    measures_costs: bool = False


_POOL = IsolatedPool()  # an evaluation owns what it takes from it; nothing is shared


def evaluate_unit(table: Table, unit: Unit) -> Outcome:
    """Return the outcome of a unit on its table; any thread of any process may call it."""
    return _POOL.evaluate(
        (unit.task, unit.procedure, unit.measures_costs),
        lambda: PreparedTask(table, unit.procedure, unit.measures_costs),
        unit.configuration,
        unit.time_limit_s,
        unit.fidelity,
        unit.memory_mb,
    )
