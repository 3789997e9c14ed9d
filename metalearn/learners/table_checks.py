"""Checks the columns and the target of a table before learning.

Every error names what was expected, what was found and what to do next.
"""

from __future__ import annotations

import math
import warnings
from collections import Counter
from collections.abc import Callable
from decimal import Decimal

import numpy as np
import pandas as pd

from metalearn.core.task import Kind
from metalearn.errors import InputError

__all__ = [
    "check_columns",
    "check_learnable",
    "check_names",
    "check_plain",
    "check_values",
    "checked_target",
    "doubts_of",
    "kind_of",
]

_HANDFUL = 5
_CELLS_AT_ONCE = 1 << 23

_CONTAINERS = (list, dict, set, tuple, np.ndarray)
_NUMBERS = (int, float, Decimal, np.integer, np.floating)


def check_names(name: str, columns: pd.Index) -> None:
    """Raise InputError if two columns have the same name, read as text."""
    doubled = [text for text, count in Counter(map(str, columns)).items() if count > 1]
    if doubled:
        raise InputError(f"{name}: duplicate column names {doubled}; rename them")


def check_columns(name: str, X: pd.DataFrame) -> None:
    """Raise InputError if there is nothing to learn from, or a column cannot be prepared."""
    if X.shape[1] == 0:
        raise InputError(f"{name}: there is no column beside the target; nothing to learn from")
    check_values(name, X)
    if all(X.iloc[:, i].nunique(dropna=False) < 2 for i in range(X.shape[1])):
        raise InputError(
            f"{name}: all {X.shape[1]} columns are constant or missing in all rows; expected at "
            "least one column with two different values"
        )


def check_values(name: str, X: pd.DataFrame) -> None:
    """Raise InputError if a column holds infinite or complex numbers, or containers."""
    kinds = [t.kind if isinstance(t, np.dtype) else "" for t in X.dtypes]
    has_infinite = _any_infinite(X, [i for i, kind in enumerate(kinds) if kind == "f"])
    doubtful = [i for i, kind in enumerate(kinds) if kind not in "biuf" or not kind
                or (kind == "f" and has_infinite)]  # fmt: skip
    complaints: dict[str, Callable[[pd.Series], bool]] = {
        "infinite values in {}; replace them by a number or leave them empty": _is_infinite,
        "columns {} hold lists or other containers; make them plain columns": _is_nested,
        "columns {} hold complex numbers; make real and imaginary part two columns": _is_complex,
    }
    for text, is_bad in complaints.items():
        bad = [str(X.columns[i]) for i in doubtful if is_bad(X.iloc[:, i])]
        if bad:
            raise InputError(f"{name}: {text.format(bad)}")


def kind_of(name: str, target: str, y: pd.Series) -> Kind:
    """Guess: text, booleans and few whole numbers are classes; all else is a number to predict.

    Raises:
        InputError: If the target is neither classes nor a number: dates, spans of time.
    """
    if isinstance(y.dtype, pd.PeriodDtype) or y.dtype.kind in "mM":
        raise InputError(
            f"{name}: the target {target!r} holds dates or spans of time; turn it into a number "
            "(--kind regression, kind='regression', does so: days) or into classes (text)"
        )
    if not _is_numeric(y):
        return "classification"
    values = _floats(name, target, y).to_numpy()
    n_distinct = len(np.unique(values))
    whole = bool(np.all(values == np.round(values)))
    few = n_distinct <= 2 or (n_distinct <= 20 and n_distinct <= 0.1 * len(values))
    return "classification" if whole and few else "regression"


def check_learnable(name: str, target: str, y: pd.Series, kind: Kind) -> None:
    """Raise InputError if the target has one value only, infinite ones, or one row per class."""
    counts = y.value_counts()
    if (counts > 0).sum() < 2:
        value = y.iloc[0].item() if isinstance(y.iloc[0], np.generic) else y.iloc[0]
        raise InputError(
            f"{name}: the target {target!r} has one value only ({value!r}); nothing to predict"
        )
    if kind == "classification" and counts.max() < 2:
        raise InputError(
            f"{name}: each of the {len(y)} rows has a class of its own in {target!r}, which was "
            f"read as classes ({_look(y)}); expected classes of several rows. {_way_out(y)}"
        )
    if kind == "regression" and np.isinf(y.to_numpy(dtype=np.float64)).any():
        raise InputError(f"{name}: the target {target!r} has infinite values; leave them out")


def doubts_of(
    name: str, target: str, y: pd.Series, kind: Kind, *, is_guessed: bool
) -> tuple[str, ...]:
    """Return why a target can hardly be learned as it was read; usually nothing.

    Args:
        name: Name of the table.
        target: Name of the target.
        y: The target, `(n,)`.
        kind: Kind of task.
        is_guessed: Whether the kind was guessed from the target.
    """
    n_classes = int(y.nunique())
    if kind == "regression" or len(y) >= _HANDFUL * n_classes:
        return ()
    read = "read as" if is_guessed else "taken, as you said, for"
    return (
        f"{name}: the target {target!r} was {read} classification with {n_classes:,} classes in "
        f"{len(y):,} rows ({len(y) / n_classes:.1f} rows a class), since {_look(y)}; "
        f"so few rows a class can hardly be learned. {_way_out(y)}",
    )


