"""Reading a data frame from CSV, Parquet or ARFF, plain or gzipped.

Every error names what was expected, what was found and what to do next; nothing is repaired
silently.
"""

from __future__ import annotations

import codecs
import csv
import gzip
import io
import re
import stat
import warnings
import zlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import pandas as pd

from metalearn.core import arff
from metalearn.errors import InputError
from metalearn.learners import parquet_sizes

__all__ = ["check_file", "load_frame"]

_FORMATS = (
    "CSV (.csv, .tsv, .txt), Parquet (.parquet, .pq) or ARFF (.arff), each also gzipped (.gz)"
)


_MAX_BYTES = 4 << 30  # of a file, and of what it unpacks to
_MAX_UNPACKED = 1 << 30  # allowed at any compression ratio
_MAX_COLUMNS = 50_000
_DECODED_BYTES = 1 << 24  # at once


def load_frame(path: Path, least: int = 2) -> pd.DataFrame:
    """Return the data frame stored in a file, its columns as they came.

    Guesses about the file (encoding, decimal mark) are in `attrs["notes"]` of the frame.

    Args:
        path: A file of one of the known formats.
        least: Columns that it must have: features and a target, or one to predict from.

    Raises:
        InputError: If there is no such file, or it is empty, binary or of an unknown format.
    """
    check_file(path)
    suffix = Path(path.name.lower().removesuffix(".gz")).suffix
    reader = _READERS.get(suffix)
    if reader is None:
        raise InputError(f"{str(path)!r}: unknown format {suffix!r}; expected {_FORMATS}")
    try:
        frame = reader(path)
    except (OSError, EOFError, zlib.error) as error:
        reason = str(error).partition("\n")[0]
        raise InputError(f"{str(path)!r} cannot be read: {reason}; expected {_FORMATS}") from error
    if frame.shape[1] < least:
        raise InputError(f"{str(path)!r}: one column only; expected features and a target")
    return frame.rename(columns=str)


def check_file(path: Path) -> None:
    """Refuse a path that is not (a link to) a regular, non-empty file.

    Raises:
        InputError: If it is a folder, a pipe or a device, empty, too large or not there.
    """
    try:
        if path.is_dir():
            raise InputError(f"{str(path)!r} is a folder; name one table in it")
        about = path.stat()
        size = about.st_size
        if not stat.S_ISREG(about.st_mode):
            raise InputError(
                f"{str(path)!r} is a pipe or device; write its content to a file and name that"
            )
    except FileNotFoundError:
        raise InputError(f"there is no file {str(path)!r}; check the path") from None
    except InputError:
        raise
    except (OSError, ValueError) as error:
        raise InputError(f"{str(path)[:200]!r} cannot be opened: {error}") from error
    if size > _MAX_BYTES:
        raise _too_large(path, size)
    if size == 0:
        raise InputError(f"{str(path)!r} is empty; expected {_FORMATS}")


def _check_names(path: Path, names: Iterable[object]) -> None:
    names = list(names)
    if len(names) > _MAX_COLUMNS:
        raise _too_wide(path, f"{len(names):,}")
    counts = Counter(map(str, names))
    if counts[""] > 1:
        raise InputError(
            f"{str(path)!r}: {counts['']} columns have no name; name them or take them out"
        )
    doubled = [name for name, count in counts.items() if count > 1]
    if doubled:
        raise InputError(f"{str(path)!r}: duplicate column names {doubled}; rename them")


def _content(path: Path) -> bytes | Path:
    """Return the unpacked bytes of a gzipped file; the path of any other, which is not held."""
    with path.open("rb") as file:
        is_packed = file.read(2) == b"\x1f\x8b"
    if not is_packed:
        return path
    most = min(_MAX_BYTES, max(_MAX_UNPACKED, 100 * path.stat().st_size))
    with gzip.open(path) as unpacked:
        found = unpacked.read(most + 1)
    if len(found) > most:
        raise _too_large(path, len(found))
    return found


def _stream(content: bytes | Path) -> BinaryIO:
    return io.BytesIO(content) if isinstance(content, bytes) else content.open("rb")


