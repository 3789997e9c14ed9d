"""The types of the columns of a table by their values, and which ones are left to skrub."""

from __future__ import annotations

import numpy as np
import pandas as pd

from metalearn.learners.day_columns import are_days
from metalearn.learners.plain_columns import are_plain_numbers

__all__ = ["MAX_CATEGORIES", "is_null", "kind_of_column", "kinds_of"]

MAX_CATEGORIES = 40
"""From so many categories on, a column counts as text (hashed n-grams, not one-hot)."""

_NULLS = frozenset(
    [
        "null",
        "1.#QNAN",
        "#NA",
        "nan",
        "#N/A N/A",
        "-1.#QNAN",
        "<NA>",
        "-1.#IND",
        "-nan",
        "n/a",
        "-NaN",
        "1.#IND",
        "NULL",
        "NA",
        "N/A",
        "#N/A",
        "NaN",
        "?",
        "...",
        "none",
        "None",
    ]
)
"""Text that stands for a missing value, as skrub has it; so does white space."""
_LONG = 4
"""Letters of a word that is in no date unless it is among `_TIMES`."""
_TIMES = frozenset(
    [
        "jan",
        "feb",
        "mar",
        "apr",
        "may",
        "jun",
        "jul",
        "aug",
        "sep",
        "sept",
        "oct",
        "nov",
        "dec",
        "january",
        "february",
        "march",
        "april",
        "june",
        "july",
        "august",
        "september",
        "october",
        "november",
        "december",
        "mon",
        "tue",
        "wed",
        "thu",
        "fri",
        "sat",
        "sun",
        "monday",
        "tuesday",
        "wednesday",
        "thursday",
        "friday",
        "saturday",
        "sunday",
        "hour",
        "hours",
        "minute",
        "minutes",
        "second",
        "seconds",
        "now",
        "today",
        "am",
        "pm",
        "utc",
        "z",
        "t",
    ]
)


def kinds_of(X: pd.DataFrame) -> list[str | None]:
    """Return the type of each column, see `kind_of_column`."""
    if are_plain_numbers(X):  # one look at thousands of columns
        return ["missing" if empty else "number" for empty in X.isna().all(axis=0)]
    return [kind_of_column(X.iloc[:, j]) for j in range(X.shape[1])]


def kind_of_column(column: pd.Series) -> str | None:
    """Return the type of a plain column, see `ColumnVectorizer`; None if skrub must detect it."""
    dtype = column.dtype
    if isinstance(dtype, pd.CategoricalDtype):
        used = column.cat.remove_unused_categories().cat.categories
        if not len(used):
            return "missing"
        if not all(isinstance(value, str) for value in used):
            return None
        return "category" if len(used) < MAX_CATEGORIES else "hashed"
    if isinstance(dtype, np.dtype) and dtype.kind in "biuf":
        return "missing" if dtype.kind == "f" and bool(column.isna().all()) else "number"
    if not pd.api.types.is_object_dtype(dtype) and not isinstance(dtype, pd.StringDtype):
        return None
    positions, found = pd.factorize(column.astype(object))
    counts = np.bincount(positions[positions >= 0], minlength=len(found))
    n_rows = {v: int(n) for v, n in zip(found, counts, strict=True) if not is_null(v)}
    if not n_rows or not all(isinstance(v, str) for v in n_rows):
        return None
    if are_days(n_rows):
        return "day"
    n_words = sum(n for v, n in n_rows.items() if _is_word(v))
    if len(n_rows) < MAX_CATEGORIES:
        return "text" if n_words else None
    # skrub looks for dates in a few sampled rows: most must be words, so that it finds none.
    return "hashed text" if 2 * n_words > sum(n_rows.values()) else None


def is_null(value: object) -> bool:
    """Whether this is text that stands for a missing value."""
    return isinstance(value, str) and (value in _NULLS or not value.strip())


def _is_word(value: str) -> bool:
    """Whether this is surely a category, no number and no date."""
    words = value.replace(",", " ").replace(".", " ").split()
    if any(c.isdigit() for c in value):
        return any(_is_in_no_date(word) for word in words)
    try:
        float(value.strip().lower())
    except ValueError:
        return _TIMES.isdisjoint(word.lower() for word in words)
    return False  # "inf", "nan"


def _is_in_no_date(word: str) -> bool:
    """Whether no date holds this word beside its digits; capitals may be a time zone."""
    is_long = len(word) >= _LONG and word.isalpha() and not word.isupper()
    return is_long and word.lower() not in _TIMES
