"""A worker of a fit on an engine: requests go to a cluster, messages come back together.

There, a process of its own works on each request, with the limits of a local worker. The models
of folds come back with their predictions, since the next request may run on another machine;
where they are too large for that, members are fitted again on all rows.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from multiprocessing import Pipe
from multiprocessing.connection import wait
from typing import Any

from metalearn.automl.fit_task import FitTask
from metalearn.automl.worker import (
    Failed,
    FoldModels,
    Folds,
    GetFoldModels,
    Message,
    Refit,
    Request,
    Worker,
)
from metalearn.engines import Engine, WorkerLostError

__all__ = ["RemoteWorker"]

_MOST_BYTES = 50_000_000
"""Larger fold models stay where they were fitted."""
_GRACE_S = 2.0
"""Seconds that an answer may be on its way."""
_IDLE_S = 60.0


@dataclass(frozen=True, slots=True)
class _Answer:
    """Messages of a request, and the pickled models of its folds unless they are too large."""

    messages: list[Message]
    models: list[bytes] | None = None


class RemoteWorker:
    """One request at a time on an engine, with the methods of a local `Worker`.

    Args:
        engine: The engine.
        handle: Of the task, from `Engine.share`.
        task: The task.
        memory_mb: Megabytes of the process that works on a request; None for no limit.
        clock: The clock of the deadlines.
    """

    def __init__(
        self,
        engine: Engine,
        handle: Any,
        task: FitTask,
        memory_mb: float | None,
        clock: Callable[[], float],
    ) -> None:
        self.task, self.memory_mb = task, memory_mb
        self.deadline = float("inf")
        self._engine, self._handle, self._clock = engine, handle, clock
        self._future: Future[_Answer] | None = None
        self._request: Request = GetFoldModels()
        self._was_lost = False
        self._messages: deque[Message] = deque()
        self._models: dict[int, bytes] = {}
        self.pipe, self._bell = Pipe(duplex=False)

    @property
    def is_busy(self) -> bool:
        """Whether messages of the last request are outstanding."""
        return self._future is not None or bool(self._messages)

    def submit(self, request: Request, deadline: float) -> None:
        """Send a request; its messages are due at `deadline`, on the clock."""
        self.deadline, self._request, self._was_lost = deadline, request, False
        if isinstance(request, GetFoldModels):
            self._messages.append(self._kept_models())
            self._ring()
            return
        if isinstance(request, Folds) and 0 in request.folds:
            self._models = {}
        self._send()

    def receive(self) -> Message | None:
        """Return the next message, None without one; `Failed` past the deadline."""
        future = self._future
        if future is not None and future.done():
            self._future = None
            self._take(future)
        if self._messages:
            message = self._messages.popleft()
            if not self._messages:
                self._quiet()
            return message
        if self._future is not None and self._clock() > self.deadline + _GRACE_S:
            self.close()
            return Failed("timeout", "stopped: it took longer than the time left or expected")
        return None

    def close(self) -> None:
        """Give up the request under way."""
        if self._future is not None:
            self._future.cancel()
        self._future = None
        self._messages.clear()
        self._quiet()

    def _send(self) -> None:
        left_s = max(self.deadline - self._clock(), 0.1)
        item = (self._request, left_s, self.memory_mb)
        self._future = self._engine.submit(answer, self._handle, item)
        self._future.add_done_callback(lambda _: self._ring())

    def _take(self, future: Future[_Answer]) -> None:
        """Take in an answer; a request whose worker was lost is sent once more."""
        try:
            found = future.result()
        except WorkerLostError as error:
            if self._was_lost or self._clock() > self.deadline:
                self._messages.append(Failed("crashed", str(error)[:300]))
                return
            self._was_lost = True
            self._quiet()
            self._send()
            return
        self._messages.extend(found.messages)
        if isinstance(self._request, Folds) and found.models is not None:
            self._models.update(zip(self._request.folds, found.models, strict=True))

    def _kept_models(self) -> Message:
        if len(self._models) not in (1, self.task.n_folds):
            return Failed("memory", "the models of the folds are too large to be sent")
        return FoldModels([self._models[fold] for fold in sorted(self._models)])

    def _ring(self) -> None:
        """Make the pipe readable, so that whoever waits for it looks here."""
        self._bell.send_bytes(b"!")

    def _quiet(self) -> None:
        while self.pipe.poll(0):
            self.pipe.recv_bytes()


class _Pool:
    """Processes of this worker of a cluster; a request has one to itself while it runs."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._idle: list[tuple[Worker, float]] = []

    def take(self, task: FitTask, memory_mb: float | None) -> Worker:
        """Return an idle process for a task, or a new one; end those of other tasks."""
        with self._lock:
            idle, self._idle = self._idle, []
            fit = [w for w, _ in idle if w.task is task and w.memory_mb == memory_mb]
            for worker, _ in idle:
                if worker not in fit:
                    worker.close()
            now = time.monotonic()
            self._idle = [(worker, now) for worker in fit[1:]]
        return fit[0] if fit else Worker(task, memory_mb, may_fork=False)

    def give_back(self, worker: Worker) -> None:
        """Keep a process for the next request; it ends if none comes within a minute."""
        with self._lock:
            self._idle.append((worker, time.monotonic()))
        timer = threading.Timer(_IDLE_S + 1.0, self._end_idle)
        timer.daemon = True
        timer.start()

    def _end_idle(self) -> None:
        with self._lock:
            now = time.monotonic()
            for worker, since in self._idle:
                if now - since >= _IDLE_S:
                    worker.close()
            self._idle = [pair for pair in self._idle if now - pair[1] < _IDLE_S]


_POOL = _Pool()


def answer(task: FitTask, item: tuple[Folds | Refit, float, float | None]) -> _Answer:
    """Return the answer to a request; run by a worker of the engine.

    Args:
        task: The task.
        item: The request, the seconds until its deadline, and the megabytes it may use.
    """
    request, left_s, memory_mb = item
    deadline = time.monotonic() + left_s
    worker = _POOL.take(task, memory_mb)
    try:
        messages = _messages(worker, request, deadline)
        models = None
        if isinstance(request, Folds) and not any(isinstance(m, Failed) for m in messages):
            (last,) = _messages(worker, GetFoldModels(request.folds), deadline)
            if isinstance(last, FoldModels) and sum(map(len, last.models)) <= _MOST_BYTES:
                models = last.models
    except BaseException:
        worker.close()
        raise
    _POOL.give_back(worker)
    return _Answer(messages, models)


def _messages(worker: Worker, request: Request, deadline: float) -> list[Message]:
    worker.submit(request, deadline)
    found: list[Message] = []
    while worker.is_busy:
        wait([worker.pipe], timeout=0.05)
        message = worker.receive()
        if message is not None:
            found.append(message)
    return found
