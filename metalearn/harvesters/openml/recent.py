"""What is looked at every time: the ids above the highest known run.

A count that is as it was may hide a new row and a lost one. Runs can be asked for by their ids,
whatever the order of the listing: so new ones are found without listing a slice again.
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
    """What is known of a slice before it is read.

    Attributes:
        above: Highest run known.
        recent: The newest rows known.
        awaited: Runs that are known and have no row yet.
        fresh: Runs that were not known when the harvest began.
    """

    above: int
    recent: frozenset[Key] = frozenset()
    awaited: tuple[int, ...] = ()
    fresh: tuple[int, ...] = ()


@dataclass(slots=True)
class Recent(Generic[Row]):
    """Rows of the newest, new and awaited runs, the pages that they came in, and their places."""

    hints: Hints
    rows: dict[Key, Row] = field(default_factory=dict)
    pages: list[PackedAnswer] = field(default_factory=list)
    origins: dict[Key, int] = field(default_factory=dict)

    @property
    def fresh(self) -> tuple[int, int]:
        """Rows that were not known, and their runs: it is not known which of them is counted."""
        keys = self.rows.keys() - self.hints.recent
        return len(keys), len({run for run, _ in keys})

    @property
    def n_lost(self) -> int:
        """Newest known rows that are no longer listed."""
        return len(self.hints.recent - self.rows.keys())


def look_at_recent(
    ask: AskRuns[Row], hints: Hints, growth: int, *, cap: int, count: int
) -> Recent[Row] | None:
    """Return the rows of new runs; looks further while they do not explain the growth.

    Args:
        ask: From run ids to their rows; None if they cannot be asked for.
        hints: What is known.
        growth: Rows that the slice has more than before; may be negative.
        cap: Most rows in one answer.
        count: Rows of the slice: blocks of ids end where listing it again costs less.
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
