"""Converts and checks the input of `fit` and `predict`: a data frame, a target and weights.

Rows whose target is missing are left out, as everywhere in this package.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from metalearn.core.arrays import Bools, Floats
from metalearn.core.task import Kind
from metalearn.errors import InputError
from metalearn.learners.table_checks import check_names, check_plain, check_values, kind_of

__all__ = ["Read", "frame_of", "training_table", "weights_of"]


@dataclass(frozen=True, eq=False)
class Read:
    """A checked training table.

    Attributes:
        kind: Kind of task.
        X: Columns as they came, names as text.
        y: Classes or float64 numbers, `(n,)`.
        weight: Positive weights, `(n,)`; None for equal ones.
        kept: Which of the rows given are used.
        target: Name of the target.
    """

    kind: Kind
    X: pd.DataFrame
    y: Any  # numpy array of labels or numbers
    weight: Floats | None
    kept: Bools
    target: str


def training_table(X: Any, y: Any, kind: Kind | None, sample_weight: Any = None) -> Read:
    """Return the training table.

    Args:
        X: Data frame or two-dimensional array, mixed types and missing values allowed.
        y: The target, one value a row, or the name of a column of `X`.
        kind: Kind of task; guessed from the target if None.
        sample_weight: Weights of the rows, not negative; rows of weight 0 are left out.

    Raises:
        InputError: If the data cannot be used.
    """
    frame = frame_of(X)
    if y is None:
        raise InputError(
            "this estimator requires y to be passed, but the target y is None; give one value a "
            "row, or the name of a column of X"
        )
    target = "target"
    if isinstance(y, str):
        if y not in frame.columns:
            raise InputError(f"there is no column {y!r} in X; it has {list(frame.columns)[:20]}")
        target, y, frame = y, frame[y], frame.drop(columns=y)
    elif getattr(y, "name", None) is not None:
        target = str(y.name)
    series = _series(y, target)
    if len(series) != len(frame):
        raise InputError(
            f"Found input variables with inconsistent numbers of samples: "
            f"[{len(frame)}, {len(series)}]; X and y must have the same number of rows"
        )
    weight = weights_of(sample_weight, len(frame))
    kept = series.notna().to_numpy()
    if not kept.any():
        raise InputError(f"the target {target!r} is missing in all {len(series)} rows")
    if weight is not None:
        kept = kept & (weight > 0)
        if not kept.any():
            raise InputError("sample_weight: all weights of rows with a target are zero")
    frame, series = frame.loc[kept].reset_index(drop=True), series[kept].reset_index(drop=True)
    check_plain("X", target, series)
    check_values("X", frame)
    found = kind or kind_of("X", target, series)
    values = _labels(target, series) if found == "classification" else _numbers(target, series)
    return Read(found, frame, values, None if weight is None else weight[kept], kept, target)


def frame_of(X: Any) -> pd.DataFrame:
    """Return the columns as a data frame with names as text.

    Raises:
        InputError: If they are not two-dimensional, or there are none.
    """
    if isinstance(X, pd.DataFrame):
        frame = X
    else:
        from scipy.sparse import issparse
        from sklearn.utils import check_array

        if hasattr(X, "to_pandas"):
            frame = X.to_pandas()
        elif issparse(X):
            frame = pd.DataFrame(check_array(X, accept_sparse=True, dtype=None).toarray())
        else:
            frame = pd.DataFrame(
                check_array(
                    X, dtype=None, ensure_all_finite=False, ensure_min_samples=0,
                    ensure_min_features=0,
                )
            ).infer_objects()  # fmt: skip
    if not frame.shape[1]:
        raise InputError(
            f"0 feature(s) (shape={frame.shape}) while a minimum of 1 is required: give columns"
        )
    if not len(frame):
        raise InputError(
            f"Found array with 0 sample(s) (shape={frame.shape}) while a minimum of 1 is required."
        )
    if not all(isinstance(name, str) for name in frame.columns):
        frame = frame.rename(columns=str)
    check_names("X", frame.columns)
    return frame


def weights_of(sample_weight: Any, n: int) -> Floats | None:
    """Return the weights of n rows; None if all are equal.

    Raises:
        InputError: If they are negative, not finite, or of another number.
    """
    if sample_weight is None:
        return None
    weight = np.asarray(sample_weight, dtype=np.float64)
    if weight.ndim == 0:
        weight = np.full(n, float(weight))
    if weight.shape != (n,):
        raise InputError(f"sample_weight.shape == {weight.shape}, expected {(n,)}")
    if not np.isfinite(weight).all() or (weight < 0).any():
        raise InputError("sample_weight: expected finite weights of 0 or more")
    positive = weight[weight > 0]
    if len(positive) == n and np.all(positive == positive[0]):
        return None
    return weight


def _series(y: Any, name: str) -> pd.Series:
    if isinstance(y, pd.Series):
        return y.reset_index(drop=True)
    if isinstance(y, pd.DataFrame) or hasattr(y, "to_pandas"):
        y = y.to_pandas() if hasattr(y, "to_pandas") else y
        if isinstance(y, pd.Series):
            return y.reset_index(drop=True)
    from sklearn.utils import column_or_1d

    values = np.asarray(y)
    if values.ndim > 1:
        values = column_or_1d(values, warn=True)
    if values.ndim == 0:
        raise InputError(f"y: expected one value a row, got {y!r}")
    return pd.Series(values, name=name)


def _labels(target: str, series: pd.Series) -> Any:
    """Return classes as a plain array: numbers, booleans or text.

    Raises:
        InputError: If they are numbers with fractions, or cannot be put in an order.
    """
    from sklearn.utils.multiclass import check_classification_targets

    values = series.to_numpy()
    if values.dtype == object or not isinstance(values, np.ndarray):
        values = np.array(list(series), dtype=object)
        kinds = {type(v) for v in values}
        if kinds <= {str} or (len(kinds) == 1 and kinds <= {bool, int, float}):
            values = np.array(list(values))
        elif kinds <= {bool, int, float}:
            values = values.astype(np.float64)
        else:
            raise InputError(
                f"the target {target!r} mixes classes of several types "
                f"({', '.join(sorted(k.__name__ for k in kinds))}); turn them all into text"
            )
    check_classification_targets(values)
    return values


def _numbers(target: str, series: pd.Series) -> Floats:
    numbers = pd.to_numeric(series, errors="coerce")
    values = np.asarray(numbers, dtype=np.float64)
    if np.isnan(values).any():
        bad = series[np.isnan(values)].iloc[0]
        raise InputError(f"the target {target!r} is not a number in some rows: {bad!r}")
    if np.isinf(values).any():
        raise InputError(
            f"Input y contains infinity or a value too large for dtype('float64'): leave such "
            f"rows of the target {target!r} out"
        )
    return values
