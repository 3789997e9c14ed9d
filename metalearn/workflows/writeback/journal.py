"""A journal: a durable file of finished evaluations that are not in the store yet.

It holds one JSON document per line, appended and flushed to disk, beside the store. A killed
process leaves at most one incomplete line, which is dropped on reading. One process writes at a
time.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from metalearn.errors import BusyError, StoreError
from metalearn.store.lock import WriterLock

__all__ = ["Journal", "Record"]

Record = dict[str, Any]  # what json.loads returns; the shapes are those of `collect`


class Journal:
    """An append-only file of records, held by one process.

    Args:
        path: Path of the file; created if missing.

    Raises:
        BusyError: If another process holds it.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        path.parent.mkdir(parents=True, exist_ok=True)
        self._lock = WriterLock(path)
        try:
            self._lock.__enter__()
        except BusyError as error:
            busy = BusyError(
                f"{error.holder} is collecting into {path.with_suffix('').name!r}; "
                "wait until it ends, or collect into another store and merge the two"
            )
            busy.holder = error.holder
            raise busy from None
        self._file = path.open("ab")

    def append(self, record: Record) -> None:
        """Write one record and wait until it is on the disk.

        Raises:
            StoreError: If the disk is full or the file cannot be written.
        """
        line = json.dumps(record, separators=(",", ":"), allow_nan=False).encode() + b"\n"
        position = self._file.tell()
        try:
            self._file.write(line)
            self._file.flush()
            os.fsync(self._file.fileno())
        except OSError as error:
            os.truncate(self.path, position)
            raise StoreError(
                f"cannot write {self.path.name!r}: {error.strerror}; everything before is kept. "
                "Free some space and run the same command again"
            ) from error

    def records(self) -> Iterator[Record]:
        """Yield the records so far; an incomplete last line is cut off."""
        if self.path.stat().st_size == 0:
            return
        with self.path.open("rb") as file:
            for line in file:
                if not line.endswith(b"\n"):
                    os.truncate(self.path, self.path.stat().st_size - len(line))
                    return
                yield json.loads(line)

    def clear(self) -> None:
        """Delete all records; call it once they are in the store."""
        os.truncate(self.path, 0)

    def close(self) -> None:
        """Release the file; an empty one is removed."""
        if self.path.exists() and self.path.stat().st_size == 0:
            self.path.unlink()
        self._file.close()
        self._lock.__exit__(None, None, None)

    def __enter__(self) -> Journal:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()
