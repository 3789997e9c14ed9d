"""Admission check of a store file: only the tables of our migrations, in plausible amounts.

A store may come from an untrusted source. Views, macros, generated columns and defaults of a
DuckDB file are programs that run when a table is read. A file with any such object that our
migrations do not create is therefore refused before a row is read. Rows and texts are bounded by
the size of the file, because compressed constants would otherwise fill the memory, and repeated
keys would multiply in every join.
"""

from __future__ import annotations

import re
import stat
from collections.abc import Iterable
from functools import cache
from math import prod
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from metalearn.errors import InputError, StoreError
from metalearn.store.files import size_bytes
from metalearn.store.sql import migrations, only_row, query

if TYPE_CHECKING:
    import duckdb

__all__ = ["VERSION_TABLE", "check_amounts", "check_catalogue", "check_files", "check_views"]

VERSION_TABLE = "CREATE TABLE schema_version (version INTEGER NOT NULL, name VARCHAR)"
_FREE_ROWS = 1_000_000  # plus one for every byte of the file
_FREE_TEXT_BYTES = 1 << 28
_TEXT_PER_BYTE = 100  # texts of real stores compress by a factor of 5 to 20
_UNIQUE = {"task": "task_id", "configuration": "configuration_id", "metric": "metric_id",
           "source": "source_id"}  # fmt: skip
_LAKE_NAMES = {"task_id": "task", "configuration_id": "configuration", "metric_id": "metric",
               "source_name": "source"}  # fmt: skip
_NOT_IN_LAKE = {"schema_version", "raw_page", "cursor", "snapshot"}


class _Thing(NamedTuple):
    """Entry of a database catalogue: a table, view, macro, type, sequence, index or schema."""

    kind: str
    name: str
    sql: str


def check_catalogue(connection: duckdb.DuckDBPyConnection, path: Path, database: str) -> int:
    """Return the schema version of an attached file; 0 if it is empty.

    Nothing that the file defines is evaluated before it is verified to be a plain table.

    Raises:
        InputError: If the file is not a store.
        StoreError: If it holds an object that no store of its version holds.
    """
    found = _catalogue(connection, database, "objects", "macros")
    tables = {thing.name: thing for thing in found if thing.kind == "table"}
    if not found:
        return 0
    about = tables.get("schema_version")
    if about is None or about.sql not in _version_tables():
        raise InputError(
            f"{path} is a DuckDB file, but not a store of metalearn (no table schema_version as "
            "metalearn makes it); name another file with --kb"
        )
    # Names in the texts below come from our own catalogue or were compared with it.
    read = f"SELECT max(version), count(*) FROM {database}.main.schema_version"  # noqa: S608
    version, n_rows = only_row(connection, read)
    if version is None or version < 0 or n_rows > _FREE_ROWS:
        raise _foreign(path, "a table schema_version without a version")
    if version > migrations()[-1][0]:
        return int(version)  # newer schema: its objects are unknown here and never read
    _compare(path, found, expected_catalogue(int(version)))
    return int(version)


def check_amounts(connection: duckdb.DuckDBPyConnection, path: Path, tables: list[str]) -> None:
    """Refuse more rows, text or repeated keys than a file of this size can plausibly hold.

    Raises:
        StoreError: If a bound is exceeded.
    """
    size = size_bytes(path)
    most_rows = _FREE_ROWS + size
    count = "SELECT {0!r}, count(*) FROM {0}"
    counts = dict(connection.execute(_union(count.format(name) for name in tables)).fetchall())
    total = sum(counts.values())
    if total > most_rows:
        raise _foreign(path, f"{total:,} rows in {size:,} bytes")
    n_cells, most_cells = counts["evaluation_row"], max(most_rows, 16 * counts["evaluation_row"])
    columns = _columns(connection)
    if n_cells * prod(max(counts[name], 1) for name in _UNIQUE) > most_cells:
        repeats = _repeats(connection, columns)
        if n_cells * prod(repeats) > most_cells:
            raise _foreign(path, f"keys that occur up to {max(repeats):,} times")
    n_bytes = _text_bytes(connection, {name: columns[name] for name in tables})
    if n_bytes > _FREE_TEXT_BYTES + _TEXT_PER_BYTE * size:
        raise _foreign(path, f"texts of {n_bytes:,} bytes in {size:,} bytes")


def check_files(folder: Path) -> None:
    """Refuse a folder whose Parquet files are links, pipes or devices.

    Raises:
        StoreError: If one is.
    """
    places = [*folder.iterdir(), *(folder / "evaluation").glob("*")]
    places += (folder / "evaluation").glob("*/*")
    for place in places:
        mode = place.lstat().st_mode
        if not (stat.S_ISREG(mode) or stat.S_ISDIR(mode)):
            raise StoreError(
                f"{place} is a link, pipe or device; expected the plain files of an export. Copy "
                "the file itself into the folder, or export the folder again with "
                "'metalearn kb export'"
            )


def check_views(connection: duckdb.DuckDBPyConnection, folder: Path, version: int) -> None:
    """Refuse a folder whose Parquet files lack columns of a store, or have other types.

    Raises:
        StoreError: If one does.
    """
    for table, columns in _lake_columns(version).items():
        described = connection.execute(f"DESCRIBE {table}").fetchall()
        found = {name: kind for name, kind, *_ in described}
        wrong = [
            f"{name} {found.get(name, 'missing')} instead of {kind}"
            for name, kind in columns.items()
            if found.get(name) != kind
        ]
        if wrong:
            raise _foreign(folder, f"a table {table} with other columns ({', '.join(wrong[:5])})")


