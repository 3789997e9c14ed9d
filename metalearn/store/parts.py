"""Evaluations are read in parts of whole tasks, so that memory does not grow with the store."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TypeVar

__all__ = ["ranges"]

_Id = TypeVar("_Id", int, str)


def ranges(amounts: Sequence[tuple[_Id, int]], most: int) -> Iterator[tuple[_Id, _Id]]:
    """Yield the first and last id of tasks that are read at once.

    Args:
        amounts: Id and number of rows of each task, by id.
        most: Rows of a part; a task with more is a part of its own.

    >>> list(ranges([(0, 2), (1, 2), (3, 9), (4, 1)], 5))
    [(0, 1), (3, 3), (4, 4)]
    """
    ids: list[_Id] = []
    n_rows = 0
    for task, amount in amounts:
        if ids and n_rows + amount > most:
            yield ids[0], ids[-1]
            ids, n_rows = [], 0
        ids.append(task)
        n_rows += amount
    if ids:
        yield ids[0], ids[-1]
