"""Connections of readers: the DuckDB instance of a closed reader waits for the next one.

Starting an instance takes five times as long as attaching a checked file. A reader that is closed
detaches its file, which unlocks it, and leaves the instance to the next reader of the same path,
the only one that the instance may read.
"""

from __future__ import annotations

import os
import threading
from collections import OrderedDict
from pathlib import Path
from typing import TYPE_CHECKING

from metalearn.store.connecting import attached, detach, restricted, use

if TYPE_CHECKING:
    import duckdb

__all__ = ["Reader"]

_MOST = 4
_IDLE: OrderedDict[Path, duckdb.DuckDBPyConnection] = OrderedDict()
_LOCK = threading.Lock()


class Reader:
    """A store file, attached read-only after all checks.

    Attributes:
        connection: Where it is the default database.

    Raises:
        InputError: If the file is not a store.
        StoreError: If it is damaged, of another schema, or holds what no store holds.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        with _LOCK:
            idle = _IDLE.pop(path, None)
        instance = attached(idle or restricted(path), path)
        self._instance: duckdb.DuckDBPyConnection | None = instance
        self.connection = instance.cursor()
        use(self.connection)

    def close(self) -> None:
        """Release the file; the connection cannot be used any more. Again does nothing."""
        import duckdb

        self.connection.close()
        with _LOCK:
            instance, self._instance = self._instance, None
        if instance is None:
            return
        try:
            detach(instance)
        except duckdb.Error:  # after a fatal error
            instance.close()
            return
        with _LOCK:
            _IDLE[self._path] = instance
            surplus = [_IDLE.popitem(last=False)[1] for _ in range(len(_IDLE) - _MOST)]
        for instance in surplus:
            instance.close()


def _before_fork() -> None:
    """Close what waits: a forked process could neither use nor close it."""
    _LOCK.acquire()
    while _IDLE:
        _IDLE.popitem()[1].close()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(
        before=_before_fork, after_in_parent=_LOCK.release, after_in_child=_LOCK.release
    )
