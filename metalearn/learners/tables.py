"""Reading a table and its target from CSV, Parquet or ARFF, checked before anything is learned.

Every complaint names what was expected, what came and what to do next; nothing is repaired
silently.
"""

from __future__ import annotations

import csv
import gzip
import hashlib
import io
import zlib
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from metalearn.core.task import Kind, Task
from metalearn.errors import InputError, UsageError

__all__ = ["MIN_ROWS", "Table", "as_table", "load_frame", "load_table"]

MIN_ROWS = 10
_FORMATS = (
    "CSV (.csv, .tsv, .txt), Parquet (.parquet, .pq) or ARFF (.arff), each also gzipped (.gz)"
)


@dataclass(frozen=True, slots=True)
class Table:
    """A data set with its target, rows without a target already left out.

    Attributes:
        name: What to call it.
        kind: `classification` or `regression`.
        X: Columns without the target, as they came.
        y: The target; strings or numbers.
        target: Name of the target column.
        n_dropped: Rows left out because their target was missing.
    """

    name: str
    kind: Kind
    X: pd.DataFrame
    y: pd.Series
    target: str
    n_dropped: int = 0

    @property
    def n_classes(self) -> int | None:
        """Number of classes that occur; None for regression."""
        return int(self.y.nunique()) if self.kind == "classification" else None

    def digest(self) -> str:
        """Return a content hash: equal tables have equal digests on every machine."""
        hashed = pd.util.hash_pandas_object(self.X.astype(str), index=False).to_numpy()
        target = pd.util.hash_pandas_object(self.y.astype(str), index=False).to_numpy()
        text = "\n".join(map(str, self.X.columns)).encode()
        return hashlib.sha256(text + hashed.tobytes() + target.tobytes()).hexdigest()[:16]

    def task(self, key: str = "") -> Task:
        """Return the description of the table as a task."""
        rows, columns = self.X.shape
        return Task(
            key or f"table:{self.name}", self.name, self.kind, rows, columns, self.n_classes
        )


def load_table(
    source: str | Path, target: str, *, kind: Kind | None = None, ignore: Sequence[str] = ()
) -> Table:
    """Return the table stored in a file.

    Args:
        source: Path of a CSV, Parquet or ARFF file, plain or gzipped.
        target: Name of the target column.
        kind: Kind of task; guessed from the target if None.
        ignore: Columns to leave out.

    Raises:
        InputError: If the file or the target cannot be used.
    """
    path = Path(source)
    frame = load_frame(path)
    name = path.name.removesuffix(".gz").rsplit(".", 1)[0]
    missing = [column for column in ignore if column not in frame.columns]
    if missing:
        raise UsageError(
            f"{path}: no columns {missing} to ignore; it has {_listed(frame.columns)}"
        )
    return as_table(frame.drop(columns=list(ignore)), target, name=name, kind=kind)


def as_table(
    frame: pd.DataFrame, target: str | pd.Series, *, name: str = "table", kind: Kind | None = None
) -> Table:
    """Return a checked table from a data frame and its target, a column's name or a series."""
    if isinstance(target, str):
        if target not in frame.columns:
            raise InputError(
                f"{name}: there is no column {target!r}; it has {_listed(frame.columns)}. "
                "Name the target with --target"
            )
        y, X = frame[target], frame.drop(columns=target)
    else:
        y, X, target = target, frame, str(target.name or "target")
    _check_columns(name, X)
    known = y.notna().to_numpy()
    if not known.any():
        raise InputError(f"{name}: the target {target!r} is missing in all {len(y)} rows")
    X, y = X.loc[known].reset_index(drop=True), y.loc[known].reset_index(drop=True)
    if len(y) < MIN_ROWS:
        raise InputError(
            f"{name}: {len(y)} rows with a target; at least {MIN_ROWS} are needed to say anything"
        )
    kind = kind or _kind_of(y)
    return Table(
        name, kind, X, _checked_target(name, target, y, kind), target, int((~known).sum())
    )


def load_frame(path: Path) -> pd.DataFrame:
    """Return the data frame stored in a file, its columns as they came.

    Raises:
        InputError: If there is no such file, or it is empty, binary or of an unknown format.
    """
    if not path.exists():
        raise InputError(f"there is no file {str(path)!r}; check the path")
    if path.is_dir():
        raise InputError(f"{str(path)!r} is a folder; name one table in it")
    if path.stat().st_size == 0:
        raise InputError(f"{str(path)!r} is empty; expected {_FORMATS}")
    suffix = Path(path.name.lower().removesuffix(".gz")).suffix
    reader = _READERS.get(suffix)
    if reader is None:
        raise InputError(f"{str(path)!r}: unknown format {suffix!r}; expected {_FORMATS}")
    try:
        frame = reader(path)
    except (OSError, EOFError, zlib.error, UnicodeDecodeError) as error:
        raise InputError(f"{str(path)!r} cannot be read: {error}; expected {_FORMATS}") from error
    doubled = [str(c) for c, count in Counter(frame.columns).items() if count > 1]
    if doubled:
        raise InputError(f"{str(path)!r}: duplicate column names {doubled}; rename them")
    if frame.shape[1] < 2:
        raise InputError(f"{str(path)!r}: one column only; expected features and a target")
    return frame.rename(columns=str)


def _bytes(path: Path) -> bytes:
    raw = path.read_bytes()
    return gzip.decompress(raw) if raw[:2] == b"\x1f\x8b" else raw


