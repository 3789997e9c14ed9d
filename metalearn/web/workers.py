"""Worker processes: each runs one command at a time, and may crash or be ended without harm.

A worker is the leader of a process group, so that ending it ends what it has started. Workers that
have answered are kept warm; a worker that was ended, or has answered often, is replaced.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from metalearn.errors import MetalearnError

__all__ = ["CommandAnswer", "TooBusyError", "WorkerEndedError", "WorkerPool", "WorkerTimeoutError"]

_LARGEST_ANSWER = 64 << 20  # bytes of a line
_MOST_ANSWERS = 200  # of a worker, before it is replaced
Progress = Callable[[str, float, float | None], None]


class WorkerEndedError(MetalearnError):
    """The process that did the work ended: it was killed, or crashed."""


class WorkerTimeoutError(MetalearnError):
    """The work took longer than its limit, and was ended."""


class TooBusyError(MetalearnError):
    """Too many requests wait for a worker."""


@dataclass(frozen=True, slots=True)
class CommandAnswer:
    """What a command printed.

    Attributes:
        code: Its exit code.
        out: Standard output.
        err: Standard error.
    """

    code: int
    out: str
    err: str


@dataclass(slots=True)
class _Worker:
    process: Process
    n_answers: int = 0

    async def ask(self, request: Mapping[str, Any], progress: Progress | None) -> CommandAnswer:
        stdin, stdout = self.process.stdin, self.process.stdout
        assert stdin is not None
        assert stdout is not None
        try:
            stdin.write(json.dumps(request).encode() + b"\n")
            await stdin.drain()
            while line := await stdout.readline():
                said = json.loads(line)
                if "code" in said:
                    self.n_answers += 1
                    return CommandAnswer(said["code"], said["out"], said["err"])
                if progress is not None:
                    progress(*said["progress"])
        except (BrokenPipeError, ConnectionResetError):
            pass
        code = await self.process.wait()
        reason = f"signal {-code}" if code < 0 else f"exit code {code}"
        raise WorkerEndedError(
            f"the process of this work ended ({reason}): it was killed, or needed more memory "
            "than there is. The server and other work go on. Try again, with a smaller table if "
            "it happens twice"
        )

    async def end(self) -> None:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.process.pid, signal.SIGKILL)
        await self.process.wait()
        if self.process.stdin is not None:
            self.process.stdin.close()


@dataclass(slots=True)
class WorkerPool:
    """Workers that are started on demand and kept warm.

    Attributes:
        command: Starts a worker.
        size: Workers side by side.
        max_waiting: Requests that may wait.
    """

    command: tuple[str, ...]
    size: int
    max_waiting: int = 50
    _idle: list[_Worker] = field(default_factory=list)
    _busy: set[int] = field(default_factory=set)
    _places: asyncio.Semaphore = field(init=False)
    _waiting: int = 0
    _is_closed: bool = False

    def __post_init__(self) -> None:
        self._places = asyncio.Semaphore(self.size)

    @property
    def processes(self) -> tuple[int, ...]:
        """Numbers of the processes that are at work."""
        return tuple(self._busy)

    async def warm_up(self) -> None:
        """Start all workers, so that the first requests need not wait for them."""
        while len(self._idle) + len(self._busy) < self.size:
            self._idle.append(await self._start())

    async def ask(
        self, request: Mapping[str, Any], time_limit_s: float, progress: Progress | None = None,
        started: Callable[[], None] | None = None,
    ) -> CommandAnswer:  # fmt: skip
        """Return what a worker answers.

        Args:
            request: See `metalearn.cli.web_worker`.
            time_limit_s: Seconds that the work may take, without waiting.
            progress: Called with text, done and total.
            started: Called when a worker takes the request.

        Raises:
            TooBusyError: If too many requests wait.
            WorkerEndedError: If its process ended.
            WorkerTimeoutError: If it took longer.
        """
        async with self._worker() as worker:
            if started is not None:
                started()
            try:
                async with asyncio.timeout(time_limit_s):
                    return await worker.ask(request, progress)
            except TimeoutError:
                raise WorkerTimeoutError(
                    f"the work took longer than {time_limit_s:g} s and was ended. Try a smaller "
                    "table, or the command line, which has no limit"
                ) from None

    async def close(self) -> None:
        """End all workers for good; who waits for one gets a WorkerEndedError."""
        self._is_closed = True
        for pid in self.processes:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(pid, signal.SIGKILL)
        while self._idle:
            await self._idle.pop().end()

    @asynccontextmanager
    async def _worker(self) -> AsyncIterator[_Worker]:
        """Yield a worker; one that did not answer is ended."""
        if self._waiting >= self.max_waiting:
            raise TooBusyError(f"{self._waiting} requests wait already; try again later")
        self._waiting += 1
        try:
            await self._places.acquire()
        finally:
            self._waiting -= 1
        try:
            worker = await self._next()
            self._busy.add(worker.process.pid)
            before = worker.n_answers
            try:
                yield worker
            finally:
                self._busy.discard(worker.process.pid)
                if worker.n_answers > before and worker.n_answers < _MOST_ANSWERS:
                    self._idle.append(worker)
                else:
                    await asyncio.shield(worker.end())
        finally:
            self._places.release()

    async def _next(self) -> _Worker:
        """Return a warm worker that lives, or a new one."""
        while self._idle:
            worker = self._idle.pop()
            if worker.process.returncode is None and not self._is_closed:
                return worker
            await worker.end()
        worker = await self._start()
        if self._is_closed:  # perhaps while the worker started
            await worker.end()
            raise WorkerEndedError("the server is ending; start it again: metalearn serve")
        return worker

    async def _start(self) -> _Worker:
        process = await asyncio.create_subprocess_exec(
            *self.command, stdin=PIPE, stdout=PIPE, stderr=DEVNULL, start_new_session=True,
            limit=_LARGEST_ANSWER,
        )  # fmt: skip
        return _Worker(process)
