"""Runs many calls on an engine: a bounded number at once; calls of a lost worker are repeated.

A call whose worker was lost is repeated once, alone: if memory was short it has all of it, and if
the worker is lost again this call is the cause, not one that ran beside it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, wait
from dataclasses import dataclass, replace
from typing import Any

from metalearn.engines.engine import Call, Engine, WorkerLostError

__all__ = ["Work", "outcomes", "results"]


@dataclass(frozen=True, slots=True, eq=False)
class Work:
    """One call.

    Attributes:
        handle: Of the shared value, from `Engine.share`.
        item: The other argument.
        was_lost: Whether a worker was lost with it before.
    """

    handle: Any
    item: Any
    was_lost: bool = False


def outcomes(
    engine: Engine, function: Call, work: Iterable[Work]
) -> Iterator[tuple[Any, Any | WorkerLostError]]:
    """Yield each item with its result as calls finish; with the error if it was lost twice.

    Args:
        engine: Where the calls run.
        function: Of the shared value and an item; it must not depend on anything else.
        work: The calls; taken from the iterable as they are started.

    Raises:
        BaseException: What a function raised; calls under way are cancelled.
    """
    running: dict[Future[Any], Work] = {}
    suspects: deque[Work] = deque()
    fresh = iter(work)
    try:
        while True:
            _start(engine, function, running, suspects, fresh)
            if not running:
                return
            done, _ = wait(running, return_when=FIRST_COMPLETED)
            for future in done:
                finished = running.pop(future)
                try:
                    result = future.result()
                except WorkerLostError as error:
                    if not finished.was_lost:
                        suspects.append(replace(finished, was_lost=True))
                        continue
                    result = error
                yield finished.item, result
    finally:
        for future in running:
            future.cancel()


def results(
    engine: Engine,
    function: Call,
    value: Any,
    items: Iterable[Any],
    progress: Callable[[int], object] = lambda _: None,
) -> list[Any]:
    """Return `function(value, item)` of every item, in their order.

    Args:
        engine: Where the calls run.
        function: Of the value and an item.
        value: What all calls share.
        items: The items.
        progress: Called with the number of finished calls.

    Raises:
        WorkerLostError: If a worker was lost twice with one of them.
    """
    found: dict[int, Any] = {}
    handle = engine.share(value)
    numbered = [Work(handle, item) for item in enumerate(items)]
    for (number, _), result in outcomes(engine, _Numbered(function), numbered):
        if isinstance(result, WorkerLostError):
            raise result
        found[number] = result
        progress(len(found))
    return [found[number] for number in range(len(numbered))]


@dataclass(frozen=True, slots=True)
class _Numbered:
    """A function of the value and `(number, item)`."""

    function: Call

    def __call__(self, value: Any, numbered: tuple[int, Any]) -> Any:
        return self.function(value, numbered[1])


def _start(
    engine: Engine,
    function: Call,
    running: dict[Future[Any], Work],
    suspects: deque[Work],
    fresh: Iterator[Work],
) -> None:
    """Start what may start: one suspect alone, or fresh calls until enough are under way."""
    if suspects:
        if not running:
            work = suspects.popleft()
            running[engine.submit(function, work.handle, work.item)] = work
        return
    while len(running) < engine.n_outstanding:
        following = next(fresh, None)
        if following is None:
            return
        running[engine.submit(function, following.handle, following.item)] = following
