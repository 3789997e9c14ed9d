"""Requests by id: suites, tasks, estimation procedures, qualities, flows and setups.

Uses the bulk form of the API where there is one, and checks that each answer matches the request.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Protocol, TypeVar

from metalearn.errors import HarvestError
from metalearn.harvesters.openml.addresses import address, id_batches
from metalearn.harvesters.openml.client import (
    RefusedError,
    TooManyError,
    UnansweredError,
    UnknownError,
)
from metalearn.harvesters.openml.pages import (
    Component,
    Listed,
    ListedTask,
    ProcedureRow,
    SetupRow,
    read_flow,
    read_ids,
    read_procedures,
    read_qualities,
    read_setups,
    read_task,
    read_tasks,
)
from metalearn.harvesters.openml.transport import Answer
from metalearn.harvesters.openml.xml import PageError

__all__ = ["fetch_flow", "fetch_procedures", "fetch_qualities", "fetch_setups", "fetch_tasks",
           "insist", "suite_tasks"]  # fmt: skip

PROCEDURES = "estimationprocedure/list"
_SETUPS, _TASKS = 500, 800
_TRIES = 5  # a failed query looks like a missing entity
T = TypeVar("T")


class Asks(Protocol):
    """Interface of the client that the look-ups use."""

    def ask(self, path: str, read: Callable[[bytes], T]) -> tuple[T, Answer]:
        """Return the parsed answer to a request, and the raw answer."""
        ...


def suite_tasks(client: Asks, suite: int) -> tuple[int, ...]:
    """Return the ids of the tasks of a benchmark suite, ascending.

    Raises:
        HarvestError: If there is no such suite or it has no tasks.
    """
    try:
        found, _ = insist(
            client, f"study/{suite}", lambda body: read_ids(body, "tasks", "task_id")
        )
    except UnknownError:
        raise HarvestError(
            f"OpenML has no suite {suite}; suites are listed at www.openml.org/search?type=study "
            "(OpenML-CC18 is 99)"
        ) from None
    if not found:
        raise HarvestError(f"suite {suite} has no tasks; name another one, or tasks with --task")
    return tuple(found)


def fetch_tasks(client: Asks, ids: Sequence[int]) -> Iterator[tuple[ListedTask, Answer]]:
    """Yield the tasks with these ids and the answers that they came in; unknown ones are left out.

    Raises:
        UnansweredError: If a task can be fetched neither in bulk nor alone.
    """
    for batch in id_batches(sorted(ids), _TASKS):
        left = set(batch)
        for _ in range(_TRIES):
            for row, answer in _listed_tasks(client, sorted(left)):
                if row.task in left:
                    left.discard(row.task)
                    yield row, answer
            if not left:
                break
        for task in sorted(left):  # not listed: request it alone
            try:
                row, answer = insist(client, f"task/{task}", partial(_only_task, task))
            except (UnknownError, RefusedError):
                continue
            yield row, answer


def _only_task(task: int, body: bytes) -> ListedTask:
    row = read_task(body)
    if row.task != task:
        raise PageError("a task that was not requested")
    return row


def _listed_tasks(client: Asks, batch: list[int]) -> list[tuple[ListedTask, Answer]]:
    path = address("task/list", task_id=batch, status="all", limit=len(batch))
    try:
        listed, answer = client.ask(path, read_tasks)
    except (UnknownError, RefusedError, TooManyError):
        return []
    return [(row, answer) for row in listed.rows]


def fetch_procedures(client: Asks) -> tuple[dict[int, ProcedureRow], Answer | None]:
    """Return the estimation procedures by id, and the answer; nothing if they are not listed.

    Raises:
        UnansweredError: If no usable answer came.
    """
    try:
        listed, answer = insist(client, PROCEDURES, read_procedures)
    except (UnknownError, RefusedError):
        return {}, None
    return {row.id: row for row in listed.rows}, answer


def fetch_qualities(client: Asks, data: int) -> tuple[dict[str, float | None], Answer | None]:
    """Return the qualities of a data set and the answer; none and None if it has none."""
    try:
        return insist(client, f"data/qualities/{data}", read_qualities)
    except (UnknownError, RefusedError):  # refused: a private data set
        return {}, None


def fetch_flow(client: Asks, flow: int) -> tuple[Component, Answer] | None:
    """Return a flow with its components and the answer; None if the server has none."""

    def read(body: bytes) -> Component:
        found = read_flow(body)
        if found.flow != flow:
            raise PageError("a flow that was not requested")
        return found

    try:
        return insist(client, f"flow/{flow}", read)
    except (UnknownError, RefusedError):
        return None


def fetch_setups(client: Asks, ids: Sequence[int]) -> Iterator[tuple[list[SetupRow], Answer]]:
    """Yield setups, some hundred at a time; those that the server never lists are left out.

    Raises:
        UnansweredError: If a part got no usable answer; the parts before it were yielded.
    """
    for batch in id_batches(sorted(ids), _SETUPS):
        left, tries = set(batch), 0
        while left and tries < _TRIES:
            before = len(left)
            for rows, answer in _some_setups(client, sorted(left)):
                left -= {row.setup for row in rows}
                yield rows, answer
            tries = tries + 1 if len(left) == before else 0


def _some_setups(client: Asks, ids: list[int]) -> Iterator[tuple[list[SetupRow], Answer]]:
    requested = set(ids)

    def read(body: bytes) -> Listed[SetupRow]:
        listed = read_setups(body)
        if any(row.setup not in requested for row in listed.rows):
            raise PageError("setups that were not requested")
        return listed

    try:
        listed, answer = client.ask(address("setup/list", setup=ids, limit=len(ids)), read)
    except UnknownError:
        return
    except UnansweredError:
        if len(ids) == 1:
            raise
        # Perhaps too large for one answer: request the halves.
        middle = len(ids) // 2
        yield from _some_setups(client, ids[:middle])
        yield from _some_setups(client, ids[middle:])
        return
    yield listed.rows, answer


def insist(client: Asks, path: str, read: Callable[[bytes], T]) -> tuple[T, Answer]:
    """Request an entity that must exist; accept its absence only after repeated answers."""
    for _ in range(_TRIES - 1):
        try:
            return client.ask(path, read)
        except UnknownError:
            continue
    return client.ask(path, read)
