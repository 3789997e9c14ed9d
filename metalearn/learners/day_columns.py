"""Days written as text (2026-11-30) as numbers, the same as from skrub's `DatetimeEncoder`.

Importing skrub takes a second, and days in this form are the most frequent dates in text files.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Any

import numpy as np
import pandas as pd

__all__ = ["N_PARTS", "are_days", "day_block", "day_names"]

_PARTS = ("year", "month", "day", "total_seconds")
N_PARTS = len(_PARTS)
"""Columns that a column of days becomes."""
_FORMAT = "%Y-%m-%d"
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


def are_days(texts: Collection[str]) -> bool:
    """Whether all of at least one text are days of the calendar."""
    if not texts or not all(_DAY.fullmatch(text) for text in texts):
        return False
    found = pd.to_datetime(pd.Series([*texts]), format=_FORMAT, errors="coerce")
    return not bool(found.isna().any())


def day_block(column: pd.Series) -> Any:
    """Return year, month, day and seconds since 1970, `(n, N_PARTS)`, in single precision.

    Args:
        column: Texts, those that are no days become missing; or points in time.
    """
    positions = np.arange(len(column))
    if not pd.api.types.is_datetime64_any_dtype(column.dtype):
        positions, found = pd.factorize(column.astype(object))
        column = pd.to_datetime(pd.Series(found, dtype=object), format=_FORMAT, errors="coerce")
    days = column if column.dt.tz is None else column.dt.tz_convert(None)
    seconds = (days - pd.Timestamp(0)) / pd.Timedelta("1s")
    parts = [*(getattr(days.dt, part) for part in _PARTS[:-1]), seconds]
    table = np.full((len(days) + 1, N_PARTS), np.nan, dtype=np.float32)  # the last: missing
    table[:-1] = np.column_stack([part.to_numpy(dtype=np.float64) for part in parts])
    return table[positions]


def day_names(name: str) -> list[str]:
    """Return the names of the columns that a column becomes, as skrub names them."""
    return [f"{name}_{part}" for part in _PARTS]
