"""Connections: a store is attached to an in-memory database, read-only except for the writer.

Before the file is attached, the connection is restricted: it can read or write no other file and
change no setting. SQL objects in an untrusted file therefore cannot reach outside.

Attaching matters because `duckdb.connect(path)` caches databases by path within a process: a
second reader would get the snapshot of the first one even after a new one was published.
"""

from __future__ import annotations

import os
import secrets
import stat
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from metalearn.errors import BusyError, MetalearnError, StoreError
from metalearn.store.admission import VERSION_TABLE, check_amounts, check_catalogue
from metalearn.store.admitted import LOGS, Identity, admit, file_identity, is_admitted
from metalearn.store.sql import migrations

if TYPE_CHECKING:
    import duckdb

__all__ = [
    "admitted", "attach", "attached", "create", "detach", "fence", "in_memory", "newest_version",
    "restricted", "translated", "understood", "use", "with_logs",
]  # fmt: skip

# With DuckDB's default of 256 KiB a store of few rows takes megabytes and is slow to copy.
_BLOCK_BYTES = 32768
_MAX_SPILL = "10GB"
_SCHEMA = "kb"  # name of the attached store


def in_memory() -> duckdb.DuckDBPyConnection:
    """Return an empty in-memory database that never loads extensions from the network."""
    import duckdb

    offline: dict[str, str | bool | int | float | list[str]] = {
        "autoinstall_known_extensions": False,
        "autoload_known_extensions": False,
    }
    connection = duckdb.connect(":memory:", config=offline)
    # A progress bar would otherwise appear on stdout, which belongs to `--json`. In notebooks
    # without ipywidgets there is none, and setting it is an error.
    shows = connection.execute("SELECT current_setting('enable_progress_bar')").fetchall()
    if shows[0][0]:
        connection.execute("SET enable_progress_bar = false")
    return connection


def fence(
    connection: duckdb.DuckDBPyConnection,
    *,
    files: Sequence[Path] = (),
    folders: Sequence[Path] = (),
) -> None:
    """Restrict the connection to these files and folders and lock its settings."""
    spill = Path(tempfile.gettempdir()) / f"metalearn-{secrets.token_hex(8)}"
    settings = {
        "allowed_paths": f"[{', '.join(_quoted(file) for file in files)}]",
        "allowed_directories": f"[{', '.join(_quoted(folder) for folder in folders)}]",
        "temp_directory": _quoted(spill),  # created when needed, removed on closing
        "max_temp_directory_size": f"'{_MAX_SPILL}'",
        "enable_external_access": "false",
        "lock_configuration": "true",
    }
    for name, value in settings.items():
        connection.execute(f"SET {name} = {value}")  # SET takes no bound parameters


def restricted(
    paths: Sequence[Path], *, folders: Sequence[Path] = (), threads: int | None = None
) -> duckdb.DuckDBPyConnection:
    """Return a new connection that can use no other database files than these.

    Args:
        paths: The files.
        folders: Folders where the connection may write copies.
        threads: Number of threads; by default one for each processor.
    """
    connection = in_memory()
    if threads is not None:
        connection.execute(f"SET threads = {threads:d}")
    files = [file for path in paths for file in with_logs(path)]
    fence(connection, files=files, folders=folders)
    return connection


def attached(connection: duckdb.DuckDBPyConnection, path: Path) -> duckdb.DuckDBPyConnection:
    """Attach a store read-only after all checks, and return the connection; closed on errors.

    Raises:
        InputError: If the file is not a store.
        StoreError: If it is damaged, of another schema, or holds what no store holds.
    """
    try:
        known = file_identity(path)
        attach(connection, path, read_only=True)
        admitted(connection, path, known, read_only=True)
    except BaseException:
        connection.close()
        raise
    return connection


def admitted(
    connection: duckdb.DuckDBPyConnection,
    path: Path,
    known: Identity | None,
    *,
    read_only: bool,
) -> int:
    """Make the attached store the default, and return the schema version that it had.

    Args:
        connection: Where the file or a copy of it is attached.
        path: The file.
        known: Its identity before it was attached or copied. A file that this process has
            admitted before is not checked again.
        read_only: Whether it is attached read-only.

    Raises:
        InputError: If the file is not a store.
        StoreError: If it cannot be migrated, or holds what no store holds.
    """
    if is_admitted(known) and file_identity(path) == known:  # not replaced meanwhile
        use(connection)
        return newest_version()
    version = _migrated(connection, path, read_only=read_only)
    if version:
        _bound(connection, path)
    if version == newest_version():
        admit(known)
    return version


def with_logs(path: Path) -> list[Path]:
    """Return a database file and the files that DuckDB may write beside it."""
    return [path, *(path.with_name(path.name + end) for end in LOGS)]