def _too_large(path: Path, size: int) -> InputError:
    return InputError(
        f"{str(path)!r} holds more than {size / 1e9:.1f} GB, which is too much for one table; "
        "take a sample of its rows"
    )


def _too_wide(path: Path, n: object) -> InputError:
    return InputError(
        f"{str(path)!r} has {n} columns; at most {_MAX_COLUMNS:,} can be read as one table. "
        "Choose columns, or reduce them first"
    )


def _encoding(path: Path, content: bytes | Path, notes: list[str]) -> str:
    """Return the encoding of a text file, once all of it was decoded a part at a time.

    Raises:
        InputError: If it is no text.
    """
    with _stream(content) as stream:
        start = stream.read(65536)
    try:
        if start[:2] in (b"\xff\xfe", b"\xfe\xff"):
            return _checked_encoding(content, "utf-16")
        if b"\0" not in start:
            return _checked_encoding(content, "utf-8-sig")
    except UnicodeDecodeError:
        if not any(b"\0" in part for part in _parts(content)):
            notes.append(f"{path.name} is not UTF-8; it was read as Latin-1 (ISO 8859-1)")
            return "latin-1"
    raise InputError(f"{str(path)!r} is a binary file; expected {_FORMATS}")


def _checked_encoding(content: bytes | Path, encoding: str) -> str:
    decoder = codecs.getincrementaldecoder(encoding)()
    for part in _parts(content):
        decoder.decode(part)
    decoder.decode(b"", final=True)
    return encoding


def _parts(content: bytes | Path) -> Iterator[bytes]:
    with _stream(content) as stream:
        while part := stream.read(_DECODED_BYTES):
            yield part


def _opened(content: bytes | Path, encoding: str, newline: str = "") -> io.TextIOWrapper:
    """Return the text from its start, decoded as it is read; whole it takes 4 bytes a letter."""
    return io.TextIOWrapper(_stream(content), encoding=encoding, newline=newline)


_QUOTED = re.compile(r'(?:\A|(?<=[,;\t|\r\n]))"(?:[^"]|"")*"')


def _read_csv(path: Path) -> pd.DataFrame:
    notes: list[str] = []
    content = _content(path)
    encoding = _encoding(path, content, notes)
    with _opened(content, encoding) as text:  # delimiters and line ends in quotes do not count
        bare = _QUOTED.sub('""', text.read(1 << 20))
    first = next((line for line in re.split(r"[\r\n]", bare) if line.strip()), "")
    if not first:
        raise InputError(f"{str(path)!r} holds no text; expected a header line and rows")
    delimiter = max(",;\t|", key=first.count)
    try:
        with _opened(content, encoding) as text:
            records = csv.reader(text, delimiter=delimiter)
            header = next(row for row in records if len(row) > 1 or "".join(row).strip())
        _check_names(path, header)
        decimal = _decimal_mark(bare, delimiter)
        if decimal == ",":
            notes.append(f"{path.name}: commas were read as decimal marks (0,5 is one half)")
        options: dict[str, Any] = {"sep": delimiter, "decimal": decimal, "low_memory": False}
        with warnings.catch_warnings(), _opened(content, encoding) as text:
            # Without it, pandas would take values for row names.
            warnings.simplefilter("error", pd.errors.ParserWarning)
            frame: pd.DataFrame = pd.read_csv(text, index_col=False, **options)
            frame.attrs |= {"notes": tuple(notes), "sep": delimiter, "decimal": decimal}
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
        with _stream(_content(path)) as content:
            file = pq.ParquetFile(content)
            _check_names(path, file.schema_arrow.names)
            parquet_sizes.check(path, file, _MAX_BYTES)
            table = parquet_sizes.read(path, content, _MAX_BYTES)
            # Each column is freed once it is converted, so that none is held twice.
            frame: pd.DataFrame = table.to_pandas(split_blocks=True, self_destruct=True)
            del table
    except (pa.ArrowException, OSError) as error:
        reason = str(error).partition("\n")[0]
        raise InputError(f"{str(path)!r} is not a readable Parquet file: {reason}") from error
    # A named index is a column of the file; an unnamed one only numbers the rows.
    return frame.reset_index() if any(frame.index.names) else frame


