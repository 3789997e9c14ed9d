"""Processes of this machine; with one job, this process itself.

One thread waits for each process; the threads themselves do no work. A shared value is pickled
once, and sent to a process when the process first needs it.
"""

from __future__ import annotations

import os
import pickle
import signal
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from queue import SimpleQueue
from typing import Any

from metalearn.engines.calls import call
from metalearn.engines.engine import Call, EngineOptions, WorkerLostError
from metalearn.errors import UsageError

__all__ = ["LocalEngine"]

_VALUE, _CALL = b"v", b"c"  # the first byte of a message


@dataclass(frozen=True, slots=True, eq=False)
class _Pickled:
    """A shared value; `data` is its pickle, or the value itself where nothing is sent."""

    data: Any


class LocalEngine:
    """Processes of this machine; with one job, the running process itself.

    Args:
        options: The number of jobs; there is no address.

    Raises:
        UsageError: If an address is given.
    """

    def __init__(self, options: EngineOptions) -> None:
        if options.address is not None:
            raise UsageError(
                f"--address {options.address}: the engine 'local' runs on this machine and has no "
                "address; name the cluster's engine, --engine dask or --engine ray"
            )
        jobs = options.jobs or _n_cores()
        self._threads = ThreadPoolExecutor(jobs) if jobs > 1 else None
        self._processes = [_Process() for _ in range(jobs if jobs > 1 else 0)]
        self._idle: SimpleQueue[_Process] = SimpleQueue()
        for process in self._processes:
            self._idle.put(process)

    @property
    def n_outstanding(self) -> int:
        """Twice the number of processes, so that none of them waits."""
        return 2 * len(self._processes) or 1

    def share(self, value: Any) -> _Pickled:
        """Return the pickled value."""
        return _Pickled(value if self._threads is None else _VALUE + pickle.dumps(value))

    def submit(self, function: Call, handle: _Pickled, item: Any) -> Future[Any]:
        """Start a call; without processes, make it at once."""
        if self._threads is not None:
            return self._threads.submit(self._call, function, handle, item)
        future: Future[Any] = Future()
        try:
            future.set_result(call(function, handle.data, item))
        except Exception as error:  # the caller gets it from the future, as of other engines
            future.set_exception(error)
        return future

    def close(self) -> None:
        """End the processes."""
        for process in self._processes:
            process.kill()
        if self._threads is not None:
            self._threads.shutdown(cancel_futures=True)
        for process in self._processes:
            process.close()

    def _call(self, function: Call, handle: _Pickled, item: Any) -> Any:
        process = self._idle.get()
        try:
            return process.call(function, handle, item)
        finally:
            self._idle.put(process)


class _Process:
    """A worker process, started with its first call and again after it was lost."""

    def __init__(self) -> None:
        self._process: Any = None  # multiprocessing's context classes share no public base
        self._pipe: Any = None
        self._held: _Pickled | None = None
        self._is_closing = False

    def call(self, function: Call, handle: _Pickled, item: Any) -> Any:
        """Return the result of a call, or raise its error.

        Raises:
            WorkerLostError: If the process ends meanwhile.
        """
        message = _CALL + pickle.dumps((function, item))
        try:
            self._start()
            if self._held is not handle:
                self._held = handle
                self._pipe.send_bytes(handle.data)
            self._pipe.send_bytes(message)
            is_result, answer = pickle.loads(self._pipe.recv_bytes())  # noqa: S301  # our own
        except (EOFError, ConnectionError):
            code = self.close()
            raise WorkerLostError(f"the worker process ended with exit code {code}") from None
        if is_result:
            return answer
        raise answer

    def kill(self) -> None:
        """End the process, from another thread; it is not started again."""
        self._is_closing = True
        process = self._process
        if process is not None:
            process.kill()

    def close(self) -> int | None:
        """End the process and return its exit code."""
        process, self._process, self._held = self._process, None, None
        if process is None:
            return None
        process.join(1.0)
        if process.is_alive():
            process.kill()
            process.join()
        self._pipe.close()
        code: int | None = process.exitcode
        return code

    def _start(self) -> None:
        from metalearn.learners.isolation import start_process, worker_context

        if self._is_closing:
            raise EOFError
        if self._process is not None and self._process.is_alive():
            return
        self.close()
        context = worker_context()
        self._pipe, far_end = context.Pipe()
        self._process = start_process(context, _serve, (far_end,))
        far_end.close()
        if self._is_closing:  # since a moment ago
            self._process.kill()
            raise EOFError


def _serve(pipe: Any) -> None:
    """Answer calls until the pipe closes; a shared value comes before the first call with it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ[name] = "1"
    value: Any = None
    unread = b""
    while True:
        try:
            message = pipe.recv_bytes()
            if message[:1] == _VALUE:
                value, unread = None, message[1:]
                continue
            try:
                if unread:
                    value, unread = pickle.loads(unread), b""  # noqa: S301  # from our parent
                function, item = pickle.loads(message[1:])  # noqa: S301  # from our parent
                answer = pickle.dumps((True, call(function, value, item)))
            except Exception as error:  # the parent raises it
                answer = _failure(error)
            pipe.send_bytes(answer)
        except (EOFError, ConnectionError):
            return


def _failure(error: Exception) -> bytes:
    """Return the pickle of (False, error); of its text if the error cannot be pickled."""
    try:
        data = pickle.dumps((False, error))
        pickle.loads(data)  # noqa: S301  # our own
    except Exception:  # whatever its class does
        return pickle.dumps((False, RuntimeError(f"{type(error).__name__}: {error}")))
    return data


def _n_cores() -> int:
    """Return the number of cores that this process may use."""
    from joblib import cpu_count

    return int(cpu_count())