def attach(connection: duckdb.DuckDBPyConnection, path: Path, *, read_only: bool) -> None:
    """Attach the database file to a fenced connection; `admitted` makes it the default.

    Raises:
        StoreError: If the file is damaged or in use.
    """
    if not read_only and not path.exists():
        mode = f" (BLOCK_SIZE {_BLOCK_BYTES})"
    else:
        mode = " (READ_ONLY)" if read_only else ""
    for log in with_logs(path)[1:]:
        if os.path.lexists(log) and not stat.S_ISREG(log.lstat().st_mode):
            raise StoreError(
                f"{log} is a link, pipe or device; expected the write-ahead log of {path.name}, "
                "or nothing. Remove it"
            )
    with translated(path):
        connection.execute(f"ATTACH {_quoted(path)} AS {_SCHEMA}{mode}")


def use(connection: duckdb.DuckDBPyConnection) -> None:
    """Make the attached store the default of unqualified names."""
    connection.execute(f"USE {_SCHEMA}")


def detach(connection: duckdb.DuckDBPyConnection) -> None:
    """Close the attached file; another one can be attached in its place."""
    connection.execute(f"USE memory; DETACH {_SCHEMA}")


def create(connection: duckdb.DuckDBPyConnection) -> None:
    """Write the newest schema into an attached new file, and make it the default."""
    use(connection)
    _migrate(connection, 0)


def _migrated(connection: duckdb.DuckDBPyConnection, path: Path, *, read_only: bool) -> int:
    """Bring the attached store to the newest schema, and return the version that it had.

    A reader cannot change the file: an older or newer schema raises an error with the next step.

    Raises:
        InputError: If the file is not a store.
        StoreError: If its schema is newer, or it holds an object that no store holds.
    """
    known = migrations()
    with translated(path):
        version = check_catalogue(connection, path, _SCHEMA)
    newest = known[-1][0]
    if version > newest:
        raise StoreError(
            f"{path} has schema version {version}, this metalearn knows up to {newest}; "
            "upgrade with: pip install --upgrade metalearn-memory"
        )
    if version < newest and read_only:
        raise StoreError(
            f"{path} has schema version {version}, this metalearn reads {newest}; bring it up to "
            f"date with 'metalearn kb merge {path} --kb {path}'"
            if version
            else f"{path} is an empty database; fill it with 'metalearn import' or 'collect'"
        )
    with translated(path):
        use(connection)  # after the check: its macros could shadow ours
        if version < newest:
            _migrate(connection, version)
    return version


def _bound(connection: duckdb.DuckDBPyConnection, path: Path) -> None:
    """Refuse an attached store that holds more than a file of its size can.

    Raises:
        StoreError: If a bound of `metalearn.store.admission` is exceeded.
    """
    text = "SELECT table_name FROM duckdb_tables() WHERE database_name = $schema"
    with translated(path):
        names = [name for (name,) in connection.execute(text, {"schema": _SCHEMA}).fetchall()]
        check_amounts(connection, path, names)


def _migrate(connection: duckdb.DuckDBPyConnection, version: int) -> None:
    connection.execute("BEGIN")
    connection.execute(VERSION_TABLE.replace("TABLE", "TABLE IF NOT EXISTS"))
    for number, name, text in migrations():
        if number > version:
            connection.execute(text)
            connection.execute("INSERT INTO schema_version VALUES (?, ?)", [number, name])
    connection.execute("COMMIT")


def _quoted(path: Path) -> str:
    return "'" + str(path).replace("'", "''") + "'"


def newest_version() -> int:
    """Return the schema version that this metalearn writes."""
    return migrations()[-1][0]


@contextmanager
def translated(path: Path) -> Iterator[None]:
    """Turn DuckDB errors about a damaged, locked or full file into our errors."""
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
        raise StoreError(
            f"{path} is damaged or cannot be read: {text.splitlines()[0]}; restore a backup, "
            "or build it again with harvest, import or collect"
        ) from error


@contextmanager
def understood(path: Path) -> Iterator[None]:
    """As `translated`; rows with invalid values raise a store error too."""
    try:
        with translated(path):
            yield
    except MetalearnError:
        raise
    except (ValueError, LookupError, TypeError, AttributeError, ArithmeticError) as error:
        raise _nonsense(path, f"{type(error).__name__}: {error}") from error
    except RecursionError as error:
        raise _nonsense(path, "values nested too deeply") from error


def _nonsense(path: Path, what: str) -> StoreError:
    return StoreError(
        f"{path} holds rows that cannot be read ({what[:200]}); find them with 'metalearn kb "
        f"verify --kb {path}', restore a backup, or build it again"
    )
