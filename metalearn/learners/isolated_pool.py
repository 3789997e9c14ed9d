"""Worker processes that evaluations of several tasks, in several threads, take turns to own.

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
from metalearn.learners.evaluation import PreparedTask
from metalearn.learners.isolation import Isolated, Outcome

__all__ = ["IsolatedPool"]

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
    ) -> Outcome:
        """Return the outcome of one evaluation, in a process that nobody else uses meanwhile.

        Args:
            key: Identifies the task and its procedure.
            prepare: Makes the task; called if the process holds another one.
            configuration: What to evaluate.
            time_limit_s: Processor seconds of all folds.
        """
        owned = self._take(key, time_limit_s)
        try:
            if owned.prepared is None or owned.key != key:
                owned.prepared, owned.key = prepare(), key
            return owned.isolated.evaluate(owned.prepared, configuration)
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

    def _take(self, key: Hashable, time_limit_s: float) -> _Owned:
        """Return an idle process with this limit, one that holds the task if there is any."""
        with self._lock:
            mine = [o for o in self._idle if o.pid == os.getpid()]  # not those of before a fork
            fit = [o for o in mine if o.isolated.time_limit_s == time_limit_s]
            self._idle = [o for o in mine if o not in fit]
            if fit:
                fit.sort(key=lambda owned: owned.key == key)
                self._idle += fit[:-1]
                return fit[-1]
            unfit, self._idle = self._idle, []
        for owned in unfit:
            owned.isolated.close()
        return _Owned(Isolated(time_limit_s, self._idle_s))
