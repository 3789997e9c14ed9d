"""Parts of a long table: columns of cells, and where each row stands in its file."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from metalearn.core.arrays import Bools
from metalearn.harvesters.cells import Cells
from metalearn.harvesters.frames import Rejections

__all__ = ["CHUNK_ROWS", "Chunk", "ReadChunks", "chunked", "reject"]

CHUNK_ROWS = 200_000

_Lines = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Chunk:
    """Some rows of a file.

    Attributes:
        lines: Line of each row, `(n_rows,)`; in a file without lines, its number from 1.
        columns: Cells by name of the column.
        malformed: Lines that do not have the columns.
        unit: What `lines` counts.
    """

    lines: _Lines
    columns: Mapping[str, Cells]
    malformed: Sequence[int] = ()
    unit: str = "line"

    def __len__(self) -> int:
        return len(self.lines)

    def where(self, row: int) -> str:
        """Return the place of a row, for messages: `line 3`."""
        return f"{self.unit} {self.lines[row]}"


def reject(rejections: Rejections, reason: str, rows: Bools, chunk: Chunk) -> None:
    """Count some rows of a chunk, `(n_rows,)`, for a reason; with the place of the first one."""
    if rows.any():
        rejections.add(reason, int(rows.sum()), chunk.where(int(np.argmax(rows))))


ReadChunks = Callable[[int], Iterator[Chunk]]  # at most so many rows each, from the start


def chunked(
    rows: Iterable[tuple[int, list[str] | None]], names: Sequence[str], size: int
) -> Iterator[Chunk]:
    """Yield chunks of at most `size` rows; cells of None stand for a malformed row."""
    stream = iter(rows)
    while part := list(islice(stream, size)):
        good = [(line, cells) for line, cells in part if cells is not None]
        columns = zip(*(cells for _, cells in good), strict=True) if good else [()] * len(names)
        yield Chunk(
            np.array([line for line, _ in good], dtype=np.int64),
            {
                name: Cells(pa.array(column, type=pa.string()))
                for name, column in zip(names, columns, strict=True)
            },
            tuple(line for line, cells in part if cells is None),
        )
