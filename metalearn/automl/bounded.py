"""A computation that ends by a deadline, whatever it computes and however busy the machine is.

It runs in a process forked from this one, which is killed at the deadline. It may yield several
answers, each better than the one before: the last one that came in time counts. Where processes
cannot be forked it runs at once in this process, without a deadline.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import sys
import time
import warnings
from collections.abc import Callable, Iterator
from typing import Any, Generic, TypeVar

from metalearn.automl.leash import die_with_parent, end, slowness_of
from metalearn.errors import MetalearnError

__all__ = ["Computation", "within"]

T = TypeVar("T")
CAN_FORK = sys.platform == "linux"
_PAUSE_S = 0.05


class Computation(Generic[T]):
    """A computation under way.

    Args:
        compute: Yields answers, each better than the one before. It may change nothing that this
            process is to see.
        may_fork: Whether it can run in another process: not if it uses a database that is open
            here.
    """

    def __init__(self, compute: Callable[[], Iterator[T]], *, may_fork: bool = True) -> None:
        self._answers: list[T] = []
        self._error: MetalearnError | None = None
        self._process: Any = None  # multiprocessing's context classes share no public base
        self._pipe: Any = None
        self.is_done = not (may_fork and CAN_FORK)
        if self.is_done:
            self._error = _run(compute, self._keep)
            return
        context = multiprocessing.get_context("fork")
        self._pipe, far_end = context.Pipe(duplex=False)
        self._process = context.Process(target=_serve, args=(far_end, compute), daemon=True)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # forks beside threads: see worker
            self._process.start()
        far_end.close()

    @property
    def pipe(self) -> Any:
        """The connection that becomes readable when there is an answer; None if done."""
        return self._pipe

    @property
    def slowness(self) -> float:
        """How many times longer it takes as it waits for a processor."""
        return 1.0 if self._process is None else slowness_of(self._process.pid)

    def poll(self, timeout_s: float = 0.0) -> bool:
        """Take in what has arrived; return whether the computation has ended."""
        try:
            while not self.is_done and self._pipe.poll(timeout_s):
                timeout_s = 0.0
                what, value = self._pipe.recv()
                if what == "answer":
                    self._keep(value)
                else:
                    self._error = value
                    self.close()
        except (EOFError, OSError):  # it crashed, or was killed
            self.close()
        return self.is_done

    def answer(self) -> T | None:
        """Return the best answer so far, or None.

        Raises:
            MetalearnError: If the computation raised it, and gave no answer before.
        """
        if self._answers:
            return self._answers[0]
        if self._error is not None:
            raise self._error
        return None

    def wait(self, deadline: float, clock: Callable[[], float] = time.monotonic) -> T | None:
        """Return the last answer by the deadline, or None; the process is ended then.

        Raises:
            MetalearnError: If the computation raised it, and gave no answer before.
        """
        try:
            while not self.is_done:
                left = deadline - clock()
                if left <= 0 and not self.poll(0.0):
                    break
                self.poll(min(left, _PAUSE_S))
        finally:
            self.close()
        return self.answer()

    def _keep(self, answer: T) -> None:
        self._answers = [answer]

    def close(self) -> None:
        """End the process, if it still runs."""
        self.is_done = True
        if self._process is not None:
            end(self._process)
            self._pipe.close()
        self._process = self._pipe = None


def within(
    deadline: float,
    compute: Callable[[], Iterator[T]],
    clock: Callable[[], float] = time.monotonic,
) -> T | None:
    """Return the last answer of a computation by the deadline, on the clock, or None.

    Raises:
        MetalearnError: If the computation raised it, and gave no answer before.
    """
    if clock() >= deadline:
        return None
    return Computation(compute).wait(deadline, clock)


def _serve(pipe: Any, compute: Callable[[], Iterator[Any]]) -> None:
    from threadpoolctl import threadpool_limits

    signal.signal(signal.SIGINT, signal.SIG_IGN)
    die_with_parent()
    with contextlib.suppress(BrokenPipeError), threadpool_limits(1):
        error = _run(compute, lambda answer: pipe.send(("answer", answer)))
        pipe.send(("end", error))
    pipe.close()
    os._exit(0)  # finalizers belong to the parent


def _run(compute: Callable[[], Iterator[T]], keep: Callable[[T], None]) -> MetalearnError | None:
    """Pass the answers on; return the error that ended them, in words if it is not ours."""
    try:
        for answer in compute():
            keep(answer)
    except MetalearnError as error:
        return error
    except Exception as error:  # whatever it is, the caller goes on without an answer
        return MetalearnError(f"{type(error).__name__}: {error}"[:300])
    return None