def _read_arff(path: Path) -> pd.DataFrame:
    notes: list[str] = []
    content = _content(path)
    with _opened(content, _encoding(path, content, notes), newline="\n") as lines:
        attributes, cells = _arff_cells(path, lines)
    frame = {}
    columns = list(zip(*cells, strict=True)) if cells else [()] * len(attributes)
    for attribute, column in zip(attributes, columns, strict=True):
        values = [None if cell == arff.MISSING_CELL else cell for cell in column]
        frame[attribute.name] = _arff_column(path, attribute, values)
    made = pd.DataFrame(frame, columns=[attribute.name for attribute in attributes])
    made.attrs["notes"] = tuple(notes)
    return made


def _arff_cells(path: Path, lines: Iterable[str]) -> tuple[list[arff.Attribute], list[list[str]]]:
    attributes: list[arff.Attribute] = []
    rows: list[list[str]] = []
    started = False
    for number, line in enumerate(lines, start=1):
        stripped = line.strip()
        keyword = arff.keyword_of(stripped)
        if not stripped or stripped.startswith("%"):
            continue
        if started:
            cells = arff.row_cells(stripped, attributes)
            if cells is None:
                raise _not_arff(path, number, f"expected {len(attributes)} values in the row, got "
                                f"{stripped[:60]!r}")  # fmt: skip
            rows.append(cells)
        elif keyword == "attribute":
            try:
                attributes.append(arff.attribute_of(stripped))
            except InputError as error:
                raise _not_arff(path, number, str(error)) from None
            if len(attributes) > _MAX_COLUMNS:
                raise _too_wide(path, f"more than {_MAX_COLUMNS:,}")
        elif keyword == "data":
            started = True
        elif keyword != "relation":
            raise _not_arff(path, number, f"Invalid layout of the header: {stripped[:60]!r}")
    counts = Counter(attribute.name for attribute in attributes)
    doubled = [name for name, n in counts.items() if n > 1]
    if doubled:
        raise InputError(f"{str(path)!r} is not an ARFF file: attribute name {doubled[0]!r} is "
                         "already in use; rename one of them")  # fmt: skip
    if not started:
        raise _not_arff(path, 0, "it has no line @DATA; it may be cut off")
    return attributes, rows


def _arff_column(path: Path, attribute: arff.Attribute, values: list[str | None]) -> Any:
    if attribute.kind == "nominal":
        levels = list(dict.fromkeys(attribute.levels))
        known = {None, *levels}
        unknown = next((value for value in values if value not in known), None)
        if unknown is not None:
            raise _not_arff(path, 0, f"value {unknown} not found in nominal declaration of "
                            f"{attribute.name!r}: {', '.join(levels[:10]) or 'none'}")  # fmt: skip
        return pd.Categorical(values, categories=levels)
    if attribute.kind not in ("numeric", "integer"):
        return pd.Series(values, dtype=object)  # dates are recognised when prepared
    try:
        numbers = pd.Series([None if v is None else float(v) for v in values], dtype=np.float64)
    except ValueError as error:
        reason = f"{attribute.name!r} is declared numeric, but {error}"
        raise _not_arff(path, 0, reason) from None
    whole = attribute.kind == "integer" and bool((numbers % 1 == 0).all())
    return numbers.astype(np.int64) if whole and (numbers.abs() < 2**53).all() else numbers


def _not_arff(path: Path, number: int, reason: str) -> InputError:
    where = f", line {number}" if number else ""
    return InputError(f"{str(path)!r}{where} is not an ARFF file: {reason}; repair the file")


_READERS: dict[str, Callable[[Path], pd.DataFrame]] = {
    ".csv": _read_csv,
    ".tsv": _read_csv,
    ".txt": _read_csv,
    ".parquet": _read_parquet,
    ".pq": _read_parquet,
    ".arff": _read_arff,
}
