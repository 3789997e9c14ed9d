"""From the columns of a table to a matrix of numbers: the middle step of the preparation.

Tables of numbers, booleans and plain categories, which most are, are encoded here in a few array
operations. Where a column may be anything else (dates, numbers written as text), skrub's
`TableVectorizer` detects the types of all columns; on plain tables both return the same matrix.
"""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, TransformerMixin

from metalearn.core.arrays import Ints
from metalearn.learners.hashed_columns import N_HASHES, HashedValues, hash_names
from metalearn.learners.plain_columns import LARGEST, are_plain_numbers

__all__ = ["MAX_CATEGORIES", "ColumnVectorizer", "Encoding", "skrub_vectorizer"]

Encoding = Literal["one-hot", "ordinal", "native"]
MAX_CATEGORIES = 40
"""From so many categories on, a column counts as text (hashed n-grams, not one-hot)."""

_UNKNOWN, _MISSING = -1, -2
_CATEGORIES, _HASHED = ("category", "text"), ("hashed", "hashed text")
_TEXT = ("text", "hashed text")
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
        "now",
        "today",
        "am",
        "pm",
        "utc",
        "z",
        "t",
    ]
)


class ColumnVectorizer(TransformerMixin, BaseEstimator):  # type: ignore[misc]  # untyped bases
    """Numbers as they are, categories one-hot or as codes, everything else as skrub does.

    Args:
        encoding: `one-hot` (categories of one row share a column), `ordinal` (codes in sorted
            order, -1 for unseen categories, -2 for missing ones), or `native` (a data frame of
            numbers and pandas categories).

    Attributes:
        kinds_: `number`, `category`, `text` (a category kept as text), `hashed` or `hashed text`
            (the same with many categories) or `missing` (dropped), one a column; empty where
            skrub does the work.
        hashed_: Hashes of the values of each hashed column.
        categories_: Sorted categories of each other column that has some.
        places_: Code, or column of its block, of each category and last of a missing value; -1
            for none.
        vectorizer_: skrub's, or None.
    """

    def __init__(self, encoding: Encoding = "one-hot") -> None:
        self.encoding = encoding

    def fit(self, X: Any, y: Any = None) -> ColumnVectorizer:
        """Learn the type of each column."""
        self.fit_transform(X, y)
        return self

    def fit_transform(self, X: Any, y: Any = None) -> Any:
        """Learn the type of each column, and return the matrix."""
        self.vectorizer_: Any = None  # an untyped transformer
        self.kinds_: list[str] = []
        kinds = _kinds_of(X) if _is_frame(X) else []
        if not kinds or None in kinds or set(kinds) == {"missing"} or _names_collide(X, kinds):
            self.vectorizer_ = _fast_vectorizer(self.encoding)
            return _within_range(self.vectorizer_.fit_transform(X, y))
        self.kinds_ = [str(kind) for kind in kinds]
        self.n_features_in_ = X.shape[1]
        self.hashed_: dict[int, HashedValues] = {}
        self.categories_: dict[int, Any] = {}
        self.places_: dict[int, Any] = {}
        for j, kind in enumerate(self.kinds_):
            if kind in _HASHED or (kind in _CATEGORIES and self.encoding != "native"):
                self._learn(j, X.iloc[:, j])
        return self.transform(X)

    def transform(self, X: Any) -> Any:
        """Return the matrix, `(n, n_outputs)`."""
        if self.vectorizer_ is not None:
            return _within_range(self.vectorizer_.transform(X))
        frame = X if _is_frame(X) else pd.DataFrame(X)
        if self.encoding == "native":
            return self._native(frame)
        is_number = np.array([kind == "number" for kind in self.kinds_])
        if are_plain_numbers(frame) and set(self.kinds_) <= {"number", "missing"}:
            values = frame.loc[:, is_number].to_numpy(dtype=np.float64)
            cut = np.clip(values, -LARGEST, LARGEST)
            return np.ascontiguousarray(cut, dtype=np.float32)
        blocks = [self._block(j, frame.iloc[:, j]) for j in range(len(self.kinds_))]
        return np.column_stack([block for block in blocks if block is not None])

    def _native(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Return the columns that are not dropped: float32 numbers and pandas categories."""
        columns: dict[Any, Any] = {}
        for j, kind in enumerate(self.kinds_):
            column = frame.iloc[:, j]
            if kind == "number":
                columns[frame.columns[j]] = np.asarray(_numbers(column), dtype=np.float32)
            elif kind in _HASHED:
                columns |= dict(
                    zip(hash_names(str(frame.columns[j])), self._block(j, column).T, strict=True)
                )
            elif kind != "missing":
                positions, values = _factors(column, is_text=kind == "text")
                columns[frame.columns[j]] = pd.Categorical.from_codes(
                    positions, categories=pd.Index(values, dtype=object)
                )
        return pd.DataFrame(columns, index=frame.index)

    def _learn(self, j: int, column: pd.Series) -> None:
        positions, values = _factors(column, is_text=self.kinds_[j] in _TEXT)
        counts = np.bincount(positions[positions >= 0], minlength=len(values))
        if self.kinds_[j] in _HASHED:
            self.hashed_[j] = HashedValues.of([values[i] for i in np.flatnonzero(counts)])
            return
        n_missing = int((positions < 0).sum())
        order = [i for i in np.argsort(np.array(values, dtype=object)) if counts[i] > 0]
        self.categories_[j] = np.array([values[i] for i in order], dtype=object)
        if self.encoding == "ordinal":
            self.places_[j] = np.array([*range(len(order)), _MISSING if n_missing else _UNKNOWN])
            return
        sizes = np.array([*(counts[i] for i in order), n_missing])
        places = np.where(sizes >= 2, np.cumsum(sizes >= 2) - 1, int((sizes >= 2).sum()))
        self.places_[j] = np.where(sizes > 0, places, _UNKNOWN)

    def _block(self, j: int, column: pd.Series) -> Any:
        """Return the float columns of one column of the table; None if it is dropped."""
        kind = self.kinds_[j]
        if kind == "missing":
            return None
        if kind == "number":
            cut = np.clip(_numbers(column), -LARGEST, LARGEST)  # infinite ones as well
            return np.asarray(cut[:, None], dtype=np.float32)
        positions, values = _factors(column, is_text=kind in _TEXT)
        if kind in _HASHED:
            return self.hashed_[j].block(positions, values)
        known = pd.Index(self.categories_[j], dtype=object).get_indexer(
            pd.Index(values, dtype=object)
        )
        places = self.places_[j]
        # Of each value seen now, then of a missing one: negative positions take the last.
        targets = np.append(np.where(known >= 0, places[known], _UNKNOWN), places[-1])
        at = targets[positions]
        if self.encoding == "ordinal":
            return at[:, None].astype(np.float64)
        block = np.zeros((len(at), int(places.max()) + 1), dtype=np.float32)
        rows = np.flatnonzero(at >= 0)
        block[rows, at[rows]] = 1.0
        return block


def _within_range(prepared: Any) -> Any:
    """Return columns with infinite numbers cut: numbers in text may exceed single precision."""
    infinite = [
        j for j, dtype in enumerate(prepared.dtypes)
        if isinstance(dtype, np.dtype) and dtype.kind == "f"
        and bool(np.isinf(prepared.iloc[:, j].to_numpy()).any())
    ]  # fmt: skip
    names = prepared.columns[infinite]
    cut = prepared[names].clip(-LARGEST, LARGEST)
    return prepared.assign(**{str(name): cut[name] for name in names}) if infinite else prepared


def _kinds_of(X: pd.DataFrame) -> list[str | None]:
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
    n_rows = {v: int(n) for v, n in zip(found, counts, strict=True) if not _is_null(v)}
    if not n_rows or not all(isinstance(v, str) for v in n_rows):
        return None
    n_words = sum(n for v, n in n_rows.items() if _is_word(v))
    if len(n_rows) < MAX_CATEGORIES:
        return "text" if n_words else None
    # skrub looks for dates in a few sampled rows: most must be words, so that it finds none.
    return "hashed text" if 2 * n_words > sum(n_rows.values()) else None


def _names_collide(X: pd.DataFrame, kinds: list[str | None]) -> bool:
    """Whether a column has the name of one that a hashed column becomes."""
    made = [
        hash_names(str(name)) for name, kind in zip(X.columns, kinds, strict=True)
        if kind in _HASHED
    ]  # fmt: skip
    return not {*map(str, X.columns)}.isdisjoint(name for names in made for name in names)


def _is_null(value: object) -> bool:
    return isinstance(value, str) and (value in _NULLS or not value.strip())


def _is_word(value: str) -> bool:
    """Whether this is surely a category, no number and no date."""
    if any(c.isdigit() for c in value):
        return False
    bare = value.strip().lower()
    try:
        float(bare)
    except ValueError:
        return not (set(bare.replace(",", " ").replace(".", " ").split()) & _TIMES)
    return False  # "inf", "nan"


def _factors(column: pd.Series, *, is_text: bool) -> tuple[Ints, list[str]]:
    """Return positions of the values among distinct ones, -1 for missing, and those as text."""
    if isinstance(column.dtype, pd.CategoricalDtype):
        positions: Any = column.cat.codes.to_numpy().astype(np.int64)
        values = [str(value) for value in column.cat.categories]
    else:
        positions, found = pd.factorize(column.astype(object))
        values = [str(value) for value in found]
    if is_text:
        null = np.array([*map(_is_null, values), True], dtype=np.bool_)
        positions = np.where(null[positions], -1, positions)
    return np.asarray(positions, dtype=np.int64), values


def _numbers(column: pd.Series) -> Any:
    """Return numbers in double precision."""
    if isinstance(column.dtype, np.dtype) and column.dtype.kind in "biuf":
        values = column.to_numpy(dtype=np.float64)
    else:
        found = pd.to_numeric(column, errors="coerce")
        values = found.to_numpy(dtype=np.float64, na_value=np.nan)
    return values


def _is_frame(X: Any) -> bool:
    return isinstance(X, pd.DataFrame)


def _fast_vectorizer(encoding: Encoding) -> Any:  # an untyped transformer
    """Return `skrub_vectorizer` with a faster encoder of texts."""
    from metalearn.learners.text_hash_encoder import TextHashEncoder

    encoder = TextHashEncoder(n_components=N_HASHES)
    return skrub_vectorizer(encoding).set_params(high_cardinality=encoder)


def skrub_vectorizer(encoding: Encoding) -> Any:  # an untyped transformer
    """Return the unfitted transformer of skrub that detects the types of columns."""
    from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder
    from skrub import DatetimeEncoder, MinHashEncoder, TableVectorizer, ToCategorical

    unknown: dict[str, Any] = {"handle_unknown": "use_encoded_value", "unknown_value": _UNKNOWN}
    encoders: dict[Encoding, Any] = {
        "one-hot": OneHotEncoder(
            handle_unknown="ignore", min_frequency=2, sparse_output=False, dtype="float32"
        ),
        "ordinal": OrdinalEncoder(**unknown, encoded_missing_value=_MISSING),
        "native": ToCategorical(),
    }
    return TableVectorizer(
        cardinality_threshold=MAX_CATEGORIES,
        low_cardinality=encoders[encoding],
        high_cardinality=MinHashEncoder(n_components=N_HASHES),
        datetime=DatetimeEncoder(resolution="hour"),
        drop_null_fraction=1.0,
        drop_if_constant=False,
    )
