"""Columns of a part of a table: distinct values once, and which of them each row holds.

Rules on texts then cost one call for each distinct text instead of one for each row.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Generic, TypeVar

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from metalearn.core.arrays import Bools, Floats
from metalearn.harvesters.values import MISSING, numbers

__all__ = ["Cells", "Coded", "joint"]

T = TypeVar("T")
U = TypeVar("U")
Positions = npt.NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class Coded(Generic[T]):
    """A column as its distinct values, in order of first appearance, and positions in them.

    Attributes:
        distinct: Values, `(n_distinct,)`; after `map` they need not differ.
        codes: Position of each row's value, `(n_rows,)`.
    """

    distinct: Sequence[T]
    codes: Positions

    def __len__(self) -> int:
        return len(self.codes)

    @property
    def first_rows(self) -> Positions:
        """The first row of each distinct value, `(n_distinct,)`."""
        rows = np.zeros(len(self.distinct), dtype=np.intp)
        rows[self.codes[::-1]] = np.arange(len(self.codes))[::-1]
        return rows

    def map(self, change: Callable[[T], U]) -> Coded[U]:
        """Return the column with every value changed."""
        return Coded([change(value) for value in self.distinct], self.codes)

    def where(self, test: Callable[[T], bool]) -> Bools:
        """Return `(n_rows,)`: which rows hold a value that passes the test."""
        passes = np.array([test(value) for value in self.distinct], dtype=np.bool_)
        return passes[self.codes] if len(passes) else np.zeros(0, dtype=np.bool_)

    def values_of(self, rows: Positions) -> set[T]:
        """Return the values that occur in some rows."""
        return {self.distinct[code] for code in np.unique(self.codes[rows])}

    def spread(self, rows: Positions) -> npt.NDArray[np.object_]:
        """Return the values of some rows as objects."""
        values = np.empty(len(self.distinct), dtype=object)
        values[:] = self.distinct
        return values[self.codes[rows]]

    def categorical(self, rows: Positions) -> pd.Categorical[Any]:
        """Return the texts of some rows; None is missing."""
        texts = [str(v) for v in dict.fromkeys(self.distinct) if v is not None]
        places: dict[object, int] = {text: place for place, text in enumerate(texts)}
        renumbered = np.array([places.get(value, -1) for value in self.distinct], dtype=np.intp)
        return pd.Categorical.from_codes(renumbered[self.codes[rows]], pd.Index(texts))


def joint(columns: Sequence[Coded[Any]], n_rows: int) -> Coded[tuple[Any, ...]]:
    """Return the rows over several columns as one column.

    Args:
        columns: Any columns, of `n_rows` each.
        n_rows: Number of rows, which no column gives where there is none.
    """
    codes = np.zeros(n_rows, dtype=np.intp)
    for column in columns:
        codes, _ = pd.factorize(codes * len(column.distinct) + column.codes)
    first = Coded(range(int(codes.max(initial=-1)) + 1), codes).first_rows
    parts = [[column.distinct[code] for code in column.codes[first]] for column in columns]
    return Coded([tuple(part[i] for part in parts) for i in range(len(first))], codes)


class Cells:
    """A column as it was read: texts, or values of the type that a typed file gives them.

    Args:
        array: The values. Null is an empty cell; any other value is the text that Python prints.
    """

    def __init__(self, array: pa.Array) -> None:
        self._array = array

    def __len__(self) -> int:
        return len(self._array)

    @cached_property
    def coded(self) -> Coded[str]:
        """The texts."""
        array: Any = self._array
        if not pa.types.is_dictionary(array.type):
            array = array.dictionary_encode(null_encoding="encode")
        found, order = pd.factorize(
            array.indices.fill_null(-1).to_numpy(zero_copy_only=False), use_na_sentinel=False
        )
        values = array.dictionary.to_pylist()
        texts = ["" if i < 0 or values[i] is None else str(values[i]) for i in order.tolist()]
        return Coded(texts, found.astype(np.intp, copy=False))

    def numbers(self) -> Floats:
        """Return floats, `(n_rows,)`; NaN where a cell is missing or not a number.

        Infinite and overflowing values come back as infinities: the caller rejects them.
        """
        kind = self._array.type
        is_number = pa.types.is_integer(kind) or pa.types.is_floating(kind)
        if is_number or pa.types.is_string(kind):
            try:
                found = pc.cast(self._array, pa.float64(), safe=False)
                return np.array(found.fill_null(np.nan).to_numpy(zero_copy_only=False))
            except pa.ArrowInvalid:  # a text that is not a number, or one that Python alone reads
                pass
        return numbers(self.coded.distinct)[self.coded.codes]

    def is_missing(self) -> Bools:
        """Return `(n_rows,)`: which cells hold nothing, or a word for it."""
        return self.coded.where(lambda text: text.strip().lower() in MISSING)
