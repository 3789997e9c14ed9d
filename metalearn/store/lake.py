"""A store as a folder of Parquet files, read through views without a copy."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

from metalearn.errors import StoreError
from metalearn.store.admission import check_amounts, check_files, check_views
from metalearn.store.connecting import fence, newest_version, translated
from metalearn.store.files import PROVENANCE
from metalearn.store.sql import statements

if TYPE_CHECKING:
    import duckdb

__all__ = ["attach_lake"]

_MAX_ABOUT_BYTES = 1 << 20
_TABLES = (
    "source", "dataset", "task", "algorithm", "configuration", "metric", "meta_feature",
    "evaluation_row",
)  # fmt: skip


def attach_lake(connection: duckdb.DuckDBPyConnection, folder: Path) -> str:
    """Create views of the folder's files and return the digest of the snapshot.

    Raises:
        StoreError: If a file is missing or damaged, or its schema is newer than the known ones.
    """
    with translated(folder):
        check_files(folder)
    about = _provenance(folder)
    base = str(folder).replace("'", "''")  # a path in a view takes no bound parameters
    with translated(folder):
        fence(connection, folders=[folder])
        for statement in _views(folder):
            connection.execute(statement.replace("$folder", base))
        connection.execute("INSERT INTO schema_version VALUES (?)", [about["schema_version"]])
        check_views(connection, folder, int(str(about["schema_version"])))
        check_amounts(connection, folder, [*_TABLES])
    return str(about["snapshot"])


def _views(folder: Path) -> tuple[str, ...]:
    texts = statements("lake", "views")
    if (folder / "evaluation").is_dir():
        return texts
    (empty,) = statements("lake", "no_evaluations")
    return tuple(empty if "hive_partitioning" in text else text for text in texts)


def _provenance(folder: Path) -> dict[str, object]:
    path = folder / PROVENANCE
    try:
        with path.open(encoding="utf-8") as file:
            about = json.loads(file.read(_MAX_ABOUT_BYTES))
        version = int(about["schema_version"])
        str(about["snapshot"])
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise StoreError(
            f"{path} is damaged ({error!r}); export the folder again with 'metalearn kb export'"
        ) from error
    if version > newest_version():
        raise StoreError(
            f"{folder} has schema version {version}, this metalearn knows up to "
            f"{newest_version()}; upgrade with: pip install --upgrade metalearn-memory"
        )
    return dict(about)
