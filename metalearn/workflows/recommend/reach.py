"""How far a table lies outside the known tasks: one note for each measure that exceeds them."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from metalearn.learners.tables import Table
from metalearn.metafeatures.view import Limits
from metalearn.numerics.runtime_model import RuntimeModel
from metalearn.workflows.recommend.expectation import seconds_on
from metalearn.workflows.recommend.known import Known

__all__ = ["notes_on_reach", "times_known_rows"]

_FAR = 4.0  # times the largest known size
_NINE_TENTHS = 1.2816  # quantile of the normal distribution: 80 % lie within plus and minus


def times_known_rows(table: Table, known: Known) -> float:
    """Return the rows of a table over the most that the known fits learned from; 0 if unknown."""
    return len(table.y) / _known_rows(known)


def notes_on_reach(table: Table, known: Known) -> list[str]:
    """Return a sentence for each size of the table far above those known, and on sampling."""
    meta, runtimes = known.meta, known.runtimes
    notes = []
    n_rows, n_columns = table.X.shape
    most_rows = _known_rows(known)
    if n_rows > _FAR * most_rows:
        notes.append(
            f"the table has {n_rows:,} rows, {n_rows / most_rows:.0f} times the {most_rows:,.0f} "
            "that the known fits learned from: their order, scores and seconds are extrapolated"
        )
    most_columns = _most(t.n_features for t in meta.tasks)
    if n_columns > _FAR * most_columns:
        notes.append(
            f"the table has {n_columns:,} columns, {n_columns / most_columns:.0f} times those of "
            f"the widest known task ({most_columns:,.0f}): scores and seconds are extrapolated"
        )
    most_classes = _most(t.n_classes for t in meta.tasks)
    if (n_classes := table.n_classes or 0) > _FAR * most_classes:
        notes.append(
            f"the target has {n_classes:,} classes, the known tasks at most {most_classes:,.0f}: "
            "scores and seconds are extrapolated"
        )
    if notes and runtimes:
        notes.append(f"expected seconds hold within a factor of {_factor(table, runtimes):.1f} "
                     "for four of five such tables")  # fmt: skip
    if table.X.size > (most_cells := Limits().cells):
        notes.append(
            f"the table has {table.X.size:,} cells, more than {most_cells:,}: costly "
            "meta-features were computed on a sample of its rows"
        )
    return notes


def _known_rows(known: Known) -> float:
    """Return how many rows the known fits learned from; infinity if nobody knows.

    The model of seconds knows the rows of training sets, the tasks only those of whole tables.
    """
    return (
        known.runtimes.largest[0] if known.runtimes else _most(t.n_rows for t in known.meta.tasks)
    )


def _factor(table: Table, runtimes: RuntimeModel) -> float:
    """Return the factor within which 80 % of seconds lie around those of a usual configuration."""
    _, log_sd = seconds_on(runtimes, table)
    return float(np.exp(_NINE_TENTHS * np.median(log_sd)))


def _most(sizes: Iterable[int | None]) -> float:
    """Return the largest known size; infinity if none is known, so that nothing is far."""
    return max((float(size) for size in sizes if size), default=float("inf"))