def _text(path: Path) -> str:
    raw = _bytes(path)
    if b"\0" in raw[:65536]:
        raise InputError(f"{str(path)!r} is a binary file; expected {_FORMATS}")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        return raw.decode("latin-1")


def _read_csv(path: Path) -> pd.DataFrame:
    text = _text(path)
    head = text[:65536]
    first = next((line for line in head.splitlines() if line.strip()), "")
    if not first:
        raise InputError(f"{str(path)!r} holds no text; expected a header line and rows")
    delimiter = max(",;\t|", key=first.count) if any(d in first for d in ",;\t|") else ","
    header = next(csv.reader([first], delimiter=delimiter))
    doubled = [name for name, count in Counter(header).items() if count > 1]
    if doubled:
        raise InputError(f"{str(path)!r}: duplicate column names {doubled}; rename them")
    try:
        return pd.read_csv(io.StringIO(text), sep=delimiter, low_memory=False)
    except (pd.errors.ParserError, pd.errors.EmptyDataError) as error:
        raise InputError(f"{str(path)!r} is not a CSV table: {error}") from error


def _read_parquet(path: Path) -> pd.DataFrame:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        table = pq.read_table(io.BytesIO(_bytes(path)))
    except pa.ArrowInvalid as error:
        raise InputError(f"{str(path)!r} is not a Parquet file: {error}") from error
    doubled = [name for name, count in Counter(table.column_names).items() if count > 1]
    if doubled:
        raise InputError(f"{str(path)!r}: duplicate column names {doubled}; rename them")
    frame: pd.DataFrame = table.to_pandas()
    return frame


def _read_arff(path: Path) -> pd.DataFrame:
    import arff

    try:
        document: Any = arff.loads(_text(path))  # liac-arff returns an untyped dictionary
    except arff.ArffException as error:
        raise InputError(f"{str(path)!r} is not an ARFF file: {error}") from error
    names = [name for name, _ in document["attributes"]]
    frame = pd.DataFrame(document["data"], columns=names)
    for name, kind in document["attributes"]:
        if isinstance(kind, list):
            frame[name] = pd.Categorical(frame[name], categories=list(dict.fromkeys(kind)))
        elif kind.upper() in {"NUMERIC", "REAL", "INTEGER"}:
            frame[name] = pd.to_numeric(frame[name])
    return frame


_READERS: dict[str, Callable[[Path], pd.DataFrame]] = {
    ".csv": _read_csv,
    ".tsv": _read_csv,
    ".txt": _read_csv,
    ".parquet": _read_parquet,
    ".pq": _read_parquet,
    ".arff": _read_arff,
}


def _listed(columns: pd.Index) -> str:
    names = [repr(str(column)) for column in columns]
    shown = ", ".join(names[:20])
    return shown if len(names) <= 20 else f"{shown} and {len(names) - 20} more"


def _check_columns(name: str, X: pd.DataFrame) -> None:
    if X.shape[1] == 0:
        raise InputError(f"{name}: there is no column beside the target; nothing to learn from")
    doubled = [str(c) for c, count in Counter(X.columns).items() if count > 1]
    if doubled:
        raise InputError(f"{name}: duplicate column names {doubled}; rename them")
    infinite, nested = [], []
    for column in X.columns:
        values = X[column]
        if pd.api.types.is_float_dtype(values.dtype):
            if np.isinf(values.to_numpy(dtype=np.float64, na_value=np.nan)).any():
                infinite.append(str(column))
        elif values.dtype == object:
            kinds = {type(value) for value in values.head(1000)}
            if kinds & {list, dict, set, tuple, np.ndarray}:
                nested.append(str(column))
    if infinite:
        raise InputError(
            f"{name}: infinite values in {infinite}; replace them by a number or leave them empty"
        )
    if nested:
        raise InputError(
            f"{name}: columns {nested} hold lists or other containers; make them plain columns"
        )


def _kind_of(y: pd.Series) -> Kind:
    """Guess: text, booleans and few whole numbers are classes; all else is a number to predict."""
    if not pd.api.types.is_numeric_dtype(y.dtype) or pd.api.types.is_bool_dtype(y.dtype):
        return "classification"
    values = y.to_numpy(dtype=np.float64)
    n_distinct = len(np.unique(values))
    whole = bool(np.all(values == np.round(values)))
    few = n_distinct <= 2 or (n_distinct <= 20 and n_distinct <= 0.1 * len(values))
    return "classification" if whole and few else "regression"


def _checked_target(name: str, target: str, y: pd.Series, kind: Kind) -> pd.Series:
    if y.nunique() < 2:
        raise InputError(
            f"{name}: the target {target!r} has one value only ({y.iloc[0]!r}); nothing to predict"
        )
    if kind == "classification":
        return y.cat.remove_unused_categories() if isinstance(y.dtype, pd.CategoricalDtype) else y
    numbers = pd.to_numeric(y, errors="coerce")
    if numbers.isna().any():
        bad = y[numbers.isna().to_numpy()].iloc[0]
        raise InputError(f"{name}: the target {target!r} is not a number in some rows: {bad!r}")
    if np.isinf(numbers.to_numpy(dtype=np.float64)).any():
        raise InputError(f"{name}: the target {target!r} has infinite values; leave them out")
    return numbers.astype(np.float64)
