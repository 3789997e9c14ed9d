"""Rows to predict in the types of the table that a model was fitted on.

Numbers come as text, text as numbers, truths as 0 and 1, dates either way. What cannot be read in
the type of the training table counts as missing.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

__all__ = ["as_fitted", "column_as_fitted", "kind_of_dtype"]

_TRUTHS = {"true": 1.0, "false": 0.0, "1": 1.0, "0": 0.0, "1.0": 1.0, "0.0": 0.0}


def as_fitted(frame: pd.DataFrame, dtypes: Sequence[str]) -> pd.DataFrame:
    """Return the columns in the types that a model was fitted on.

    Args:
        frame: Columns in the order of the training table.
        dtypes: Types of the training columns as text; none if they are not known.
    """
    if not dtypes or list(map(str, frame.dtypes)) == list(dtypes):
        return frame
    columns = [column_as_fitted(frame.iloc[:, j], dtype) for j, dtype in enumerate(dtypes)]
    return pd.concat(columns, axis=1).set_axis(frame.columns, axis=1)


def column_as_fitted(column: pd.Series, dtype: str) -> pd.Series:
    """Return a column in the type that the model was fitted on."""
    kind, given = kind_of_dtype(dtype), kind_of_dtype(str(column.dtype))
    if kind == "unknown" or (kind == given and kind != "moment"):
        return column
    if kind == "moment":
        return _moments(column, dtype)
    if kind == "text":
        return column if given in ("moment", "span") else _texts(column)
    if kind == "span":
        return pd.Series(pd.to_timedelta(column.astype(object), errors="coerce"))
    if given in ("moment", "span"):
        return pd.Series(np.nan, index=column.index, name=column.name)
    if kind == "truth" and given == "text":
        text = column.astype(object).map(lambda v: str(v).strip().lower(), na_action="ignore")
        return text.map(_TRUTHS).astype(np.float64)
    if given == "text":
        text = column.astype(object).map(lambda v: str(v).strip(), na_action="ignore")
        return pd.Series(pd.to_numeric(text, errors="coerce")).astype(np.float64)
    return column


def kind_of_dtype(dtype: str) -> str:
    """Return what a column was in training: number, truth, moment, span, or text."""
    bare = dtype.lower().removeprefix("sparse[")
    if bare.startswith("bool"):
        return "truth"
    if bare.startswith(("int", "uint", "float", "double", "decimal", "halffloat")):
        return "number"
    if bare.startswith(("datetime64", "date32", "date64", "timestamp")):
        return "moment"
    if bare.startswith(("timedelta64", "duration")):
        return "span"
    return "text" if dtype else "unknown"


def _texts(column: pd.Series) -> pd.Series:
    """Return numbers as they are written: whole ones without a point."""

    def text(value: Any) -> str:
        is_whole = isinstance(value, float) and value.is_integer() and abs(value) < 2**53
        return str(int(value) if is_whole else value)

    return column.astype(object).map(text, na_action="ignore")


def _moments(column: pd.Series, dtype: str) -> pd.Series:
    """Return dates in the time zone that the model knows; UTC where only one side has a zone."""
    zone = dtype.partition(",")[2].strip(" ]") or None
    if not pd.api.types.is_datetime64_any_dtype(column.dtype):
        if kind_of_dtype(str(column.dtype)) in ("number", "truth"):
            return pd.Series(pd.NaT, index=column.index, name=column.name)
        found = pd.to_datetime(column.astype(object), errors="coerce", format="mixed", utc=True)
        column = pd.Series(found)
    column = column.dt.tz_localize("UTC") if column.dt.tz is None else column
    return pd.Series(column.dt.tz_convert(zone))  # None: the UTC time, without a zone
