"""Connections of readers; the instance of a closed one waits for the next (`instances`)."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import TYPE_CHECKING

from metalearn.store.connecting import attached, detach, use
from metalearn.store.instances import leave, take

if TYPE_CHECKING:
    import duckdb

__all__ = ["StoreReader"]


class StoreReader:
    """A store file, attached read-only after all checks.

    Attributes:
        connection: Where it is the default database.

    Raises:
        InputError: If the file is not a store.
        StoreError: If it is damaged, of another schema, or holds what no store holds.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        instance = attached(take(path), path)
        self._instance: duckdb.DuckDBPyConnection | None = instance
        self.connection = instance.cursor()
        use(self.connection)

    def close(self) -> None:
        """Release the file; the connection cannot be used any more. Again does nothing."""
        import duckdb

        self.connection.close()
        with self._lock:
            instance, self._instance = self._instance, None
        if instance is None:
            return
        try:
            detach(instance)
        except duckdb.Error:  # after a fatal error
            instance.close()
        else:
            leave(self._path, instance)
