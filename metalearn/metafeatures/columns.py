"""Conversion of raw columns to numbers or levels; column types are decided here only.

A column is *numeric* if its values are integers, floats, dates or time spans (both as seconds), or
an object column that holds nothing but such numbers; everything else (strings, booleans,
categories, complex numbers, lists ...) is *categorical* with levels compared as text. Infinite
values count as missing. Text is never parsed into numbers; the reader of the file does that.
"""

from __future__ import annotations

from dataclasses import dataclass
from numbers import Real

import numpy as np
import pandas as pd
from pandas.api import types

from metalearn.core.arrays import Floats, Ints

__all__ = ["Levels", "levels_of", "numbers_and_levels", "numbers_of"]

NS_PER_S = 1e9


@dataclass(frozen=True, slots=True)
class Levels:
    """A categorical column.

    Attributes:
        codes: `(n,)`, index of the level; -1 = missing.
        counts: `(n_levels,)`, rows of each level, all positive; levels are sorted.
    """

    codes: Ints
    counts: Ints

    @property
    def n_levels(self) -> int:
        """Number of distinct observed values."""
        return len(self.counts)

    def take(self, rows: Ints) -> Levels:
        """Return the column of some rows; levels that do not occur there are dropped."""
        return _compact(self.codes[rows], self.n_levels)


def numbers_and_levels(frame: pd.DataFrame) -> tuple[Floats, tuple[Levels, ...]]:
    """Return the numeric columns, `(n_numeric, n_rows)` with NaN = missing, and the others.

    Both keep the order of the frame; columns of plain integers and floats are converted together.
    """
    is_plain = np.array([_is_plain(dtype) for dtype in frame.dtypes], dtype=np.bool_)
    if is_plain.all():
        return _block(frame), ()
    plain, others = np.flatnonzero(is_plain), np.flatnonzero(~is_plain)
    numbers: list[tuple[int, Floats]] = []
    levels: list[Levels] = []
    for j, (_, column) in zip(others, frame.take(others, axis=1).items(), strict=True):
        found = numbers_of(column)
        if found is None:
            levels.append(levels_of(column, is_text=True))
        else:
            numbers.append((int(j), found))
    # take: iloc with a list costs five times as much on a small table
    block = _block(frame.take(plain, axis=1)) if len(plain) else np.empty((0, len(frame)))
    if numbers:
        positions = np.argsort([*plain, *(j for j, _ in numbers)])
        block = np.vstack([block, *(found[None, :] for _, found in numbers)])[positions]
    return block, tuple(levels)


def _is_plain(dtype: object) -> bool:
    return isinstance(dtype, np.dtype) and dtype.kind in "iuf"


def _block(frame: pd.DataFrame) -> Floats:
    return _finite(np.ascontiguousarray(frame.to_numpy(dtype=np.float64).T))


def numbers_of(column: pd.Series) -> Floats | None:
    """Return a column as `(n,)` float64 with NaN for missing and infinite, or None if it is text.

    Booleans give None too, since they are two levels and no quantity.
    """
    dtype = column.dtype
    if _is_plain(dtype):
        return _finite(column.to_numpy(dtype=np.float64))
    if isinstance(dtype, pd.CategoricalDtype | pd.StringDtype):
        return None
    if types.is_bool_dtype(dtype) or types.is_complex_dtype(dtype):
        return None
    if isinstance(dtype, pd.PeriodDtype):
        column = column.dt.to_timestamp()
    if types.is_datetime64_any_dtype(column.dtype) or types.is_timedelta64_dtype(column.dtype):
        return _seconds(column)
    if isinstance(dtype, pd.SparseDtype):
        column = pd.Series(np.asarray(column))
    if types.is_numeric_dtype(column.dtype):
        return _finite(column.to_numpy(dtype=np.float64, na_value=np.nan))
    if types.is_object_dtype(column.dtype):
        return _numbers_of_objects(column)
    return None


