"""Columns as the preparation can read them; ordinary columns stay what they are.

A few types of data frame columns are read by neither skrub nor scikit-learn, and numbers are
prepared in single precision.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, TransformerMixin

from metalearn.learners.frames import as_frame

__all__ = ["LARGEST", "PlainColumns", "are_plain_numbers", "plain_columns"]

LARGEST = 1e30
"""Numbers beyond this are cut to it: even scaled by 1e8 they fit into single precision."""


class PlainColumns(TransformerMixin, BaseEstimator):  # type: ignore[misc]  # scikit-learn is untyped
    """`plain_columns` as the first step of a pipeline; learns nothing but the names."""

    def fit(self, X: Any, y: Any = None) -> PlainColumns:  # noqa: ARG002  # scikit-learn's signature
        """Return itself, with the number and names of the columns."""
        X = _pandas(X)
        self.n_features_in_ = X.shape[1]
        if isinstance(X, pd.DataFrame):
            self.feature_names_in_ = np.array([str(name) for name in X.columns], dtype=object)
        return self

    def transform(self, X: Any) -> Any:
        """Return the columns made plain."""
        return plain_columns(_pandas(X))


def _pandas(X: Any) -> Any:
    """Return sparse matrices and the frames of other libraries as pandas frames."""
    is_plain = isinstance(X, pd.DataFrame | np.ndarray | list)
    return X if is_plain else as_frame(X)


def plain_columns(X: Any) -> Any:  # whatever scikit-learn is given: a data frame or an array
    """Return a data frame whose columns can be prepared; infinite values stay infinite.

    Sparse columns become dense, Arrow dates become timestamps, numbers beyond `LARGEST` are cut to
    it, names become text. Everything else is passed on untouched, arrays as well.
    """
    if not isinstance(X, pd.DataFrame):
        return X
    if are_plain_numbers(X) and not bool((np.abs(X.to_numpy()) > LARGEST).any()):
        columns: list[pd.Series | None] = [None] * X.shape[1]
    else:
        columns = [_plain(X.iloc[:, i]) for i in range(X.shape[1])]
    if all(column is None for column in columns):
        return X if all(isinstance(name, str) for name in X.columns) else X.rename(columns=str)
    kept = [X.iloc[:, i] if column is None else column for i, column in enumerate(columns)]
    return pd.concat(kept, axis=1).set_axis([str(name) for name in X.columns], axis=1)


def are_plain_numbers(X: pd.DataFrame) -> bool:
    """Whether all columns are numbers as NumPy has them, so that they can be read at once."""
    return all(isinstance(dtype, np.dtype) and dtype.kind in "iuf" for dtype in X.dtypes)


def _plain(column: pd.Series) -> pd.Series | None:
    """Return the column made plain, or None if it is."""
    dtype = column.dtype
    if isinstance(dtype, pd.SparseDtype):
        dense = pd.Series(np.asarray(column), index=column.index)
        plain = _plain(dense)
        return dense if plain is None else plain
    if isinstance(dtype, pd.ArrowDtype) and dtype.name.startswith("date"):
        return pd.to_datetime(column.astype(object))
    if dtype == np.float64:
        values = column.to_numpy()
        too_large = np.isfinite(values) & (np.abs(values) > LARGEST)
        return column.clip(-LARGEST, LARGEST).where(too_large, column) if too_large.any() else None
    return None
