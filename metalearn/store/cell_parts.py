"""Stored evaluations of one metric become cells, some tasks at a time, to bound the memory."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from metalearn.core.arrays import Floats, Ints
from metalearn.store.matrix import CellValues, are_single, averaged, single_cells
from metalearn.store.parts import ranges
from metalearn.store.sql import query

if TYPE_CHECKING:
    import duckdb

__all__ = ["Asked", "cells_in_parts"]

_ROWS_AT_ONCE = 1_000_000
_Columns = Mapping[str, Any]  # Any: arrays of numpy, plain or masked


@dataclass(frozen=True)
class Asked:
    """The evaluations that are read: of one metric, and of some algorithms or all (None)."""

    connection: duckdb.DuckDBPyConnection
    form: str
    metric: str
    algorithms: Sequence[str] | None

    @cached_property
    def counted(self) -> list[tuple[int, int, bool]]:
        """Id and number of evaluations of each task that has any, by id.

        The third value says whether all of them have the same source, fold and seed, so that no
        cell has two.
        """
        return self.rows("amounts").fetchall()

    @property
    def amounts(self) -> list[tuple[int, int]]:
        """Id and number of evaluations of each task that has any, by id."""
        return [(task_id, n) for task_id, n, _ in self.counted]

    def are_once(self, first: int, last: int) -> bool:
        """Return whether no cell of the tasks of these ids has two evaluations."""
        return all(is_once for task_id, _, is_once in self.counted if first <= task_id <= last)

    def rows(
        self, what: str, *, is_single: bool = False, **values: int
    ) -> duckdb.DuckDBPyConnection:
        """Return the answer to one of the queries by the form of the store.

        Args:
            what: Name of the query.
            is_single: Whether cells are read without the columns that tell repetitions apart.
            values: Of its parameters.
        """
        text = query("read", f"{what}_{self.form}")
        if is_single:
            text = query("read", "single", cells=text)
        names = None if self.algorithms is None else [*self.algorithms]
        values_of = {"metric": self.metric, "algorithms": names, **values}
        return self.connection.execute(text, values_of)


def cells_in_parts(
    asked: Asked, task_ids: Sequence[int], configuration_ids: Sequence[int]
) -> Iterator[CellValues]:
    """Yield the cells of one metric, some tasks at a time; rows and columns index the ids."""
    sources = asked.connection.execute(query("read", "source_names")).fetchall()
    name_codes, _ = pd.factorize(np.array([name for _, name in sources], dtype=object), sort=True)
    source = np.append(name_codes, 0)[_positions([source_id for source_id, _ in sources])]
    places = _positions(task_ids), _positions(configuration_ids)
    for first, last in ranges(asked.amounts, _ROWS_AT_ONCE):
        cells = None
        if asked.are_once(first, last):
            found = asked.rows("cells", is_single=True, first=first, last=last).fetchnumpy()
            cells = _single(found, *places)
        if cells is None:
            found = asked.rows("cells", first=first, last=last).fetchnumpy()
            cells = _single(found, *places) or _averaged(found, *places, source)
        yield cells


def _single(found: _Columns, row: Ints, column: Ints) -> CellValues | None:
    """Return the cells of rows without repetitions; None if there are any.

    Args:
        found: Columns of the query.
        row: Row of the table for each id of a task.
        column: Column for each id of a configuration.
    """
    rows = row[np.asarray(found["task_id"])]
    columns = column[np.asarray(found["configuration_id"])]
    if not are_single(rows, columns):
        return None
    value, runtime_s = _floats(found["value"]), _floats(found["runtime_s"])
    status = np.asarray(found["status"]).astype(np.int64)
    return single_cells(rows, columns, value=value, status=status, runtime_s=runtime_s)


def _averaged(found: _Columns, row: Ints, column: Ints, source: Ints) -> CellValues:
    """Return the cells of rows with repetitions; see `_single`.

    Args:
        found: Columns of the query.
        row: Row of the table for each id of a task.
        column: Column for each id of a configuration.
        source: Code of the name for each id of a source.
    """
    seed, seeds = pd.factorize(np.asarray(found["seed"]), sort=True)
    return averaged(
        row[np.asarray(found["task_id"])],
        column[np.asarray(found["configuration_id"])],
        repetition=source[np.asarray(found["source_id"])] * max(len(seeds), 1) + seed,
        fold=np.asarray(found["fold"]).astype(np.int64),
        value=_floats(found["value"]),
        status=np.asarray(found["status"]).astype(np.int64),
        runtime_s=_floats(found["runtime_s"]),
    )


def _positions(ids: Sequence[int]) -> Ints:
    """Return the array that maps an id to its position in `ids`."""
    places = np.full(max(ids, default=-1) + 1, -1, dtype=np.int64)
    places[np.array(ids, dtype=np.int64)] = np.arange(len(ids))
    return places


def _floats(values: Any) -> Floats:  # Any: numpy's masked arrays are untyped here
    if not isinstance(values, np.ma.MaskedArray):
        return np.asarray(values, dtype=np.float64)
    return np.asarray(np.ma.filled(values.astype(np.float64), np.nan))