@cache
def expected_catalogue(version: int) -> frozenset[_Thing]:
    """Return what a store of a schema version holds."""
    connection = _scratch(version)
    try:
        return frozenset(_catalogue(connection, "scratch", "objects"))  # no migration has macros
    finally:
        connection.close()


@cache
def _lake_columns(version: int) -> dict[str, dict[str, str]]:
    connection = _scratch(version)
    try:
        tables = _columns(connection)
    finally:
        connection.close()
    cells = tables["evaluation_row"]
    tables["evaluation_row"] = {
        _LAKE_NAMES.get(name, name): "VARCHAR" if name in _LAKE_NAMES else kind
        for name, kind in cells.items()
    }
    tables["metric"].pop("metric_id", None)
    return {
        name: columns
        for name, columns in tables.items()
        if name not in _NOT_IN_LAKE and not name.startswith("evaluation_history")
    }


def _scratch(version: int) -> duckdb.DuckDBPyConnection:
    """Return a database in memory with the tables of a schema version."""
    import duckdb

    connection = duckdb.connect(":memory:")
    connection.execute("ATTACH ':memory:' AS scratch")
    connection.execute("USE scratch")
    connection.execute(VERSION_TABLE)
    for number, _, text in migrations():
        if number <= version:
            connection.execute(text)
    return connection


@cache
def _version_tables() -> tuple[str, ...]:
    objects = expected_catalogue(migrations()[-1][0])
    strict = next(thing.sql for thing in objects if thing.name == "schema_version")
    return strict, strict.replace(" NOT NULL", "")


def _catalogue(
    connection: duckdb.DuckDBPyConnection, database: str, *sections: str
) -> list[_Thing]:
    things = []
    for section in sections:
        rows = connection.execute(query("admission", section), {"database": database}).fetchall()
        things += [_Thing(kind, name, sql or "") for kind, name, sql in rows]
    return things


def _columns(connection: duckdb.DuckDBPyConnection) -> dict[str, dict[str, str]]:
    """Return the types of the columns of each table and view of the current database."""
    tables: dict[str, dict[str, str]] = {}
    for table, column, kind in connection.execute(query("admission", "columns")).fetchall():
        tables.setdefault(table, {})[column] = kind
    return tables


def _compare(path: Path, found: list[_Thing], expected: frozenset[_Thing]) -> None:
    known = {(thing.kind, thing.name): thing.sql for thing in expected}
    for kind, name, sql in sorted(found):
        wanted = known.pop((kind, name), None)
        if wanted is None:
            raise _foreign(path, f"a {kind} {name[:60]!r}")
        is_same = _words(sql) == _words(wanted) if kind == "view" else sql == wanted
        if not is_same and name != "schema_version":
            raise _foreign(path, f"a {kind} {name!r} that is not the one metalearn makes")
    if known:
        kind, name = min(known)
        raise StoreError(
            f"{path} is damaged or foreign: it has no {kind} {name!r}; restore a backup, or build "
            "it again with harvest, import or collect"
        )


def _words(sql: str) -> list[str]:
    """Return the words of a view's SQL, whose layout differs between DuckDB versions."""
    return sorted(set(re.findall(r"\w+", sql.lower())) - {"kb", "main", "scratch", "inner"})


def _foreign(path: Path, what: str) -> StoreError:
    return StoreError(
        f"{path} holds {what}, which no store of metalearn does; nothing of it was read. Request "
        "an export ('metalearn kb export'), or name another store with --kb"
    )


def _repeats(
    connection: duckdb.DuckDBPyConnection, columns: dict[str, dict[str, str]]
) -> list[int]:
    """Return how often a value of a key occurs at most, for each table of `_UNIQUE`."""
    most = "SELECT {0!r}, max(n) FROM (SELECT count(*) AS n FROM {0} GROUP BY {1})"
    texts = [
        most.format(table, name)
        for table, key in _UNIQUE.items()
        for name in sorted({key, table if table != "source" else key} & columns[table].keys())
    ]
    found = dict.fromkeys(_UNIQUE, 1)
    for table, n in connection.execute(_union(texts)).fetchall():
        found[table] = max(found[table], n or 1)
    return list(found.values())


def _text_bytes(connection: duckdb.DuckDBPyConnection, columns: dict[str, dict[str, str]]) -> int:
    """Return the bytes of all texts and blobs of some tables."""
    size = {"VARCHAR": "strlen", "BLOB": "octet_length"}
    rows = []
    for table, kinds in columns.items():
        sizes = [
            f"coalesce({size[kind]}({name}), 0)" for name, kind in kinds.items() if kind in size
        ]
        rows.append(f"SELECT {' + '.join(sizes) or '0'} AS n FROM {table}")  # noqa: S608  # ours
    return int(only_row(connection, f"SELECT coalesce(sum(n), 0) FROM ({_union(rows)})")[0])  # noqa: S608


def _union(texts: Iterable[str]) -> str:
    return " UNION ALL ".join(texts)
