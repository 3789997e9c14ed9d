"""CSV files in blocks of many rows, read with Arrow; the rules are those of Python's `csv`.

A block in which every line is one record is read at once. From the first other block on (a line
end within quotes, an empty line, bytes that are not UTF-8, a damaged archive) the file is read
line by line, which also raises the errors.
"""

from __future__ import annotations

import gzip
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv as pa_csv

from metalearn.harvesters.cells import Cells
from metalearn.harvesters.chunks import Chunk, chunked
from metalearn.harvesters.files import csv_rows, most_characters, unpacked_file

__all__ = ["csv_chunks"]

_BLOCK_BYTES = 1 << 24
_MARK = b"\xef\xbb\xbf"


def csv_chunks(path: Path, names: Sequence[str], size: int) -> Iterator[Chunk]:
    """Yield the rows of a CSV file after its header, at most `size` at once.

    Args:
        path: The file, plain, gzipped, or alone in a zip archive.
        names: What to call its columns.
        size: Rows of a chunk.

    Raises:
        InputError: If the file cannot be read or is not CSV.
    """
    done = 0
    for block in _blocks(path):
        read = _read(block, len(names)) if block else None
        if read is None:
            break
        table, malformed = read
        n_lines = table.num_rows + len(malformed)
        lines = np.delete(np.arange(done + 1, done + n_lines + 1), malformed)
        bad = [done + 1 + i for i in malformed]
        header = 1 if done == 0 else 0
        for start in range(header, max(table.num_rows, header + 1), size):
            part = table.slice(start, size)
            columns = [Cells(column.combine_chunks()) for column in part.columns]
            rows = lines[start : start + size]
            yield Chunk(rows, dict(zip(names, columns, strict=True)), bad)
            bad = []
        done += n_lines
    else:
        return
    rest = ((line, cells) for line, cells in csv_rows(path, len(names)) if line > done)
    yield from chunked(rest, names, size)


def _blocks(path: Path) -> Iterator[bytes]:
    """Yield the bytes of a file in whole lines; b"" in the end if it cannot be read as such."""
    try:
        left = most_characters(path)
        with path.open("rb") as raw, unpacked_file(raw) as stream:
            rest, mark = b"", _MARK
            while part := stream.read(_BLOCK_BYTES):
                left -= len(part)
                part = rest + part
                end = part.rfind(b"\n") + 1
                if left < 0 or not end:
                    yield b""
                yield part[:end].removeprefix(mark)
                rest, mark = part[end:], b""
            if rest:
                yield rest + b"\n"
    except (OSError, EOFError, zlib.error, gzip.BadGzipFile, zipfile.BadZipFile):
        yield b""


def _read(block: bytes, n_fields: int) -> tuple[pa.Table, list[int]] | None:
    """Return the records of a block and the positions of malformed ones among them.

    None if not every line is a record. A last line is added for the check: an open quote would
    swallow it.
    """
    if not _is_plain(block):
        return None
    malformed: list[int] = []

    def skip(row: pa_csv.InvalidRow) -> str:
        malformed.append(row.number - 1)
        return "skip"

    names = [str(j) for j in range(n_fields)]
    text = block + b",".join([b"end"] * n_fields) + b"\n"
    try:
        table = pa_csv.read_csv(
            pa.BufferReader(text),
            pa_csv.ReadOptions(use_threads=False, block_size=len(text) + 1, column_names=names),
            pa_csv.ParseOptions(newlines_in_values=True, invalid_row_handler=skip),
            pa_csv.ConvertOptions(
                column_types=dict.fromkeys(names, pa.string()),
                strings_can_be_null=False, null_values=[], check_utf8=False,
            ),
        )  # fmt: skip
    except pa.ArrowInvalid:
        return None
    if table.num_rows + len(malformed) != block.count(b"\n") + 1:
        return None
    return table.slice(0, table.num_rows - 1), malformed


def _is_plain(block: bytes) -> bool:
    """Return whether a block is UTF-8 without empty lines and without odd line ends."""
    try:
        block.decode()
    except UnicodeDecodeError:
        return False
    has_gaps = block[:1] in b"\r\n" or b"\n\n" in block or b"\n\r\n" in block
    is_odd = block.count(b"\r") != block.count(b"\r\n") or b"\0" in block
    is_marked = block.startswith(_MARK)  # Arrow would leave the mark out
    return not (has_gaps or is_odd or is_marked)
