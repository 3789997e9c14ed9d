"""Rows that a listing no longer contains: deleted, or missing from one answer?

An absence counts only if two answers agree on it. The second one must also contain a row that is
known to exist, which shows that the query itself worked.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from metalearn.harvesters.openml.addresses import id_batches
from metalearn.harvesters.openml.client import TooManyError
from metalearn.harvesters.openml.leaves import Key, RowType
from metalearn.harvesters.openml.listing import ListReader
from metalearn.harvesters.openml.slices import Slice
from metalearn.harvesters.openml.transport import PackedAnswer

__all__ = ["Absence", "check_absent"]

Row = TypeVar("Row", bound=RowType)
_TRIES, _MAX_IDS = 4, 700


@dataclass(slots=True)
class Absence(Generic[Row]):
    """Deleted keys, rows that still exist, and undecided keys."""

    gone: set[Key] = field(default_factory=set)
    back: dict[Key, Row] = field(default_factory=dict)
    undecided: set[Key] = field(default_factory=set)
    pages: list[PackedAnswer] = field(default_factory=list)


def check_absent(
    reader: ListReader[Row], anywhere: Slice, absent: set[Key], alive: Collection[int]
) -> Absence[Row]:
    """Request absent rows by run id, together with a run that must be listed.

    Args:
        reader: Reads the listing.
        anywhere: The measure without flows and tasks.
        absent: Keys of rows that a confirmed slice no longer contains.
        alive: Some runs of the last answers; empty if all rows seem to be deleted.
    """
    result: Absence[Row] = Absence()
    if not alive and not _answers(reader, anywhere):
        result.undecided = set(absent)
        return result
    by_run: dict[int, set[Key]] = {}
    for key in absent:
        by_run.setdefault(key[0], set()).add(key)
    most = max(1, min(_MAX_IDS, reader.page_rows - len(alive)))
    for batch in id_batches(sorted(by_run), most):
        keys = {key for run in batch for key in by_run[run]}
        requested = sorted({*batch, *alive})
        rows = _requested_again(reader, anywhere, requested, alive, result.pages)
        if rows is None:
            result.undecided |= keys
            continue
        result.back |= {key: row for key, row in rows.items() if key in keys}
        result.gone |= keys - rows.keys()
    return result


def _requested_again(
    reader: ListReader[Row],
    anywhere: Slice,
    runs: list[int],
    alive: Collection[int],
    pages: list[PackedAnswer],
) -> dict[Key, Row] | None:
    """Return the rows of some runs from a trustworthy answer, or None."""
    previous: set[Key] | None = None
    for _ in range(_TRIES):
        try:
            rows, answer = reader.rows_of_runs(anywhere, runs)
        except TooManyError:
            return None
        if any(run in alive for run, _ in rows):
            if answer is not None:
                pages.append(answer.packed())
            return rows
        if not alive:
            if previous == set(rows):
                return rows
            previous = set(rows)
    return None


def _answers(reader: ListReader[Row], anywhere: Slice) -> bool:
    """Return whether the server lists any row of the measure, as a working one would."""
    try:
        rows, _ = reader.rows_of(anywhere, limit=1, offset=0)
    except TooManyError:
        return True
    return bool(rows)
