"""Paging through an unordered, changing listing: overlapping pages, repeated sweeps."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from metalearn.harvesters.openml.pages import Listed
from metalearn.harvesters.openml.transport import Answer, PackedAnswer

__all__ = ["Sweeps", "sweep_until_stable"]

_MAX_SWEEPS = 5
Row = TypeVar("Row")
Key = tuple[int, int]
Page = Callable[[int, int], "tuple[Listed[Row], Answer] | None"]


@dataclass(slots=True)
class Sweeps(Generic[Row]):
    """Rows found by sweeps; stable if a count or a second sweep confirms them."""

    rows: dict[Key, Row] = field(default_factory=dict)
    pages: list[PackedAnswer] = field(default_factory=list)
    origins: dict[Key, int] = field(default_factory=dict)  # position of a row's page
    rejected: Counter[str] = field(default_factory=Counter)
    is_stable: bool = False


def sweep_until_stable(
    page: Page[Row],
    key: Callable[[Row], Key],
    recount: Callable[[], int | None],
    *,
    count: int | None,
    cap: int,
    most: int | None = None,
    numbers: bool = False,
) -> Sweeps[Row]:
    """Return all rows of a listing.

    Args:
        page: From limit and offset to the rows there and the answer; None at the end.
        key: Identity of a row.
        recount: Returns the number of rows on the server; None if unknown.
        count: Number of rows before the first sweep; None if unknown.
        cap: Maximum rows in one page.
        most: Maximum number of sweeps; a single one is not confirmed by another.
        numbers: Whether repeated rows are distinct; the second row of a key then gets the next
            key, and so on.

    Returns:
        The rows of the confirmed sweep; without one, the union of all sweeps.
    """
    everything: Sweeps[Row] = Sweeps()
    previous: set[Key] | None = None
    for _ in range(_MAX_SWEEPS):
        found, places = _sweep(page, key, count, cap)
        if numbers:
            _number(found, places)
        if most == 1:
            return found
        everything.rows.update(found.rows)
        shift = len(everything.pages)
        everything.origins.update({k: at + shift for k, at in found.origins.items()})
        everything.pages += found.pages
        everything.rejected = found.rejected
        after = recount()
        n, n_runs = len(found.rows) + found.rejected.total(), len({run for run, _ in found.rows})
        counted = count is not None and count == after and count in (n, n_runs)
        if counted or set(found.rows) == previous:
            found.is_stable = True
            return found
        previous, count = set(found.rows), after
    return everything


def _number(found: Sweeps[Row], places: dict[int, Key]) -> None:
    """Assign a key to each occurrence of a row in a listing."""
    for key, n in Counter(places.values()).items():
        for more in range(1, n):
            other = (key[0], key[1] + more)
            found.rows[other], found.origins[other] = found.rows[key], found.origins[key]


def _sweep(
    page: Page[Row], key: Callable[[Row], Key], count: int | None, cap: int
) -> tuple[Sweeps[Row], dict[int, Key]]:
    """Return the rows of one sweep, and the key at every position of the listing."""
    overlap = max(1, cap // 25)
    found: Sweeps[Row] = Sweeps()
    places: dict[int, Key] = {}
    offset, last, jumps, ends, repeats = 0, set[Key](), 0, 0, 0
    while True:
        answer = page(cap, offset)
        listed = answer[0] if answer else None
        if answer is None or listed is None or listed.n == 0:
            ends += 1
            if ends > 1 or count is None or offset + overlap >= count:
                return found, places
            continue  # "no results" before the end: repeat the request once
        keys = [key(row) for row in listed.rows]
        is_new = not found.rows.keys() >= set(keys)
        if last and not last & set(keys) and jumps < 3:
            # More rows before this page were deleted than the overlap covers: step back.
            jumps += 1
            offset = max(0, offset - cap // 2)
            last = set()
            continue
        places.update(enumerate(keys, offset))
        found.rows.update(zip(keys, listed.rows, strict=True))
        found.origins.update(dict.fromkeys(keys, len(found.pages)))
        found.pages.append(answer[1].packed())
        found.rejected.update(listed.rejected)
        is_last = listed.n < cap and (count is None or offset + listed.n >= count)
        if is_last or not (is_new or listed.n == cap):
            return found, places
        if not is_new and repeats < 3:  # the page before, once more
            repeats += 1
            continue
        jumps = repeats = 0
        last = set(keys[-overlap:])
        offset += max(1, listed.n - overlap)
