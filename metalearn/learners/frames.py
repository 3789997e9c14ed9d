"""Converts users' data to a pandas frame of features and a series of targets.

It takes data frames of libraries that export Arrow (polars, pyarrow, DuckDB) or convert to pandas
(Dask, Modin), arrays, sparse matrices, lists of rows and dictionaries of columns. Nothing is
guessed: data that is no table is refused, and the error names its shape.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from metalearn.errors import InputError, UsageError

__all__ = ["LARGEST_DENSE", "as_frame", "as_target"]

LARGEST_DENSE = 200_000_000
"""Cells that a sparse matrix may have when it is made dense (1.6 GB)."""


def as_frame(X: Any) -> pd.DataFrame:  # Any: whatever users hold
    """Return features as a data frame with text as names and a new index, types as they came.

    Args:
        X: `(n_rows, n_columns)`, or `(n_rows,)` for one column.

    Raises:
        InputError: If it is no table: no or more than two axes, rows of different lengths, or a
            sparse matrix that does not fit into memory once it is dense.
    """
    frame = _frame(X)
    if isinstance(frame.columns, pd.MultiIndex):
        frame = frame.set_axis([" ".join(map(str, name)) for name in frame.columns], axis=1)
    sparse = [isinstance(dtype, pd.SparseDtype) for dtype in frame.dtypes]
    if any(sparse):
        _check_dense(frame.shape)
        dense = [
            pd.Series(np.asarray(frame.iloc[:, j]), index=frame.index) if is_sparse
            else frame.iloc[:, j]
            for j, is_sparse in enumerate(sparse)
        ]  # fmt: skip
        frame = pd.concat(dense, axis=1).set_axis(frame.columns, axis=1)
    return frame.rename(columns=str).reset_index(drop=True)


def as_target(y: Any) -> pd.Series:  # Any: as above
    """Return the target as a series with a new index; one column counts as its values.

    Args:
        y: `(n_rows,)` or `(n_rows, 1)`.

    Raises:
        InputError: If there is more than one value a row.
        UsageError: If it is not a sequence of values.
    """
    if isinstance(y, pd.Series):
        return _dense(y).reset_index(drop=True)
    if isinstance(y, pd.Index | pd.api.extensions.ExtensionArray):
        return pd.Series(y, name=getattr(y, "name", None)).reset_index(drop=True)
    if isinstance(y, str | bytes | Mapping) or np.isscalar(y):
        raise UsageError(f"the target y must be one value a row, got {type(y).__name__} {y!r:.80}")
    if _is_arrow_array(y):
        return _named(y)
    if isinstance(y, Iterator | set | frozenset):
        raise UsageError(f"the target y must be in the order of the rows, got {type(y).__name__}")
    frame = pd.DataFrame({0: _listed(y)}) if _is_flat(y) else _frame(y)
    if frame.shape[1] != 1:
        raise InputError(
            f"the target y has {frame.shape[1]} columns; expected one value a row. Give one of "
            "the columns (several targets at once, or one column a class, are not supported)"
        )
    name = frame.columns.tolist()[0]  # 0: no name
    return _dense(frame.iloc[:, 0]).rename(name or None).reset_index(drop=True)


def _frame(X: Any) -> pd.DataFrame:
    if isinstance(X, pd.DataFrame):
        return X
    if isinstance(X, pd.Series):
        return X.to_frame()
    if _is_scipy_sparse(X):
        _check_dense(X.shape)
        return pd.DataFrame(X.toarray())
    if isinstance(X, Mapping):
        return _made(dict(X))
    converted = _from_library(X)
    if converted is not None:
        return converted
    if isinstance(X, Sequence) and not isinstance(X, str | bytes):
        return _rows(list(X))  # not through an array, which would make text of all numbers
    values = np.asarray(X.data if np.ma.isMaskedArray(X) else X)
    if values.ndim not in (1, 2):
        raise InputError(
            f"X is {type(X).__name__} with {values.ndim} axes; expected a table: rows x columns"
        )
    frame = pd.DataFrame(values)
    if np.ma.isMaskedArray(X):
        frame = frame.mask(np.ma.getmaskarray(X).reshape(frame.shape))
    return frame.infer_objects() if values.dtype == object else frame


def _rows(rows: list[Any]) -> pd.DataFrame:
    """Return a list of rows as a frame; pandas alone would pad short rows."""
    widths = {len(row) for row in rows if isinstance(row, list | tuple | np.ndarray)}
    if len(widths) > 1:
        raise InputError(
            f"X has rows of {min(widths)} to {max(widths)} values; expected equally many in each"
        )
    return _made(rows)


def _from_library(X: Any) -> pd.DataFrame | None:
    """Return the frame of a library that exports Arrow or converts to pandas, or None."""
    if hasattr(X, "collect") and hasattr(X, "collect_schema"):  # a lazy frame of polars
        X = X.collect()
    if hasattr(X, "compute") and hasattr(X, "npartitions"):  # Dask
        computed = X.compute()
        return computed if isinstance(computed, pd.DataFrame) else _frame(computed)
    if hasattr(X, "__arrow_c_stream__") and not _is_arrow_array(X):
        import pyarrow as pa

        converted: pd.DataFrame = pa.table(X).to_pandas()
        return converted
    if hasattr(X, "to_pandas"):
        other = X.to_pandas()
        return other.to_frame() if isinstance(other, pd.Series) else pd.DataFrame(other)
    return None


def _is_arrow_array(values: Any) -> bool:
    """Whether this is one column of Arrow or polars, not a table."""
    is_column = hasattr(values, "to_pandas") and not hasattr(values, "columns")
    return is_column and not hasattr(values, "column_names")


def _named(values: Any) -> pd.Series:
    import pyarrow as pa

    if isinstance(values, pa.Array | pa.ChunkedArray):
        return pd.Series(values.to_pandas(), name=None)
    return pd.Series(values.to_pandas(), name=getattr(values, "name", None) or None)


def _is_flat(y: Any) -> bool:
    """Whether these are values, not rows of values."""
    if np.ma.isMaskedArray(y) or isinstance(y, np.ndarray):
        return bool(y.ndim == 1 and y.dtype.names is None)
    if isinstance(y, Sequence):
        return not any(isinstance(value, list | np.ndarray) for value in y)
    return False


def _listed(y: Any) -> Any:
    if not np.ma.isMaskedArray(y):
        return y
    return pd.Series(np.asarray(y.data)).mask(np.ma.getmaskarray(y))


def _made(data: Any) -> pd.DataFrame:
    try:
        frame = pd.DataFrame(data)
    except (ValueError, TypeError) as error:
        raise InputError(f"X is no table: {error}; expected rows of equal length") from error
    return frame


def _dense(values: pd.Series) -> pd.Series:
    if not isinstance(values.dtype, pd.SparseDtype):
        return values
    return pd.Series(np.asarray(values), index=values.index, name=values.name)


def _is_scipy_sparse(X: Any) -> bool:
    return hasattr(X, "toarray") and hasattr(X, "nnz")


def _check_dense(shape: tuple[int, ...]) -> None:
    n_rows, n_columns = shape if len(shape) == 2 else (shape[0], 1)
    if n_rows * n_columns > LARGEST_DENSE:
        raise InputError(
            f"the sparse matrix has {n_rows:,} rows x {n_columns:,} columns, too many to be made "
            f"dense (at most {LARGEST_DENSE:,} cells); give a sample of the rows, or fewer "
            "columns (sklearn.decomposition.TruncatedSVD)"
        )
