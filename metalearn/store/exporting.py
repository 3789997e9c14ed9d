"""Copies of a store: a partitioned folder of Parquet files, or a plain backup."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from metalearn.errors import InputError, StoreError
from metalearn.store import files
from metalearn.store.connecting import opened, translated
from metalearn.store.digest import stored_digest
from metalearn.store.reading import Store, open_store
from metalearn.store.results import StoreInfo
from metalearn.store.sql import statements

__all__ = ["backup", "export_parquet"]


def export_parquet(kb: str | Path, folder: str | Path, *, built: str = "") -> Path:
    """Write a store as a folder of Parquet files and return the folder.

    It holds `task.parquet`, `configuration.parquet` and so on,
    `evaluation/metric=<name>/part-0.parquet` with natural keys, and `provenance.json`; compressed
    with zstd and sorted, so that equal stores give equal files. Raw pages, cursors and former
    values stay in the store.

    Args:
        kb: A DuckDB file, or another such folder.
        folder: Target folder; replaced as a whole if it holds an earlier export.
        built: Description of how the content was made, for `provenance.json`.

    Raises:
        InputError: If the folder exists and is no export.
        StoreError: If it cannot be written.
    """
    source, target = Path(kb).expanduser().resolve(), Path(folder).expanduser().resolve()
    form = files.what_lies_at(source)
    with _replacing(target) as work:
        if form == "parquet":
            open_store(source).close()  # refuses links and other files than those of an export
            shutil.copytree(source, work, dirs_exist_ok=True, symlinks=True)
        else:
            info = _write_tables(source, work)
            _write_provenance(work, info, built)
        for path in [*work.rglob("*"), work]:
            if path.is_file() or os.name == "posix":
                files.sync(path)
    return target


def backup(kb: str | Path, target: str | Path) -> Path:
    """Copy the published snapshot of a store to a new path, and return the path.

    Raises:
        InputError: If the path exists.
    """
    source, place = Path(kb).expanduser().resolve(), Path(target).expanduser().resolve()
    form = files.what_lies_at(source)
    if place.exists():
        raise InputError(f"{place} exists; name a new file, so that no backup is overwritten")
    if not place.parent.is_dir():
        raise InputError(f"there is no folder {place.parent}; make it first")
    if form == "parquet":
        return export_parquet(source, place)
    ready = place.with_name(place.name + ".publishing")
    try:
        files.copy(source, ready)
        open_store(ready).close()
        files.publish(ready, place)
    finally:
        files.discard(ready)
    return place


@contextmanager
def _replacing(target: Path) -> Iterator[Path]:
    """Yield a new folder that replaces `target` once it is complete."""
    if target.exists() and not (target / files.PROVENANCE).is_file():
        if not target.is_dir() or any(target.iterdir()):
            raise InputError(f"{target} exists and is not an export; name a new or empty folder")
        target.rmdir()
    work, old = (target.with_name(target.name + end) for end in (".exporting", ".replaced"))
    try:
        for leftover in (work, old):
            shutil.rmtree(leftover, ignore_errors=True)
        work.mkdir(parents=True)
        yield work
        if target.exists():
            target.rename(old)
        work.rename(target)
    except OSError as error:
        raise StoreError(
            f"cannot write {target}: {error.strerror}; name a folder with free space where you "
            "may write"
        ) from error
    finally:
        for leftover in (work, old):
            shutil.rmtree(leftover, ignore_errors=True)


def _write_tables(source: Path, folder: Path) -> StoreInfo:
    quoted = str(folder).replace("'", "''")  # COPY takes no bound path
    # One thread writes one file a partition, rows in order.
    with closing(opened(source, folders=[folder], threads=1)) as connection:
        info = Store(source, "database", connection, stored_digest(connection)).info()
        with translated(folder):
            sections = ("export", "export_evaluations")[: 2 if info.rows["evaluation"] else 1]
            for section in sections:
                for statement in statements("lake", section):
                    connection.execute(statement.replace("$folder", quoted))
    return info


def _write_provenance(folder: Path, info: StoreInfo, built: str) -> None:
    about = {
        "format": "metalearn meta-dataset in Parquet files",
        "schema_version": info.schema_version,
        "snapshot": info.snapshot,
        "built": built,
        "sources": info.sources,
        "rows": {name: n for name, n in info.rows.items() if name not in ("raw_page", "cursor")},
    }
    text = json.dumps(about, indent=2, sort_keys=True) + "\n"
    (folder / files.PROVENANCE).write_text(text, encoding="utf-8")
