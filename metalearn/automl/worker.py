"""A worker process that fits on one task, can be killed at any instant, and leaves no orphan.

On Linux the process is forked from the main process, with modules loaded and the table shared. Its
numerical libraries use one thread each, so thread pools of the parent do no harm. If a forked
worker times out without any message, the next one comes from a clean server process. Compiled code
does not run Python signal handlers, so the parent kills the process past its deadline or its
memory limit. If the parent does not, an alarm of the operating system ends it. The process also
ends when its parent ends.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import sys
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from metalearn.automl.bench import Bench, FoldResult, Refitted, quiet
from metalearn.automl.fit_task import FitTask
from metalearn.automl.leash import die_with_parent, end
from metalearn.core.configuration import Configuration
from metalearn.learners.isolation import children_allowed, without_script, worker_context
from metalearn.learners.process_limits import limit_memory, resident_mb

__all__ = [
    "Failed",
    "FitWorker",
    "FoldModels",
    "Folds",
    "GetFoldModels",
    "Message",
    "Refit",
    "Worker",
]

_SLACK_FACTOR, _SLACK_S = 10.0, 60.0
"""An alarm ends a worker after this many times its allowed seconds, plus these seconds."""
_HANDING_OVER = 3.0
"""Sending and reading a model takes at most this many times as long as packing it."""


@dataclass(frozen=True, slots=True)
class Folds:
    """Fit a configuration on some folds; one message comes back for each."""

    configuration: Configuration
    folds: tuple[int, ...]
    fidelity: float = 1.0


@dataclass(frozen=True, slots=True)
class Refit:
    """Fit a configuration on all rows."""

    configuration: Configuration
    seed: int
    send_preparation: bool


@dataclass(frozen=True, slots=True)
class GetFoldModels:
    """Send the models of the folds that were fitted last.

    Attributes:
        folds: Only of these folds; None for all.
    """

    folds: tuple[int, ...] | None = None


@dataclass(frozen=True, slots=True)
class FoldModels:
    """Pickles of `(preparation, model)`, one a fold."""

    models: list[bytes]


@dataclass(frozen=True, slots=True)
class Failed:
    """What went wrong, in words."""

    status: str
    reason: str


Request = Folds | Refit | GetFoldModels
Message = FoldResult | Refitted | FoldModels | Failed


class FitWorker(Protocol):
    """Works on one request at a time: a process of this machine, or of an engine's worker."""

    @property
    def is_busy(self) -> bool:
        """Whether messages of the last request are outstanding."""
        ...

    @property
    def pipe(self) -> Any:
        """The connection that becomes readable when there is a message."""
        ...

    def submit(self, request: Request, deadline: float) -> None:
        """Send a request; its messages are due at `deadline`, on the clock."""
        ...

    def receive(self) -> Message | None:
        """Return the next message, None without one; `Failed` past the deadline."""
        ...

    def close(self) -> None:
        """End it."""
        ...


