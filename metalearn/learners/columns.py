"""From the columns of a table to a matrix of numbers: the middle step of the preparation.

Numbers, booleans and plain categories, which most columns are, are encoded here in a few array
operations. Columns that may be anything else (dates, numbers written as text) are left to skrub's
`TableVectorizer`, which detects their types; on plain columns both return the same matrix.
"""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, TransformerMixin

from metalearn.core.arrays import Ints
from metalearn.learners.column_kinds import MAX_CATEGORIES, is_null, kinds_of
from metalearn.learners.day_columns import N_PARTS, day_block, day_names
from metalearn.learners.hashed_columns import N_HASHES, hash_names, hashed_block
from metalearn.learners.plain_columns import LARGEST, are_plain_numbers

__all__ = ["ColumnVectorizer", "Encoding", "skrub_vectorizer"]

Encoding = Literal["one-hot", "ordinal", "native"]
_UNKNOWN, _MISSING = -1, -2
_CATEGORIES, _HASHED = ("category", "text"), ("hashed", "hashed text")
_TEXT = ("text", "hashed text")
_DAY, _DETECTED = "day", "detected"
_NAMES = {"hashed": hash_names, "hashed text": hash_names, "day": day_names}
_WIDTHS = {"missing": 0, "hashed": N_HASHES, "hashed text": N_HASHES, "day": N_PARTS}