def _look(y: pd.Series) -> str:
    """Describe the values of a target of classes."""
    shown = ", ".join(repr(str(v)) for v in y.drop_duplicates().head(2))
    if _is_numeric(y):
        return f"it holds numbers such as {shown}"
    if _share(_as_numbers(y)) > 0.5:
        return f"it holds text, most of it numbers: {shown}"
    if _share(_as_dates(y)) > 0.9:
        return f"it holds dates in text: {shown}"
    return f"it holds text such as {shown}"


def _way_out(y: pd.Series) -> str:
    """Return the advice for a target whose classes hardly repeat."""
    if _is_numeric(y) or _share(_as_numbers(y)) > 0.5:
        odd = "" if _is_numeric(y) else " (make the values that are no numbers empty first)"
        odd = "" if _share(_as_numbers(y)) == 1.0 else odd
        return f"If it is a quantity, predict it with --kind regression (kind='regression'){odd}"
    if _share(_as_dates(y)) > 0.9:
        return (
            "To predict the day, use --kind regression (kind='regression'), which reads dates "
            "such as 2020-12-31 as days since 1970; else name another target"
        )
    return (
        "If these are identifiers or free text, name another target, or group them into fewer "
        "classes; if they are quantities, make them numbers and use --kind regression "
        "(kind='regression')"
    )


def _share(known: pd.Series) -> float:
    return float(known.notna().mean())


def _as_numbers(y: pd.Series) -> pd.Series:
    return pd.Series(pd.to_numeric(y.astype(str), errors="coerce"))


def _as_dates(y: pd.Series) -> pd.Series:
    text = y.drop_duplicates().head(200).astype(str)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a guessed format is good enough for a hint
        return pd.Series(pd.to_datetime(text, errors="coerce", format="mixed"))


def checked_target(name: str, target: str, y: pd.Series, kind: Kind) -> pd.Series:
    """Return the target of a task of this kind: classes as they came, numbers as float64.

    Dates (ISO 8601 if they are text) become days since 1970, spans of time days.

    Raises:
        InputError: If a target of regression is not a number.
    """
    if kind == "classification":
        return y.cat.remove_unused_categories() if isinstance(y.dtype, pd.CategoricalDtype) else y
    if y.dtype.kind in "mM":
        zero = pd.to_datetime(["1970-01-01"] * len(y)).tz_localize(getattr(y.dtype, "tz", None))
        spans = pd.TimedeltaIndex(y if y.dtype.kind == "m" else pd.DatetimeIndex(y) - zero)
        return pd.Series(spans.total_seconds() / 86_400.0, name=y.name, dtype=np.float64)
    numbers = _floats(name, target, y) if _is_numeric(y) else pd.to_numeric(y, errors="coerce")
    if numbers.isna().all():
        dates = pd.to_datetime(y.astype(str), errors="coerce", format="ISO8601", utc=True)
        if dates.notna().all():
            return checked_target(name, target, dates, kind)
    if numbers.isna().any():
        bad = y[numbers.isna().to_numpy()].iloc[0]
        raise InputError(
            f"{name}: the target {target!r} is not a number in some rows: {bad!r}; expected "
            "numbers for regression. Turn it into numbers (dates into days), leave those rows "
            "empty, or use --kind classification (kind='classification')"
        )
    return numbers.astype(np.float64)


def check_plain(name: str, target: str, y: pd.Series) -> None:
    """Raise InputError if the values of the target are containers or complex numbers."""
    if _is_nested(y) or _is_complex(y):
        raise InputError(
            f"{name}: the target {target!r} holds {type(y.iloc[0]).__name__} values; expected "
            "classes (text, booleans, whole numbers) or numbers"
        )


def _is_numeric(y: pd.Series) -> bool:
    """Whether all values are numbers; booleans are not, numbers kept as Python objects are."""
    if y.dtype == object:
        return all(isinstance(v, _NUMBERS) and not isinstance(v, bool) for v in y)
    return pd.api.types.is_numeric_dtype(y.dtype) and not pd.api.types.is_bool_dtype(y.dtype)


def _floats(name: str, target: str, y: pd.Series) -> pd.Series:
    try:
        return y.astype(np.float64)
    except OverflowError as error:
        raise InputError(
            f"{name}: the target {target!r} has numbers beyond {np.finfo(float).max:.0e}; "
            "divide them, or take their logarithm"
        ) from error


def _any_infinite(X: pd.DataFrame, columns: list[int]) -> bool:
    """Whether columns of floats hold infinity; many at once, as far as a copy of them is small."""
    step = max(1, _CELLS_AT_ONCE // max(1, len(X)))
    return any(
        np.isinf(X.iloc[:, columns[i : i + step]].to_numpy(dtype=np.float64)).any()
        for i in range(0, len(columns), step)
    )


def _is_infinite(values: pd.Series) -> bool:
    if pd.api.types.is_float_dtype(values.dtype):
        return bool(np.isinf(values.to_numpy(dtype=np.float64, na_value=np.nan)).any())
    if values.dtype != object:
        return False
    return any(isinstance(v, (float, np.floating)) and math.isinf(v) for v in values)


def _is_nested(values: pd.Series) -> bool:
    if isinstance(values.dtype, pd.ArrowDtype):
        import pyarrow as pa

        return bool(pa.types.is_nested(values.dtype.pyarrow_dtype))
    return values.dtype == object and any(isinstance(v, _CONTAINERS) for v in values)


def _is_complex(values: pd.Series) -> bool:
    if values.dtype == object:
        return any(isinstance(v, (complex, np.complexfloating)) for v in values)
    return pd.api.types.is_complex_dtype(values.dtype)