class Worker:
    """One process that works for a fit.

    Args:
        task: The task.
        memory_mb: Megabytes that the process may use beyond what it shares; None for no limit.
        clock: The clock of the deadlines.
        may_fork: Whether the process may be forked from this one; not if this is a worker of a
            cluster, whose threads a fork would copy in the midst of their work.
    """

    def __init__(
        self,
        task: FitTask,
        memory_mb: float | None = None,
        clock: Callable[[], float] = time.monotonic,
        *,
        may_fork: bool = True,
    ) -> None:
        self.task, self.memory_mb = task, memory_mb
        self.deadline = float("inf")
        self._clock = clock
        self._may_fork = may_fork and sys.platform == "linux"
        self._has_answered = False
        self._shared_mb = 0.0
        self._process: Any = None  # multiprocessing's context classes share no public base
        self._pipe: Any = None
        self._expected = 0

    @property
    def is_busy(self) -> bool:
        """Whether messages of the last request are outstanding."""
        return self._expected > 0

    @property
    def pipe(self) -> Any:
        """The connection that becomes readable when there is a message."""
        return self._pipe

    def start(self) -> None:
        """Start the process, unless it runs, and hand it the task."""
        if self._process is not None and self._process.is_alive():
            return
        self.close()
        context = (
            multiprocessing.get_context("fork")
            if self._may_fork
            else worker_context("metalearn.automl.bench")
        )
        near_end, far_end = context.Pipe()
        shared = self.task if self._may_fork else None
        arguments = (far_end, self.memory_mb, shared)
        process = context.Process(target=_serve, args=arguments, daemon=True)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # forks beside threads: see above
            if self._may_fork:
                process.start()
            else:
                with without_script(), children_allowed():
                    process.start()
        self._process, self._pipe = process, near_end
        far_end.close()
        self._shared_mb = resident_mb(process.pid)
        if shared is None:
            with contextlib.suppress(BrokenPipeError):  # it ended at once: `receive` reports it
                self._pipe.send(self.task)

    def submit(self, request: Request, deadline: float) -> None:
        """Send a request; its messages are due at `deadline`, on the clock."""
        self.start()
        self.deadline = deadline
        self._expected = len(request.folds) if isinstance(request, Folds) else 1
        with contextlib.suppress(BrokenPipeError, OSError):
            self._pipe.send((request, max(deadline - self._clock(), 0.1)))

    def receive(self) -> Message | None:
        """Return the next message, None without one; `Failed` past deadline, memory or exit."""
        try:
            if self._pipe.poll(0):
                message: Message = self._pipe.recv()
                self._has_answered = True
                self._expected = 0 if isinstance(message, Failed) else self._expected - 1
                return message
        except (EOFError, ConnectionResetError, OSError):
            code = self._ended()
            return Failed("crashed", f"the process ended with exit code {code}")
        if self.is_busy and self._clock() > self.deadline:
            self._may_fork = self._may_fork and self._has_answered
            self.close()
            return Failed("timeout", "stopped: it took longer than the time left or expected")
        if self.memory_mb is not None and self.is_busy:
            used = resident_mb(self._process.pid) - self._shared_mb
            if used > self.memory_mb:
                self.close()
                reason = f"stopped: it used {used:.0f} MB, the limit is {self.memory_mb:.0f} MB"
                return Failed("memory", reason)
        return None

    def close(self) -> None:
        """End the process."""
        if self._process is not None:
            end(self._process)
            self._pipe.close()
        self._process = self._pipe = None
        self._expected = 0

    def _ended(self) -> int | None:
        self._process.join(1.0)
        code: int | None = self._process.exitcode
        self.close()
        return code


def _serve(pipe: Any, memory_mb: float | None, task: FitTask | None) -> None:
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ[name] = "1"
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    die_with_parent()
    from threadpoolctl import threadpool_limits

    with threadpool_limits(1), quiet():
        try:
            bench = Bench(pipe.recv() if task is None else task)
            limit_memory(memory_mb)
            while True:
                request, left_s = pipe.recv()
                _alarm(_SLACK_FACTOR * left_s + _SLACK_S)
                _answer(pipe, bench, request, time.monotonic() + left_s)
                _alarm(0.0)
        except (EOFError, BrokenPipeError):
            return


def _answer(pipe: Any, bench: Bench, request: Request, deadline: float) -> None:
    try:
        if isinstance(request, Folds):
            for fold in request.folds:
                pipe.send(bench.fold(request.configuration, fold, request.fidelity))
        elif isinstance(request, Refit):
            found = bench.refit(
                request.configuration,
                seed=request.seed,
                send_preparation=request.send_preparation,
            )
            _hand_over(pipe, found, found.pickling_s, deadline)
        else:
            started = time.monotonic()
            models = FoldModels(bench.fold_models(request.folds))
            _hand_over(pipe, models, time.monotonic() - started, deadline)
    except (EOFError, BrokenPipeError):
        raise
    except MemoryError as error:
        pipe.send(Failed("memory", f"out of memory: {error}"[:300]))
    except Exception as error:  # whatever a learner raises is the recorded reason
        pipe.send(Failed("failed", f"{type(error).__name__}: {error}"[:300]))


def _hand_over(
    pipe: Any, message: Refitted | FoldModels, packing_s: float, deadline: float
) -> None:
    """Send models, unless they are so large that the other side would have them too late."""
    if packing_s > 0.1 and time.monotonic() + _HANDING_OVER * packing_s > deadline:
        pipe.send(Failed("timeout", "the model is too large to be handed over in the time left"))
    else:
        pipe.send(message)


def _alarm(seconds: float) -> None:
    if hasattr(signal, "setitimer"):
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        signal.setitimer(signal.ITIMER_REAL, seconds)
