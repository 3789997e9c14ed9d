"""Text files of published sets: type detected by content, read line by line.

Gzip and zip are recognised by their first bytes, not by the name, because the same data is
published under many names. A file that is cut off, binary or not UTF-8 is an error before anything
is loaded.
"""

from __future__ import annotations

import csv
import gzip
import hashlib
import io
import stat
import zipfile
import zlib
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO, cast

from metalearn.core.records import Source
from metalearn.errors import InputError

__all__ = [
    "csv_rows",
    "header_of",
    "lines",
    "most_characters",
    "named_in",
    "records",
    "require",
    "source_of",
    "tables_in",
    "unpacked_file",
]

_GZIP, _ZIP = b"\x1f\x8b", b"PK\x03\x04"
_FIELD_LIMIT = 10_000_000
_MAX_LINE = 1 << 26
_MAX_RATIO = 100  # tables of text pack by a factor of 5 to 30
_FREE_CHARACTERS = 1 << 28


def require(path: Path, what: str) -> Path:
    """Return `path` if it exists.

    Raises:
        InputError: If it does not; `what` names what was expected there.
    """
    if not path.exists():
        raise InputError(f"{path.name}: expected {what}, but nothing of that name exists; give "
                         f"the path of the downloaded set")  # fmt: skip
    return path


def lines(path: Path) -> Iterator[str]:
    """Yield the lines of a UTF-8 text file, gzipped or not, with their line ends.

    Raises:
        InputError: If the file cannot be read, is cut off, or is not UTF-8 text.
    """
    number = 0
    try:
        about = path.stat()
        if not stat.S_ISREG(about.st_mode):
            raise InputError(
                f"{path.name}: expected a file, got a folder, pipe or device; name the file"
            )
        left = most_characters(path)
        with (
            path.open("rb") as raw,
            io.TextIOWrapper(unpacked_file(raw), encoding="utf-8-sig", newline="") as text,
        ):
            while line := text.readline(_MAX_LINE):
                number, left = number + 1, left - len(line)
                if len(line) >= _MAX_LINE or left < 0:
                    raise InputError(
                        f"{path.name}, line {number}: the file unpacks to far more than a table "
                        f"of {about.st_size:,} bytes can hold; download it again"
                    )
                yield line
    except UnicodeDecodeError as error:
        raise InputError(
            f"{path.name}: expected UTF-8 text, got the byte {error.object[error.start]:#04x} "
            f"after line {number}; convert the file to UTF-8"
        ) from None
    except (EOFError, zlib.error, gzip.BadGzipFile, zipfile.BadZipFile) as error:
        raise InputError(
            f"{path.name}: the compressed file is cut off or damaged after line {number} "
            f"({error}); download it again"
        ) from None
    except OSError as error:
        raise InputError(
            f"{path.name}: cannot be read ({error.strerror or error}); check the path"
        ) from None


def most_characters(path: Path) -> int:
    """Return how much text a file of its size may unpack to."""
    return max(_FREE_CHARACTERS, _MAX_RATIO * path.stat().st_size)


def unpacked_file(raw: BinaryIO) -> BinaryIO:
    """Return the content of a file, unpacked if it is gzipped or the only one of an archive.

    Raises:
        InputError: If an archive holds several files.
    """
    start = raw.read(4)
    raw.seek(0)
    binary = raw
    if start.startswith(_GZIP):
        binary = cast(BinaryIO, gzip.GzipFile(fileobj=raw))
    elif start.startswith(_ZIP):
        archive = zipfile.ZipFile(raw)
        names = [n for n in archive.namelist() if not n.startswith("__MACOSX") and n[-1] != "/"]
        if len(names) != 1:
            raise InputError(f"expected an archive with one file, found {names}; unpack it first")
        binary = cast(BinaryIO, archive.open(names[0]))
    return binary


def records(path: Path, delimiter: str = ",") -> Iterator[tuple[int, list[str]]]:
    """Yield `(line number, fields)` of a CSV file, the header included, empty lines left out.

    Raises:
        InputError: If the file cannot be read or is not CSV.
    """
    csv.field_size_limit(_FIELD_LIMIT)
    reader = csv.reader(lines(path), delimiter=delimiter)
    while True:
        try:
            fields = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise InputError(
                f"{path.name}, line {reader.line_num}: not a CSV line ({error}); repair the file"
            ) from None
        if fields:
            yield reader.line_num, fields


def header_of(path: Path) -> list[str]:
    """Return the fields of the first line of a CSV file; empty if the file is.

    Raises:
        InputError: If the file cannot be read, or is separated by something else than commas.
    """
    _, fields = next(records(path), (0, []))
    for name, other in (("semicolons", ";"), ("tabs", "\t")):
        if fields and (other in fields[0] or (len(fields) == 1 and other in fields[-1])):
            raise InputError(
                f"{path.name}: expected fields separated by commas, got {name}; export the table "
                f"with commas"
            )
    return [field.strip() for field in fields]


def csv_rows(path: Path, n_fields: int) -> Iterator[tuple[int, list[str] | None]]:
    """Yield `(line number, fields)` of a CSV file after its header; None for a malformed row."""
    rows = records(path)
    next(rows, None)
    for line, fields in rows:
        yield line, fields if len(fields) == n_fields else None


def named_in(folder: Path, name: str) -> Path | None:
    """Return the file of that name in a folder, gzipped or not; None if there is none."""
    found = [folder / name, folder / f"{name}.gz"]
    return next((path for path in found if path.is_file()), None)


def source_of(name: str, *paths: Path) -> Source:
    """Return where rows come from: file names without their folders, digest over all of them."""
    digest = hashlib.sha256()
    for path in paths:
        with path.open("rb") as stream:
            while block := stream.read(1 << 20):
                digest.update(block)
    location = paths[0].name if len(paths) == 1 else f"{paths[0].parent.name}/"
    return Source(name, location, digest.hexdigest(), datetime.now(UTC).isoformat("T", "seconds"))


def tables_in(folder: Path, *endings: str) -> list[Path]:
    """Return the files of a folder with one of these endings, `.gz` allowed, sorted by name."""
    return sorted(
        path
        for path in folder.iterdir()
        if path.is_file() and path.name.lower().removesuffix(".gz").endswith(endings)
    )
