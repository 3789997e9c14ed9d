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

from metalearn.automl.as_fitted import column_as_fitted, kind_of_dtype
from metalearn.errors import InputError, did_you_mean, listed

__all__ = ["predictions_of", "rows_for"]

_NOUNS = {
    "number": "numbers",
    "truth": "true or false",
    "moment": "dates",
    "span": "spans of time",
    "text": "text",
    "unknown": "values of the column",
}


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
        columns[column] = column_as_fitted(frame[column], dtype)
        lost = int((columns[column].isna() & frame[column].notna()).sum())
        if lost:
            noun = _NOUNS[kind_of_dtype(dtype)]
            notes.append(f"column {column!r}: {lost} values are no {noun} and count as missing")
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
