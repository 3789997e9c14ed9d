"""From stored evaluations to a tasks x configurations matrix: folds averaged, repetitions reduced.

A cell is one task and configuration under one metric at full fidelity (METHODS 0.4). Within one
source and seed its value is the mean over folds; an aggregate (fold -1) is used only where no
folds are stored; one failed fold makes the repetition a failure. Over several sources or seeds,
the value is the median of the successful repetitions.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np
import numpy.typing as npt

from metalearn.core.arrays import Bools, Floats, Ints

__all__ = ["CellValues", "are_single", "averaged", "joined", "single_cells"]

_MOST_EMPTY = 16  # cells of a part for each evaluation, up to which equal ones are looked for


@dataclass(frozen=True, slots=True)
class CellValues:
    """Values of cells, all arrays `(n,)`.

    Attributes:
        row: Index of the task.
        column: Index of the configuration.
        value: Raw score; NaN where the evaluation failed.
        failed: Whether no repetition succeeded.
        runtime_s: Mean seconds of one fold; NaN = unknown.
        status: Code of the status: 0 = ok, otherwise that of the failure.
    """

    row: Ints
    column: Ints
    value: Floats
    failed: Bools
    runtime_s: Floats
    status: Ints

    def take(self, chosen: Bools | Ints) -> CellValues:
        """Return the chosen cells."""
        return CellValues(*(getattr(self, field.name)[chosen] for field in fields(self)))


def are_single(rows: Ints, columns: Ints) -> bool:
    """Return whether there is one evaluation for each cell, as far as this is quickly found."""
    if not len(rows):
        return True
    first, width = int(rows.min()), int(columns.max()) + 1
    n_cells = (int(rows.max()) - first + 1) * width
    if n_cells > _MOST_EMPTY * len(rows):
        return False
    seen = np.zeros(n_cells, dtype=np.bool_)
    seen[(rows - first) * width + columns] = True
    return int(np.count_nonzero(seen)) == len(rows)


def single_cells(
    rows: Ints, columns: Ints, *, value: Floats, status: Ints, runtime_s: Floats
) -> CellValues:
    """Return the cells of evaluations that `are_single`, in their order; see `averaged`."""
    failed = status > 0
    return CellValues(rows, columns, np.where(failed, np.nan, value), failed, runtime_s, status)


def averaged(
    rows: Ints,
    columns: Ints,
    *,
    repetition: Ints,
    fold: Ints,
    value: Floats,
    status: Ints,
    runtime_s: Floats,
) -> CellValues:
    """Return one cell for each (row, column), sorted by row, then column.

    Args:
        rows: Index of the task, `(n_evaluations,)` as all others.
        columns: Index of the configuration.
        repetition: Code of source and seed.
        fold: 0.. or -1 for an aggregate.
        value: Raw score; NaN unless ok.
        status: 0 = ok, above = a failure.
        runtime_s: Seconds of the fold; NaN = unknown.
    """
    order = _order(rows, columns, repetition, fold)
    starts = _starts(rows[order], columns[order], repetition[order])
    if len(starts) < len(order):
        # Aggregates sort first in their repetition and are dropped if a fold follows.
        size = np.diff(np.append(starts, len(order)))
        has_folds = np.repeat(np.maximum.reduceat(fold[order], starts) >= 0, size)
        order = order[(fold[order] >= 0) | ~has_folds]
    rows, columns, repetition, status = (a[order] for a in (rows, columns, repetition, status))
    value, runtime_s = value[order], runtime_s[order]
    starts = _starts(rows, columns, repetition)
    rows, columns = rows[starts], columns[starts]
    value, runtime_s = _means(value, starts), _known_means(runtime_s, starts)
    status = np.maximum.reduceat(status, starts) if len(starts) else status[starts]
    value = np.where(status > 0, np.nan, value)
    starts = _starts(rows, columns)
    if len(starts) < len(rows):
        value, runtime_s, status = _medians(value, runtime_s, status, starts)
        rows, columns = rows[starts], columns[starts]
    return CellValues(rows, columns, value, status > 0, runtime_s, status)


def joined(parts: Sequence[CellValues]) -> CellValues:
    """Return the cells of parts that hold different tasks, sorted by row, then column."""
    if not parts:
        none = np.empty(0, dtype=np.int64)
        return CellValues(none, none, np.empty(0), none > 0, np.empty(0), none)
    whole = CellValues(
        *(np.concatenate([getattr(p, f.name) for p in parts]) for f in fields(CellValues))
    )
    key = whole.row * (int(whole.column.max(initial=0)) + 1) + whole.column
    return whole if (np.diff(key) > 0).all() else whole.take(np.argsort(key, kind="stable"))


def _order(rows: Ints, columns: Ints, repetition: Ints, fold: Ints) -> Ints:
    """Return the order by row, column, repetition, fold; by one combined key, which is faster."""
    key = rows.astype(np.int64)
    for part in (columns, repetition, fold + 1):
        key = key * (int(part.max(initial=0)) + 1) + part
    return np.argsort(key, kind="stable")


def _starts(*keys: Ints) -> Ints:
    """Return the positions where a new key begins in sorted keys."""
    if not len(keys[0]):
        return np.empty(0, dtype=np.int64)
    differs: Bools = np.zeros(len(keys[0]) - 1, dtype=np.bool_)
    for key in keys:
        differs |= key[1:] != key[:-1]
    return np.flatnonzero(np.append(True, differs))


def _means(values: Floats, starts: Ints) -> Floats:
    if len(starts) == len(values):
        return values
    size = np.diff(np.append(starts, len(values)))
    return np.asarray(np.add.reduceat(values, starts) / size)


def _known_means(values: Floats, starts: Ints) -> Floats:
    """Return means that ignore NaN; NaN where all values are NaN."""
    if len(starts) == len(values):
        return values
    known = ~np.isnan(values)
    n = np.add.reduceat(known.astype(np.float64), starts)
    total = np.add.reduceat(np.where(known, values, 0.0), starts)
    means: Floats = np.divide(total, n, out=np.full(len(n), np.nan), where=n > 0)
    return means


def _medians(
    value: Floats, runtime_s: Floats, status: Ints, starts: Ints
) -> tuple[Floats, Floats, Ints]:
    """Reduce repetitions of a cell: median of the successful ones, failure if there is none."""
    ends = np.append(starts[1:], len(value))
    several = np.flatnonzero(ends - starts > 1)
    one: npt.NDArray[np.float64] = value[starts].copy()
    seconds, codes = runtime_s[starts].copy(), status[starts].copy()
    for i in several:
        part = slice(starts[i], ends[i])
        good = status[part] == 0
        if good.any():
            one[i], codes[i] = np.median(value[part][good]), 0
        known = runtime_s[part][good] if good.any() else runtime_s[part]
        known = known[~np.isnan(known)]
        seconds[i] = np.median(known) if len(known) else np.nan
    return one, seconds, codes
