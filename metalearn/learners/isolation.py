"""Evaluates in a separate process, with a time limit that also stops compiled code.

Compiled code does not run Python signal handlers, so the operating system enforces the limit: a
processor-time alarm whose default action ends the process. The parent watches the clock as well (a
sleeping process uses no processor time), notices a crash, and starts a new process. The worker
stops after a fold if all folds are expected to exceed the limit. The limit does not include
preparation, which is done once per table and shared by all configurations.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from types import ModuleType
from typing import Any, Literal

from metalearn.core.configuration import Configuration
from metalearn.learners.evaluation import FoldScores, PreparedTask
from metalearn.learners.process_limits import limit_memory

__all__ = [
    "Isolated",
    "Outcome",
    "Status",
    "children_allowed",
    "start_process",
    "without_script",
    "worker_context",
]

Status = Literal["ok", "failed", "timeout", "crashed"]
_WALL_FACTOR = 6.0
"""The clock may run this many times longer than the processor before a process is killed."""
_WALL_SLACK_S = 120.0
"""Seconds on the clock beyond that, for starting a process and preparing the table."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """The outcome of one evaluation; `folds` holds the folds that finished."""

    status: Status
    reason: str
    folds: tuple[FoldScores, ...]


class Isolated:
    """A worker process that evaluates configurations on one task at a time.

    Args:
        time_limit_s: Processor seconds that all folds of one evaluation may take together.
        idle_s: The process ends itself after so many seconds without work, and is started again
            when there is some; None keeps it.
        memory_mb: Megabytes that the process may hold; None for no limit.
    """

    def __init__(
        self, time_limit_s: float, idle_s: float | None = None, memory_mb: float | None = None
    ) -> None:
        self.time_limit_s, self.idle_s, self.memory_mb = time_limit_s, idle_s, memory_mb
        self._process: Any = None  # multiprocessing's context classes share no public base
        self._pipe: Any = None
        self._loaded: object = None
        self._exit_code: int | None = None  # of the process that ended during an evaluation
        self._is_aborted = False

    def evaluate(
        self, prepared: PreparedTask, configuration: Configuration, fidelity: float = 1.0
    ) -> Outcome:
        """Return the outcome, which includes errors of the learner.

        An evaluation whose process was killed from outside (the system was short of memory) or
        had just ended itself for want of work is repeated once.

        Args:
            prepared: The task.
            configuration: What to evaluate.
            fidelity: Share of the training rows to learn from, in (0, 1].
        """
        try:
            outcome = self._attempt(prepared, configuration, fidelity)
            if self._exit_code in (-_KILLED, 0) and not self._is_aborted:
                outcome = self._attempt(prepared, configuration, fidelity)
        except BaseException:  # an interrupted evaluation must not answer for the next one
            self.close()
            raise
        return outcome

    def start(self, prepared: PreparedTask) -> None:
        """Start the process and hand it the task, so that the first evaluation need not wait."""
        self._start(prepared)

    def abort(self) -> None:
        """End the evaluation under way, from another thread; it comes back as crashed."""
        self._is_aborted = True
        process = self._process
        if process is not None:
            process.kill()

    def close(self) -> None:
        """End the worker process."""
        if self._process is not None:
            self._process.kill()
            self._process.join()
            self._pipe.close()
        self._process = self._pipe = self._loaded = None

    def _attempt(
        self, prepared: PreparedTask, configuration: Configuration, fidelity: float
    ) -> Outcome:
        self._exit_code = None
        folds: list[FoldScores] = []
        deadline = time.monotonic() + _WALL_FACTOR * self.time_limit_s + _WALL_SLACK_S
        try:
            self._start(prepared)
            self._pipe.send((configuration, fidelity))
            while self._pipe.poll(max(0.0, deadline - time.monotonic())):
                message = self._pipe.recv()
                if isinstance(message, Outcome):
                    return Outcome(message.status, message.reason, tuple(folds))
                folds.append(message)
        except (EOFError, ConnectionResetError, BrokenPipeError):
            return self._ended(folds)
        self.close()
        reason = f"stopped by the clock; the limit is {self.time_limit_s:g} processor seconds"
        return Outcome("timeout", reason, tuple(folds))

    def _start(self, prepared: PreparedTask) -> None:
        if self._process is None or not self._process.is_alive():
            self.close()
            context = worker_context()
            self._pipe, far_end = context.Pipe()
            arguments = (far_end, self.time_limit_s, self.idle_s, self.memory_mb)
            # Assigned only once there is something to kill: see `abort`.
            self._process = start_process(context, _serve, arguments)
            far_end.close()
        if self._loaded is not prepared:
            self._pipe.send(prepared)
            self._loaded = prepared

    def _ended(self, folds: list[FoldScores]) -> Outcome:
        self._process.join()
        code = self._exit_code = self._process.exitcode
        self.close()
        if code == -_ALARM:
            reason = f"stopped after {self.time_limit_s:g} s in fold {len(folds)}"
            return Outcome("timeout", reason, tuple(folds))
        reason = f"the process ended with exit code {code} in fold {len(folds)}"
        return Outcome("crashed", reason, tuple(folds))


_SCRIPT_LOCK = threading.Lock()
_ALARM = int(getattr(signal, "SIGPROF", 0))
_KILLED = int(getattr(signal, "SIGKILL", 9))


def worker_context(*preload: str) -> Any:
    """Return the way in which worker processes are started.

    Args:
        *preload: Further modules that the server imports before it forks the first worker.
    """
    name = "forkserver" if "forkserver" in multiprocessing.get_all_start_methods() else "spawn"
    context = multiprocessing.get_context(name)
    if name == "forkserver":
        modules = ["metalearn.learners.evaluation", "sklearn.ensemble", *preload]
        context.set_forkserver_preload(modules)
    return context


@contextmanager
def without_script() -> Iterator[None]:
    """Hide the running script from a process about to start.

    `multiprocessing` runs the script again in every new process. A worker needs nothing of it,
    and without the usual guard (`if __name__ == "__main__"`) it would start workers of its own.
    """
    with _SCRIPT_LOCK:
        script = sys.modules["__main__"]
        sys.modules["__main__"] = ModuleType("__main__")
        try:
            yield
        finally:
            sys.modules["__main__"] = script


@contextmanager
def children_allowed() -> Iterator[None]:
    """Let a daemonic process start a child, for instance a worker of Dask under its nanny.

    `multiprocessing` forbids it because such children may outlive their parent. Those of this
    module end when the pipe to their parent closes. Call it within `without_script`, whose lock
    keeps other threads from starting processes meanwhile.
    """
    process = multiprocessing.current_process()
    if not process.daemon:
        yield
        return
    process.daemon = False
    try:
        yield
    finally:
        process.daemon = True


def start_process(context: Any, target: Callable[..., None], arguments: tuple[Any, ...]) -> Any:
    """Start a daemonic process with a context of `multiprocessing`, without the running script.

    Args:
        context: From `worker_context`.
        target: A function of a module.
        arguments: Its arguments.
    """
    process = context.Process(target=target, args=arguments, daemon=True)
    with without_script(), children_allowed():
        process.start()
    return process


def _serve(pipe: Any, time_limit_s: float, idle_s: float | None, memory_mb: float | None) -> None:
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ[name] = "1"
    from threadpoolctl import threadpool_limits

    signal.signal(signal.SIGINT, signal.SIG_IGN)
    prepared: PreparedTask | None = None
    with threadpool_limits(1), suppress(EOFError, ConnectionError):  # the parent has gone
        while pipe.poll(idle_s):
            message = pipe.recv()
            if isinstance(message, PreparedTask):
                prepared = message
                limit_memory(memory_mb)
                continue
            assert prepared is not None
            configuration, fidelity = message
            pipe.send(_evaluate(pipe, prepared, configuration, fidelity, time_limit_s))


def _evaluate(
    pipe: Any,
    prepared: PreparedTask,
    configuration: Configuration,
    fidelity: float,
    limit_s: float,
) -> Outcome:
    done = 0
    try:
        n_folds = len(prepared.splits)
        prepared.prepare(configuration, fidelity)
        _alarm(limit_s)
        started = time.process_time()
        for scores in prepared.evaluate(configuration, fidelity=fidelity):
            pipe.send(scores)
            done += 1
            spent = time.process_time() - started
            if spent / done * n_folds > limit_s:
                reason = (
                    f"{done} of {n_folds} folds took {spent:.2g} s; the limit is {limit_s:g} s"
                )
                return Outcome("timeout", reason, ())
    except Exception as error:  # whatever a learner raises is the recorded reason
        return Outcome("failed", f"{type(error).__name__}: {error}"[:300], ())
    finally:
        _alarm(0.0)
    return Outcome("ok", "", ())


def _alarm(seconds: float) -> None:
    if _ALARM:
        signal.signal(signal.SIGPROF, signal.SIG_DFL)
        signal.setitimer(signal.ITIMER_PROF, seconds)
