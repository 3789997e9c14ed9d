"""Reading a data frame from CSV, Parquet or ARFF, plain or gzipped.

Every complaint names what was expected, what came and what to do next; nothing is repaired
silently.
"""

from __future__ import annotations

import csv
import gzip
import io
import re
import warnings
import zlib
from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pandas as pd

from metalearn.errors import InputError

__all__ = ["load_frame"]

_FORMATS = (
    "CSV (.csv, .tsv, .txt), Parquet (.parquet, .pq) or ARFF (.arff), each also gzipped (.gz)"
)


def load_frame(path: Path) -> pd.DataFrame:
    """Return the data frame stored in a file, its columns as they came.

    Raises:
        InputError: If there is no such file, or it is empty, binary or of an unknown format.
    """
    _check_file(path)
    suffix = Path(path.name.lower().removesuffix(".gz")).suffix
    reader = _READERS.get(suffix)
    if reader is None:
        raise InputError(f"{str(path)!r}: unknown format {suffix!r}; expected {_FORMATS}")
    try:
        frame = reader(path)
    except (OSError, EOFError, zlib.error) as error:
        reason = str(error).partition("\n")[0]
        raise InputError(f"{str(path)!r} cannot be read: {reason}; expected {_FORMATS}") from error
    if frame.shape[1] < 2:
        raise InputError(f"{str(path)!r}: one column only; expected features and a target")
    return frame.rename(columns=str)


def _check_file(path: Path) -> None:
    try:
        if path.is_dir():
            raise InputError(f"{str(path)!r} is a folder; name one table in it")
        size = path.stat().st_size
    except FileNotFoundError:
        raise InputError(f"there is no file {str(path)!r}; check the path") from None
    except (OSError, ValueError) as error:
        raise InputError(f"{str(path)[:200]!r} cannot be opened: {error}") from error
    if size == 0:
        raise InputError(f"{str(path)!r} is empty; expected {_FORMATS}")


def _check_names(path: Path, names: Iterable[object]) -> None:
    counts = Counter(map(str, names))
    if counts[""] > 1:
        raise InputError(
            f"{str(path)!r}: {counts['']} columns have no name; name them or take them out"
        )
    doubled = [name for name, count in counts.items() if count > 1]
    if doubled:
        raise InputError(f"{str(path)!r}: duplicate column names {doubled}; rename them")


def _bytes(path: Path) -> bytes:
    raw = path.read_bytes()
    return gzip.decompress(raw) if raw[:2] == b"\x1f\x8b" else raw


def _text(path: Path) -> str:
    raw = _bytes(path)
    try:
        if raw[:2] in (b"\xff\xfe", b"\xfe\xff"):
            return raw.decode("utf-16")
        if b"\0" not in raw[:65536]:
            return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        if b"\0" not in raw:
            return raw.decode("latin-1")
    raise InputError(f"{str(path)!r} is a binary file; expected {_FORMATS}")


_QUOTED = re.compile(r'(?:\A|(?<=[,;\t|\r\n]))"(?:[^"]|"")*"')


def _read_csv(path: Path) -> pd.DataFrame:
    text = _text(path)
    bare = _QUOTED.sub(
        '""', text[: 1 << 20]
    )  # line ends and delimiters inside quotes do not count
    first = next((line for line in re.split(r"[\r\n]", bare) if line.strip()), "")
    if not first:
        raise InputError(f"{str(path)!r} holds no text; expected a header line and rows")
    delimiter = max(",;\t|", key=first.count)
    try:
        records = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
        header = next(row for row in records if len(row) > 1 or "".join(row).strip())
        _check_names(path, header)
        decimal = _decimal_mark(bare, delimiter)
        options: dict[str, Any] = {"sep": delimiter, "decimal": decimal, "low_memory": False}
        with warnings.catch_warnings():  # without it, pandas would take values for row names
            warnings.simplefilter("error", pd.errors.ParserWarning)
            frame: pd.DataFrame = pd.read_csv(io.StringIO(text), index_col=False, **options)
            return frame
    except pd.errors.ParserWarning as error:
        raise InputError(
            f"{str(path)!r}: rows have more values than the header has names ({len(header)}); "
            "name every column, or take the delimiter off the end of the rows"
        ) from error
    except (csv.Error, pd.errors.ParserError, pd.errors.EmptyDataError) as error:
        raise InputError(f"{str(path)!r} is not a CSV table: {str(error).strip()}") from error


def _decimal_mark(bare: str, delimiter: str) -> str:
    """Return the decimal mark: a comma where semicolons separate and no number has a point."""
    number = r"(?m)(?:^|;)\s*[-+]?\d+{}\d+(?:[eE][-+]?\d+)?\s*(?=;|$)"
    if delimiter != ";" or re.search(number.format(r"\."), bare):
        return "."
    return "," if re.search(number.format(","), bare) else "."


def _read_parquet(path: Path) -> pd.DataFrame:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        file = pq.ParquetFile(io.BytesIO(_bytes(path)))
        _check_names(path, file.schema_arrow.names)
        frame: pd.DataFrame = file.read().to_pandas()
    except pa.ArrowException as error:
        reason = str(error).splitlines()[0]
        raise InputError(f"{str(path)!r} is not a readable Parquet file: {reason}") from error
    # A named index is a column of the file; an unnamed one only numbers the rows.
    return frame.reset_index() if any(frame.index.names) else frame


_DATE = re.compile(r"(?im)^(\s*@attribute\s+(?:'[^']*'|\"[^\"]*\"|\S+)\s+)date\b.*$")


def _read_arff(path: Path) -> pd.DataFrame:
    import arff

    text = _DATE.sub(r"\1string", _text(path))  # dates in text are recognised when prepared
    try:
        document: Any = arff.loads(text)  # liac-arff returns an untyped dictionary
    except arff.ArffException as error:
        raise InputError(f"{str(path)!r} is not an ARFF file: {error}") from error
    names = [name for name, _ in document["attributes"]]
    _check_names(path, names)
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