def levels_of(column: pd.Series, *, is_text: bool = False) -> Levels:
    """Return a column as levels: numbers in their order, everything else as text, sorted.

    Args:
        column: Any column.
        is_text: True if `numbers_of` is known to be None.
    """
    numbers = None if is_text else numbers_of(column)
    if numbers is not None:
        return _levels_of_numbers(numbers)
    codes, values = _factorized(column)
    texts = [str(value) for value in values]
    rank = {text: position for position, text in enumerate(sorted(set(texts)))}
    new = np.array([*(rank[text] for text in texts), -1], dtype=np.int64)
    return _compact(new[codes], len(rank))  # the last entry is for code -1


def _levels_of_numbers(numbers: Floats) -> Levels:
    observed = ~np.isnan(numbers)
    if observed.all():
        return _compact(*_ranked(numbers))
    codes = np.full(len(numbers), -1, dtype=np.int64)
    codes[observed], n_values = _ranked(numbers[observed])
    return _compact(codes, n_values)


def _ranked(numbers: Floats) -> tuple[Ints, int]:
    """Return codes in the order of the values and how many there are; not all need to occur."""
    if not len(numbers):
        return np.empty(0, dtype=np.int64), 0
    lowest, highest = numbers.min(), numbers.max()
    is_short = highest / 2 - lowest / 2 <= len(numbers) / 2  # halves: a range may overflow
    if is_short and (np.rint(numbers) == numbers).all():
        return (numbers - lowest).astype(np.int64), int(highest - lowest) + 1  # without a sort
    values, codes = np.unique(numbers, return_inverse=True)
    return codes, len(values)


def _factorized(column: pd.Series) -> tuple[Ints, list[object]]:
    """Return codes, `(n,)` with -1 = missing, and the distinct values that they stand for."""
    array = column.array
    if isinstance(array, pd.Categorical):
        return array.codes.astype(np.int64), array.categories.tolist()
    values = array if isinstance(column.dtype, pd.StringDtype) else column.astype(object)
    try:
        codes, distinct = pd.factorize(values)
    except TypeError:  # lists, dictionaries and other values without a hash
        codes, distinct = pd.factorize(column.astype(object).map(str))
        codes[column.isna().to_numpy(dtype=np.bool_)] = -1
    return codes.astype(np.int64), distinct.tolist()


def _compact(codes: Ints, n_levels: int) -> Levels:
    counts = np.bincount(codes + 1, minlength=n_levels + 1)[1:]
    occurs = counts > 0
    if not occurs.all():
        new = np.append(np.cumsum(occurs) - 1, -1)  # the last entry is for code -1
        codes = new[codes]
    return Levels(codes, counts[occurs].astype(np.int64))


def _finite(values: Floats) -> Floats:
    infinite = np.isinf(values)
    return np.where(infinite, np.nan, values) if infinite.any() else values


def _seconds(column: pd.Series) -> Floats:
    missing = column.isna().to_numpy()
    if isinstance(column.dtype, pd.DatetimeTZDtype):
        column = column.dt.tz_convert("UTC").dt.tz_localize(None)
    raw = column.to_numpy()
    unit = np.datetime_data(raw.dtype)[0]
    ticks_per_s = {"s": 1.0, "ms": 1e3, "us": 1e6, "ns": NS_PER_S}[unit]
    return np.where(missing, np.nan, raw.astype(np.int64) / ticks_per_s)


def _numbers_of_objects(column: pd.Series) -> Floats | None:
    observed = column.dropna()
    for value in observed:
        if not isinstance(value, Real) or isinstance(value, bool | np.bool_):
            return None
    if observed.empty:
        return np.full(len(column), np.nan)
    numbers = np.full(len(column), np.nan)
    numbers[column.notna().to_numpy()] = [_float(value) for value in observed]
    return _finite(numbers)


def _float(value: Real) -> float:
    try:
        return float(value)
    except OverflowError:  # an integer beyond 1e308
        return np.nan
