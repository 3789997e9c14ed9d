"""Rows to predict, as the table that a model was fitted on had them.

Columns are taken by name, in any order. A column that is missing is an error; columns that the
model does not know are left out, with a note. Types may differ from file to file: numbers come as
text, text as numbers, dates either way. They are turned into the type that the model knows; what
cannot be read counts as missing, with a note.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from metalearn.errors import InputError, did_you_mean, listed

__all__ = ["predictions_of", "rows_for"]

_TRUTHS = {"true": 1.0, "false": 0.0, "1": 1.0, "0": 0.0, "1.0": 1.0, "0.0": 0.0}


def rows_for(
    model: Any, frame: pd.DataFrame, *, name: str = "the table", target: str | None = None
) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """Return the columns that a model needs, in its order and types, and notes.

    Args:
        model: A fitted estimator of `metalearn.automl`.
        frame: Rows to predict; other columns may be there as well.
        name: What to call the table.
        target: The target of the training table; if it is there it is left out without a note.

    Raises:
        InputError: If columns are missing.
    """
    names = getattr(model, "feature_names_in_", None)
    wanted = list(map(str, range(model.n_features_in_))) if names is None else list(names)
    frame = frame.rename(columns=str).reset_index(drop=True)
    have = set(frame.columns)
    missing = [column for column in wanted if column not in have]
    if missing:
        near = did_you_mean(missing[0], frame.columns)
        raise InputError(
            f"{name}: columns that the model was fitted on are missing: "
            f"{listed(map(repr, missing))}; it has {listed(map(repr, frame.columns))}{near}. "
            "Add them (cells may be empty), or fit without them (--ignore)"
        )
    extra = [column for column in frame.columns if column not in {*wanted, target}]
    notes = []
    if extra:
        notes.append(f"columns that the model does not know are left out: {listed(extra)}")
    dtypes = model.dtypes_ or ("",) * len(wanted)
    columns: dict[str, pd.Series] = {}
    for column, dtype in zip(wanted, dtypes, strict=True):
        columns[column] = _as_fitted(frame[column], dtype)
        lost = int((columns[column].isna() & frame[column].notna()).sum())
        if lost:
            notes.append(f"column {column!r}: {lost} values are no {_NOUNS[_kind(dtype)]} and "
                         "count as missing")  # fmt: skip
    return pd.DataFrame(columns, index=frame.index), tuple(notes)


def predictions_of(model: Any, rows: pd.DataFrame, *, proba: bool = False) -> pd.DataFrame:
    """Return the column `prediction`, and `probability_CLASS` of each class on request.

    Args:
        model: A fitted estimator of `metalearn.automl`.
        rows: From `rows_for`; there may be none.
        proba: Whether to give probabilities (classification).
    """
    ensemble = model.ensemble_
    if len(rows):
        is_classes = ensemble.classes is not None
        values = model.predict_proba(rows) if is_classes else model.predict(rows)
        decided = ensemble.decisions(values)
    else:
        values = np.empty((0, 0 if ensemble.classes is None else len(ensemble.classes)))
        decided = np.empty(0) if ensemble.classes is None else ensemble.classes[:0]
    table = pd.DataFrame({"prediction": decided})
    if proba:
        for j, label in enumerate(ensemble.classes):
            table[f"probability_{label}"] = values[:, j]
    return table


def _kind(dtype: str) -> str:
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


_NOUNS = {
    "number": "numbers",
    "truth": "true or false",
    "moment": "dates",
    "span": "spans of time",
    "text": "text",
    "unknown": "values of the column",
}


def _as_fitted(column: pd.Series, dtype: str) -> pd.Series:
    """Return a column in the type that the model was fitted on."""
    kind, given = _kind(dtype), _kind(str(column.dtype))
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
        if _kind(str(column.dtype)) in ("number", "truth"):
            return pd.Series(pd.NaT, index=column.index, name=column.name)
        found = pd.to_datetime(column.astype(object), errors="coerce", format="mixed", utc=True)
        column = pd.Series(found)
    column = column.dt.tz_localize("UTC") if column.dt.tz is None else column
    return pd.Series(column.dt.tz_convert(zone))  # None: the UTC time, without a zone
