"""Lakes that this process has attached and checked, ready for further readers.

Attaching and checking a folder of Parquet files takes 0.1 s, longer than an answer. A second
reader of the same files therefore gets a further connection to the same views. Files that were
replaced or changed since are attached and checked anew.
"""

from __future__ import annotations

import os
import threading
from collections import OrderedDict
from pathlib import Path
from typing import TYPE_CHECKING

from metalearn.errors import StoreError
from metalearn.store.connecting import in_memory
from metalearn.store.lake import attach_lake

if TYPE_CHECKING:
    import duckdb

__all__ = ["open_lake"]

_MOST = 4
_State = tuple[tuple[str, int, int, int], ...]
_ATTACHED: OrderedDict[Path, tuple[_State, duckdb.DuckDBPyConnection, str]] = OrderedDict()
_LOCK = threading.Lock()


def open_lake(folder: Path) -> tuple[duckdb.DuckDBPyConnection, str]:
    """Return a connection with views of the folder's files, and the digest of its snapshot.

    Raises:
        StoreError: If a file is missing or damaged, or its schema is newer than the known ones.
    """
    state = _state(folder)
    with _LOCK:
        found = _ATTACHED.get(folder)
        if found is not None and found[0] == state:
            _ATTACHED.move_to_end(folder)
            return found[1].cursor(), found[2]
    connection = in_memory()
    try:
        snapshot = attach_lake(connection, folder)
    except BaseException:
        connection.close()
        raise
    if _state(folder) == state:  # else it changed while it was read
        with _LOCK:
            _ATTACHED[folder] = state, connection, snapshot
            while len(_ATTACHED) > _MOST:
                _ATTACHED.popitem(last=False)
    return connection.cursor(), snapshot


def _before_fork() -> None:
    """Close the connections: a forked process could neither use nor close them."""
    _LOCK.acquire()
    _ATTACHED.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(
        before=_before_fork, after_in_parent=_LOCK.release, after_in_child=_LOCK.release
    )


def _state(folder: Path) -> _State:
    """Return path, size, time of change and inode of all files and folders of a lake."""
    found = []
    try:
        for place in (folder, *folder.rglob("*")):
            about = place.lstat()
            found.append((str(place), about.st_size, about.st_mtime_ns, about.st_ino))
    except OSError as error:
        raise StoreError(
            f"cannot read {folder}: {error.strerror}; check the permissions of its files"
        ) from error
    return tuple(sorted(found))