class ColumnVectorizer(TransformerMixin, BaseEstimator):  # type: ignore[misc]  # untyped bases
    """Numbers as they are, categories one-hot or as codes, everything else as skrub does.

    Args:
        encoding: `one-hot` (categories of one row share a column), `ordinal` (codes in sorted
            order, -1 for unseen categories, -2 for missing ones), or `native` (a data frame of
            numbers and pandas categories).

    Attributes:
        kinds_: `number`, `category`, `text` (a category kept as text), `hashed` or `hashed text`
            (the same with many categories), `day` (as text), `missing` (dropped) or `detected`
            (by skrub), one a column; empty where skrub does all the work.
        categories_: Sorted categories of each column that has some and is not hashed.
        places_: Code, or column of its block, of each category and last of a missing value; -1
            for none.
        vectorizer_: skrub's, fitted on the detected columns, or on all; None without any.
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
        kinds = kinds_of(X) if _is_frame(X) else []
        self.kinds_ = [kind or _DETECTED for kind in kinds]
        is_beyond = set(kinds) <= {None, "missing"} or not X.columns.is_unique
        detected = None if is_beyond else self._fit_detected(X, y)
        if is_beyond or _names_collide(X, self.kinds_, detected):
            self.kinds_, self.vectorizer_ = [], _fast_vectorizer(self.encoding)
            return _within_range(self.vectorizer_.fit_transform(X, y))
        self.n_features_in_ = X.shape[1]
        self.categories_: dict[int, Any] = {}
        self.places_: dict[int, Any] = {}
        for j, kind in enumerate(self.kinds_):
            if kind in _CATEGORIES and self.encoding != "native":
                self._learn(j, X.iloc[:, j])
        return self._encoded(X, detected)

    def transform(self, X: Any) -> Any:
        """Return the matrix, `(n, n_outputs)`."""
        if not self.kinds_:
            return _within_range(self.vectorizer_.transform(X))
        frame = X if _is_frame(X) else pd.DataFrame(X)
        if self.vectorizer_ is None:
            return self._encoded(frame, None)
        return self._encoded(frame, _within_range(self.vectorizer_.transform(self._odd(frame))))

    def outputs(self) -> tuple[list[str], Ints]:
        """Return names of the columns of the matrix, and the column that each comes from."""
        if not self.kinds_:
            names = list(self.vectorizer_.all_outputs_)
            place = {name: j for j, name in enumerate(self.vectorizer_.feature_names_in_)}
            found = [place[self.vectorizer_.output_to_input_[name]] for name in names]
            return names, np.array(found, dtype=np.int64)
        made = self._made_of_detected()
        widths = [len(made[j]) if j in made else self._width(j) for j in range(len(self.kinds_))]
        origins = np.repeat(np.arange(len(widths)), widths)
        return [f"x{i}" for i in range(len(origins))], origins.astype(np.int64)

    def _width(self, j: int) -> int:
        """Return the number of columns that a column becomes without skrub."""
        if self.encoding == "one-hot" and j in self.places_:
            return int(self.places_[j].max()) + 1
        return _WIDTHS.get(self.kinds_[j], 1)

    def _odd(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Return the columns whose type skrub detects."""
        return frame.loc[:, [kind == _DETECTED for kind in self.kinds_]]

    def _fit_detected(self, X: pd.DataFrame, y: Any) -> pd.DataFrame | None:
        """Fit skrub on the columns whose type it detects; return what they become."""
        odd = self._odd(X)
        if odd.shape[1] == 0:
            return None
        self.vectorizer_ = _fast_vectorizer(self.encoding)
        made: pd.DataFrame = _within_range(self.vectorizer_.fit_transform(odd, y))
        return made

    def _made_of_detected(self) -> dict[int, list[str]]:
        """Return the names of what each detected column becomes."""
        odd = [j for j, kind in enumerate(self.kinds_) if kind == _DETECTED]
        made: dict[int, list[str]] = {j: [] for j in odd}
        if self.vectorizer_ is not None:
            place = dict(zip(self.vectorizer_.feature_names_in_, odd, strict=True))
            for name in self.vectorizer_.all_outputs_:
                made[place[self.vectorizer_.output_to_input_[name]]].append(name)
        return made

    def _encoded(self, frame: pd.DataFrame, detected: pd.DataFrame | None) -> Any:
        """Return the matrix, with what skrub made of the detected columns in their places."""
        if self.encoding == "native":
            return self._native(frame, detected)
        is_number = np.array([kind == "number" for kind in self.kinds_])
        if are_plain_numbers(frame) and set(self.kinds_) <= {"number", "missing"}:
            values = frame.loc[:, is_number].to_numpy(dtype=np.float64)
            cut = np.clip(values, -LARGEST, LARGEST)
            return np.ascontiguousarray(cut, dtype=np.float32)
        made = self._made_of_detected()
        blocks = [
            detected[made[j]].to_numpy() if j in made and detected is not None
            else self._block(j, frame.iloc[:, j])
            for j in range(len(self.kinds_))
        ]  # fmt: skip
        return np.column_stack([block for block in blocks if block is not None])

    def _native(self, frame: pd.DataFrame, detected: pd.DataFrame | None) -> pd.DataFrame:
        """Return the columns that are not dropped: float32 numbers and pandas categories."""
        columns: dict[Any, Any] = {}
        made = self._made_of_detected()
        for j, kind in enumerate(self.kinds_):
            column = frame.iloc[:, j]
            if kind == "number":
                columns[frame.columns[j]] = np.asarray(_numbers(column), dtype=np.float32)
            elif kind in _NAMES:
                names = _NAMES[kind](str(frame.columns[j]))
                columns |= dict(zip(names, self._block(j, column).T, strict=True))
            elif j in made and detected is not None:
                columns |= {name: detected[name].array for name in made[j]}
            elif kind != "missing":
                positions, values = _factors(column, is_text=kind == "text")
                columns[frame.columns[j]] = pd.Categorical.from_codes(
                    positions, categories=pd.Index(values, dtype=object)
                )
        return pd.DataFrame(columns, index=frame.index)

    def _learn(self, j: int, column: pd.Series) -> None:
        positions, values = _factors(column, is_text=self.kinds_[j] in _TEXT)
        counts = np.bincount(positions[positions >= 0], minlength=len(values))
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
        if kind == _DAY:
            return day_block(column)
        positions, values = _factors(column, is_text=kind in _TEXT)
        if kind in _HASHED:
            return hashed_block(positions, values)
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


def _names_collide(X: pd.DataFrame, kinds: list[str], detected: pd.DataFrame | None) -> bool:
    """Whether two columns become ones of the same name."""
    made = [] if detected is None else [*map(str, detected.columns)]
    for name, kind in zip(map(str, X.columns), kinds, strict=True):
        if kind != _DETECTED:
            made += _NAMES[kind](name) if kind in _NAMES else [name]
    return len({*made}) < len(made)


def _factors(column: pd.Series, *, is_text: bool) -> tuple[Ints, list[str]]:
    """Return positions of the values among distinct ones, -1 for missing, and those as text."""
    if isinstance(column.dtype, pd.CategoricalDtype):
        positions: Any = column.cat.codes.to_numpy().astype(np.int64)
        values = [str(value) for value in column.cat.categories]
    else:
        positions, found = pd.factorize(column.astype(object))
        values = [str(value) for value in found]
    if is_text:
        null = np.array([*map(is_null, values), True], dtype=np.bool_)
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
