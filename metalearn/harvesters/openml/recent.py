"""Check of the newest runs in every harvest: known ones, and ids above the highest known run.

An unchanged count may hide one new and one deleted row. Runs can be requested by id regardless of
the order of the listing, so new ones are found without listing a slice again.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from metalearn.harvesters.openml.transport import Answer, PackedAnswer

__all__ = ["Hints", "Recent", "look_at_recent"]

_BLOCK, _FIRST, _MAX_BLOCKS, _MAX_EMPTY = 600, 300, 12, 3
Key = tuple[int, int]  # (run, engine)
Row = TypeVar("Row")
AskRuns = Callable[[list[int]], "tuple[dict[Key, Row], Answer | None] | None"]


@dataclass(frozen=True, slots=True)
class Hints:
    """Knowledge of a slice before it is read.

    Attributes:
        above: Highest run known.
        recent: The newest rows known.
        awaited: Known runs without a row.
        fresh: Runs that were unknown when the harvest began.
    """

    above: int
    recent: frozenset[Key] = frozenset()
    awaited: tuple[int, ...] = ()
    fresh: tuple[int, ...] = ()


@dataclass(slots=True)
class Recent(Generic[Row]):
    """Rows of the newest, new and awaited runs, with their pages and positions."""

    hints: Hints
    rows: dict[Key, Row] = field(default_factory=dict)
    pages: list[PackedAnswer] = field(default_factory=list)
    origins: dict[Key, int] = field(default_factory=dict)

    @property
    def fresh(self) -> tuple[int, int]:
        """Numbers of new rows and of their runs; the server may count either."""
        keys = self.rows.keys() - self.hints.recent
        return len(keys), len({run for run, _ in keys})

    @property
    def n_lost(self) -> int:
        """Newest known rows that are no longer listed."""
        return len(self.hints.recent - self.rows.keys())


def look_at_recent(
    ask: AskRuns[Row], hints: Hints, growth: int, *, cap: int, count: int
) -> Recent[Row] | None:
    """Return the rows of new runs; requests more ids until they explain the growth.

    Args:
        ask: From run ids to their rows; None if they cannot be requested.
        hints: Known rows and runs.
        growth: Increase in the number of rows; may be negative.
        cap: Maximum rows in one answer.
        count: Rows of the slice; the search ends where listing it again costs less.
    """
    found: Recent[Row] = Recent(hints)
    size = max(1, min(_BLOCK, 2 * cap // 3))  # a run may have two rows
    start, n_blocks, n_empty = hints.above + 1, 0, 0
    most = max(_MAX_BLOCKS, count // (2 * cap))
    while n_blocks < most and n_empty < _MAX_EMPTY:
        runs = list(range(start, start + (size if n_blocks else min(_FIRST, size))))
        answer = ask(runs)
        if answer is None:
            return None
        rows, page = answer
        if page is not None:
            found.origins.update(dict.fromkeys(rows, len(found.pages)))
            found.pages.append(page.packed())
        found.rows.update(rows)
        if growth <= 0 or growth in found.fresh:
            break
        start, n_blocks, n_empty = runs[-1] + 1, n_blocks + 1, 0 if rows else n_empty + 1
    return found
