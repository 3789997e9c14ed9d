"""Parquet files as long tables: a part of the rows at a time, texts as dictionaries."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from metalearn.errors import InputError
from metalearn.harvesters.cells import Cells
from metalearn.harvesters.chunks import Chunk

__all__ = ["is_parquet", "parquet_chunks", "parquet_header"]

_MAGIC = b"PAR1"


def is_parquet(path: Path) -> bool:
    """Return whether a file begins like a Parquet file, whatever its name."""
    if not path.is_file():
        return False
    with path.open("rb") as file:
        return file.read(len(_MAGIC)) == _MAGIC


def parquet_header(path: Path) -> list[str]:
    """Return the names of the columns.

    Raises:
        InputError: If the file cannot be read, or a column holds lists or records.
    """
    try:
        schema = pq.ParquetFile(path).schema_arrow
    except (pa.ArrowException, OSError) as error:
        raise _unreadable(path, error) from error
    for name, kind in zip(schema.names, schema.types, strict=True):
        if pa.types.is_nested(kind):
            raise InputError(
                f"{path.name}: column {name!r} holds {kind}; expected one text or number a row. "
                "Write the values as JSON text, or as one column each"
            )
    return [str(name).strip() for name in schema.names]


def parquet_chunks(path: Path, names: Sequence[str], size: int) -> Iterator[Chunk]:
    """Yield the rows of a Parquet file, at most `size` at once.

    Raises:
        InputError: If the file is damaged.
    """
    done = 0
    try:
        schema = pq.ParquetFile(path).schema_arrow
        texts = [name for name in schema.names if _is_text(schema.field(name).type)]
        file = pq.ParquetFile(path, read_dictionary=texts)
        for batch in file.iter_batches(size, use_threads=False):
            columns = {
                name: Cells(column) for name, column in zip(names, batch.columns, strict=True)
            }
            lines = np.arange(done + 1, done + batch.num_rows + 1)
            yield Chunk(lines, columns, unit="row")
            done += batch.num_rows
    except (pa.ArrowException, OSError) as error:
        raise _unreadable(path, error) from error


def _is_text(kind: pa.DataType) -> bool:
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind))


def _unreadable(path: Path, error: Exception) -> InputError:
    reason = str(error).partition("\n")[0]
    return InputError(f"{path.name}: not a readable Parquet file ({reason}); write it again")
