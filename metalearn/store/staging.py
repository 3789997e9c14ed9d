"""Staging: data frames of any dtype become typed Arrow tables, with invalid cells named.

A cell that does not fit its column never stops a load: its row gets a reason in `refused` and is
counted.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from metalearn.core.configuration import canonical_json
from metalearn.core.records import COLUMNS
from metalearn.errors import InputError

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["arrow_table", "canonical_problem", "refuse_strange_json"]

_TYPES: Mapping[str, str] = {
    "n_rows": "integer", "n_features": "integer", "n_classes": "integer",
    "greater_is_better": "boolean", "optimum": "number", "worst": "number",
    "fold": "integer", "fidelity": "number", "seed": "integer",
    "fit_s": "number", "predict_s": "number", "value": "number",
}  # fmt: skip
_ABOUT_ROWS: Mapping[str, Mapping[str, str]] = {  # columns beside the content
    **{table: {"source_no": "integer"} for table in COLUMNS},
    "evaluations": {"source_no": "integer", "vanished": "boolean", "engine": "integer"},
}


def arrow_table(table: str, frame: pd.DataFrame, sources: pd.DataFrame) -> pa.Table:
    """Return the rows of a batch table as Arrow, with their position `n` and `refused`.

    Args:
        table: Name of the table in `COLUMNS`.
        frame: Its rows; NaN and None are null. `source_no`, and `vanished` and `engine` of
            evaluations, are never null.
        sources: Columns `source_no, name, time`; rows of other sources are left out.
    """
    import pyarrow as pa

    origins = pd.Index(sources["source_no"]).get_indexer(pd.Index(frame["source_no"]))
    if (origins < 0).any():
        frame, origins = frame[origins >= 0], origins[origins >= 0]
    refused = np.full(len(frame), None, dtype=object)
    columns: dict[str, Any] = {"n": pa.array(np.arange(len(frame)))}  # Any: pyarrow is untyped
    for name in COLUMNS[table]:
        kind = _TYPES.get(name, "text")
        columns[name], bad = _column(frame[name], kind)
        singular = table.removesuffix("s").replace("_", "-")
        if bad.any():
            refused[bad] = f"{singular} whose {name} is not a {kind}"
    for name, kind in _ABOUT_ROWS[table].items():
        columns[name], _ = _column(frame[name], kind)
    for name, column in (("source_name", "name"), ("time", "time")):
        texts, _ = _text(sources[column])
        columns[name] = pa.DictionaryArray.from_arrays(pa.array(origins), texts)
    columns["refused"] = pa.array(refused, type=pa.string())
    return pa.table(columns)


def refuse_strange_json(staged: pa.Table, unknown: Iterable[tuple[int, str]]) -> pa.Table:
    """Refuse configurations whose JSON is not canonical: another text would be another key.

    Args:
        staged: Configurations of `arrow_table`.
        unknown: Position and hyperparameters of those to look at.
    """
    import pyarrow as pa

    found = {n: problem for n, text in unknown if (problem := canonical_problem(text))}
    if not found:
        return staged
    reasons = staged["refused"].to_pylist()
    for n, problem in found.items():
        reasons[n] = problem
    place = staged.column_names.index("refused")
    return staged.set_column(place, "refused", pa.array(reasons, type=pa.string()))


def canonical_problem(hyperparameters: str) -> str | None:
    """Return why the text is not the canonical JSON of an assignment; None if it is."""
    try:
        values = json.loads(hyperparameters)
        if not isinstance(values, dict):
            return "configuration whose hyperparameters are not a JSON object"
        canonical = canonical_json(values)
    except (ValueError, RecursionError, InputError):
        return "configuration whose hyperparameters are not plain JSON values"
    return None if canonical == hyperparameters else "configuration whose JSON is not canonical"


def _column(series: pd.Series[Any], kind: str) -> tuple[Any, Any]:
    """Return the Arrow array and a mask of the refused cells."""
    make = {"text": _text, "number": _number, "integer": _integer, "boolean": _boolean}[kind]
    return make(series)


def _text(series: pd.Series[Any]) -> tuple[Any, Any]:
    import pyarrow as pa

    if isinstance(series.dtype, pd.CategoricalDtype):
        texts, bad = _text(pd.Series(series.cat.categories, dtype=object))
        codes = series.cat.codes.to_numpy()
        kept = pa.DictionaryArray.from_arrays(pa.array(codes, mask=codes < 0), texts)
        return kept, (codes >= 0) & bad[codes] if len(bad) else codes >= 0
    try:
        return pa.array(series, type=pa.string(), from_pandas=True), np.zeros(len(series), bool)
    except (pa.ArrowInvalid, pa.ArrowTypeError, UnicodeEncodeError):
        cells = [_one_text(cell) for cell in series]
    bad = np.array([cell is _BAD for cell in cells], dtype=np.bool_)
    return pa.array([None if cell is _BAD else cell for cell in cells], type=pa.string()), bad


_BAD = object()


def _one_text(cell: Any) -> Any:
    if cell is None or (not isinstance(cell, str) and pd.isna(cell) is True):
        return None
    if not isinstance(cell, str):
        return _BAD
    try:
        cell.encode()
    except UnicodeEncodeError:  # a lone surrogate
        return _BAD
    return cell


def _floats(series: pd.Series[Any]) -> tuple[Any, Any]:
    """Return float64 values (NaN = null) and a mask of the cells that are no numbers."""
    if pd.api.types.is_numeric_dtype(series.dtype):
        values = series.to_numpy(dtype=np.float64, na_value=np.nan)
        return values, np.zeros(len(values), dtype=np.bool_)
    values = np.full(len(series), np.nan)
    bad = np.zeros(len(series), dtype=np.bool_)
    for i, cell in enumerate(series):
        if cell is None or pd.isna(cell) is True:
            continue
        try:
            values[i] = float(cell)
            bad[i] = isinstance(cell, str)
        except (TypeError, ValueError, OverflowError):
            bad[i] = True
    return values, bad


def _number(series: pd.Series[Any]) -> tuple[Any, Any]:
    import pyarrow as pa

    values, bad = _floats(series)
    values = np.where(bad, np.nan, values) + 0.0  # the sum turns -0.0 into 0.0
    return pa.array(values, mask=np.isnan(values)), bad


def _integer(series: pd.Series[Any]) -> tuple[Any, Any]:
    import pyarrow as pa

    if series.dtype == np.int64:
        return pa.array(series.to_numpy()), np.zeros(len(series), dtype=np.bool_)
    if series.dtype == object and all(type(cell) is int for cell in series):
        inside = [-(2**63) <= cell < 2**63 for cell in series]
        cells = [cell if fits else 0 for cell, fits in zip(series, inside, strict=True)]
        return pa.array(cells, type=pa.int64()), ~np.array(inside, dtype=np.bool_)
    values, bad = _floats(series)
    null = np.isnan(values)
    exact = math.ldexp(1.0, 53)  # larger integers are not exact as floats
    bad |= ~null & ~((np.abs(values) <= exact) & (np.floor(values) == values))
    whole = np.where(null | bad, 0.0, values).astype(np.int64)
    return pa.array(whole, mask=null | bad), bad


def _boolean(series: pd.Series[Any]) -> tuple[Any, Any]:
    import pyarrow as pa

    if series.dtype == np.bool_:
        return pa.array(series.to_numpy()), np.zeros(len(series), dtype=np.bool_)
    values, bad = _floats(series)
    bad |= ~np.isnan(values) & ~np.isin(values, (0.0, 1.0))
    return pa.array(values == 1.0, mask=np.isnan(values) | bad), bad
