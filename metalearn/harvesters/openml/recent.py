"""What is looked at every time: the newest known runs, the ids above them, the awaited runs.

A count that is as it was may hide a new row and a lost one. Runs can be asked for by their ids,
whatever the order of the listing: so the newest are always compared, and new or late rows are
found without listing a slice again.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Generic, TypeVar

from metalearn.harvesters.openml.addresses import batches
from metalearn.harvesters.openml.transport import Answer, PackedAnswer

__all__ = ["Hints", "Recent", "look_at_recent"]

_BLOCK, _FIRST, _MAX_BLOCKS = 600, 300, 12
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
    """

    above: int
    recent: frozenset[Key] = frozenset()
    awaited: tuple[int, ...] = ()


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
    ask: AskRuns[Row], hints: Hints, growth: int, *, cap: int, most_awaited: int
) -> Recent[Row] | None:
    """Return the rows of recent runs; looks further while they do not explain the growth.

    Args:
        ask: From run ids to their rows; None if they cannot be asked for.
        hints: What is known.
        growth: Rows that the slice has more than before; may be negative.
        cap: Most rows in one answer.
        most_awaited: Awaited runs are asked for only if that takes at most so many requests.
    """
    hints = replace(hints, recent=frozenset(heapq.nlargest(cap // 2, hints.recent)))
    found: Recent[Row] = Recent(hints)
    above, size, n_first = hints.above, min(_BLOCK, cap), min(_FIRST, cap // 2)
    newest = sorted({run for run, _ in hints.recent})
    lately = list(batches(list(hints.awaited), most=size))
    first = [*newest, *range(above + 1, above + 1 + n_first)]
    starts = range(above + 1 + n_first, above + 1 + _MAX_BLOCKS * size, size)
    blocks = [range(start, start + size) for start in starts]
    queue = [first, *(lately if len(lately) <= most_awaited else []), *map(list, blocks)]
    n_needed, n_empty = len(queue) - len(blocks), 0
    for position, runs in enumerate(queue):
        if position >= n_needed and (growth <= 0 or growth in found.fresh or n_empty == 3):
            break
        answer = ask(runs)
        if answer is None:
            return None
        rows, page = answer
        if page is not None:
            found.origins.update(dict.fromkeys(rows, len(found.pages)))
            found.pages.append(page.packed())
        found.rows.update(rows)
        n_empty = n_empty + 1 if position >= n_needed and not rows else 0
    return found
