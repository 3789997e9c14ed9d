"""How large a Parquet file becomes in memory, known before it is unpacked.

A small file can hold a huge table: pages are compressed, runs of one value are written once, and
texts are in a dictionary. The footer holds the unpacked bytes and the number of values. Texts are
read as dictionaries, which take no more than that, and measured before they are expanded.
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from metalearn.errors import InputError

if TYPE_CHECKING:
    import pyarrow as pa
    import pyarrow.parquet as pq

__all__ = ["check", "read"]

_TEXTS = "BYTE_ARRAY"
_FIXED = "FIXED_LEN_BYTE_ARRAY"
_LEAST = 8  # bytes of a value in a data frame


def check(path: Path, file: pq.ParquetFile, most: int) -> None:
    """Refuse a file whose footer announces more than `most` bytes.

    Raises:
        InputError: If it does, or if texts are in nested columns, whose size is unknown.
    """
    n_bytes = 0
    about = file.metadata
    for group in range(about.num_row_groups):
        n_bytes += max(0, about.row_group(group).total_byte_size)
        for j in range(about.num_columns):
            width = _LEAST
            if file.schema.column(j).physical_type == _FIXED:
                width = max(width, file.schema.column(j).length)
            n_bytes += width * max(0, about.row_group(group).column(j).num_values)
    if max(n_bytes, _LEAST * about.num_rows * about.num_columns) > most:
        raise _too_large(path, n_bytes)
    for j in range(about.num_columns):
        column = file.schema.column(j)
        if column.physical_type == _TEXTS and "." in column.path and column.max_repetition_level:
            raise InputError(
                f"{str(path)!r}: column {column.path.split('.')[0]!r} holds lists of texts; a "
                "table has one value in each cell. Take the column out, or spread it over several"
            )


def read(path: Path, content: BinaryIO, most: int) -> pa.Table:
    """Return the table of a file that passed `check`, its columns of the types of the file.

    Raises:
        InputError: If its texts, expanded, take more than `most` bytes.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    content.seek(0)
    plain = pq.ParquetFile(content)
    types = plain.schema_arrow
    texts = [name for name in types.names if _is_text(types.field(name).type)]
    content.seek(0)
    table = pq.ParquetFile(content, read_dictionary=texts).read()
    n_bytes = table.nbytes
    for name in texts:
        n_bytes += sum(_spelled_out(chunk) for chunk in table.column(name).chunks)
    if n_bytes > most:
        raise _too_large(path, n_bytes)
    columns = [
        column.cast(types.field(name).type) if name in texts else column
        for name, column in zip(table.column_names, table.columns, strict=True)
    ]
    return pa.table(columns, schema=types)


def _is_text(kind: pa.DataType) -> bool:
    import pyarrow as pa

    return bool(pa.types.is_string(kind) or pa.types.is_binary(kind)
                or pa.types.is_large_string(kind) or pa.types.is_large_binary(kind))  # fmt: skip


def _spelled_out(chunk: Any) -> int:  # an array of pyarrow, which has no types here
    """Return the bytes of the texts of a chunk when each is written where it occurs."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if not pa.types.is_dictionary(chunk.type):
        return int(chunk.nbytes)
    lengths = pc.cast(pc.binary_length(chunk.dictionary), pa.int64())
    total = pc.sum(pc.take(lengths, chunk.indices)).as_py()
    return 0 if total is None or math.isnan(total) else int(total)


def _too_large(path: Path, size: int) -> InputError:
    return InputError(
        f"{str(path)!r} unpacks to {size / 1e9:.1f} GB, which is too much for one table; take a "
        "sample of its rows"
    )
