"""Connections: a store is attached to an in-memory database, read-only unless we write.

Attaching matters: `duckdb.connect(path)` caches databases by path within a process, so a second
reader would be given the snapshot of the first one even after a new one was published.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from metalearn.errors import BusyError, InputError, StoreError
from metalearn.store.sql import migrations, one_row

if TYPE_CHECKING:
    import duckdb

__all__ = ["SCHEMA", "attach", "in_memory", "migrate", "newest_version", "translated"]

# DuckDB's 256 KiB make a store of a few tables some megabytes large, and copying it slow.
_BLOCK_BYTES = 32768
SCHEMA = "kb"  # the name under which a store is attached


def in_memory() -> duckdb.DuckDBPyConnection:
    """Return an empty in-memory database that never loads extensions from the network."""
    import duckdb

    offline: dict[str, str | bool | int | float | list[str]] = {
        "autoinstall_known_extensions": False,
        "autoload_known_extensions": False,
    }
    connection = duckdb.connect(":memory:", config=offline)
    # Long statements would otherwise draw on stdout, which belongs to `--json`.
    connection.execute("SET enable_progress_bar = false")
    return connection


def attach(connection: duckdb.DuckDBPyConnection, path: Path, *, read_only: bool) -> None:
    """Attach the database file and make it the default.

    Raises:
        StoreError: If the file is damaged, in use, or has a newer schema than this version.
    """
    if not read_only and not path.exists():
        mode = f" (BLOCK_SIZE {_BLOCK_BYTES})"
    else:
        mode = " (READ_ONLY)" if read_only else ""
    quoted = str(path).replace("'", "''")  # ATTACH takes no bound parameters
    with translated(path):
        connection.execute(f"ATTACH '{quoted}' AS {SCHEMA}{mode}")
        connection.execute(f"USE {SCHEMA}")


def migrate(connection: duckdb.DuckDBPyConnection, path: Path, *, read_only: bool) -> int:
    """Bring the attached store to the newest schema, and return the version that it had.

    A reader cannot change the file: older schemas are an error with the way out, newer ones too.
    """
    known = migrations()
    version = _version(connection, path)
    newest = known[-1][0]
    if version > newest:
        raise StoreError(
            f"{path} has schema version {version}, this metalearn knows up to {newest}; "
            "upgrade with: pip install --upgrade metalearn-memory"
        )
    if version == newest:
        return version
    if read_only:
        raise StoreError(
            f"{path} has schema version {version}, this metalearn reads {newest}; bring it up to "
            f"date with 'metalearn kb merge {path} --kb {path}'"
            if version
            else f"{path} is an empty database; fill it with 'metalearn import' or 'collect'"
        )
    with translated(path):
        connection.execute("BEGIN")
        connection.execute(
            "CREATE TABLE IF NOT EXISTS schema_version (version INTEGER NOT NULL, name VARCHAR)"
        )
        for number, name, text in known:
            if number > version:
                connection.execute(text)
                connection.execute("INSERT INTO schema_version VALUES (?, ?)", [number, name])
        connection.execute("COMMIT")
    return version


def _version(connection: duckdb.DuckDBPyConnection, path: Path) -> int:
    """Return the schema version of the attached store; 0 if it is empty."""
    import duckdb

    with translated(path):
        try:
            return int(one_row(connection, "SELECT max(version) FROM schema_version")[0] or 0)
        except duckdb.CatalogException:
            count = "SELECT count(*) FROM duckdb_tables() WHERE database_name = $schema"
            n_tables = one_row(connection, count, {"schema": SCHEMA})[0]
    if n_tables:
        raise InputError(
            f"{path} is a DuckDB file, but not a store of metalearn (no table schema_version); "
            "name another file with --kb"
        )
    return 0


def newest_version() -> int:
    """Return the schema version that this metalearn writes."""
    return migrations()[-1][0]


def _damage() -> tuple[type[Exception], ...]:
    import duckdb

    return (
        duckdb.IOException,
        duckdb.SerializationException,
        duckdb.InternalException,
        duckdb.FatalException,
        duckdb.CatalogException,
        duckdb.InvalidInputException,
    )


@contextmanager
def translated(path: Path) -> Iterator[None]:
    """Turn what DuckDB says about a damaged, locked or full file into our errors."""
    import duckdb

    try:
        yield
    except duckdb.Error as error:
        text = str(error)
        if "lock on file" in text or "Conflicting lock" in text:
            raise BusyError(
                f"{path} is open for writing in another program: {text.splitlines()[0]}; close it "
                "there (metalearn itself never locks readers out)"
            ) from error
        if "o space left" in text or "too large" in text or "Could not write" in text:
            raise StoreError(
                f"the disk is full while writing {path}: {text.splitlines()[0]}; free space and "
                "run again: the published snapshot is intact"
            ) from error
        if type(error) is duckdb.Error or isinstance(error, _damage()):
            raise StoreError(
                f"{path} is damaged or cannot be read: {text.splitlines()[0]}; restore a backup, "
                "or build it again with harvest, import or collect"
            ) from error
        raise
