"""Copies of a store: a partitioned folder of Parquet files, or a plain backup."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING

from metalearn.errors import InputError, StoreError
from metalearn.store import files
from metalearn.store.connecting import attached, restricted, translated
from metalearn.store.digest import stored_digest
from metalearn.store.lake_parts import EVALUATIONS, Part, earlier_parts, file_digest, parts_of
from metalearn.store.reading import Store, open_store
from metalearn.store.results import StoreInfo
from metalearn.store.sql import query, statements

if TYPE_CHECKING:
    import duckdb

__all__ = ["backup", "export_parquet"]


def export_parquet(kb: str | Path, folder: str | Path, *, built: str = "") -> Path:
    """Write a store as a folder of Parquet files and return the folder.

    It holds `task.parquet`, `configuration.parquet` and so on,
    `evaluation/metric=<name>/part-0.parquet`, `part-1.parquet`, ... with natural keys, and
    `provenance.json`; compressed with zstd and sorted, so that equal stores give equal files. Raw
    pages, cursors and former values stay in the store. Parts of an earlier export in the folder
    that have the same content are kept; all others are written anew.

    Args:
        kb: A DuckDB file, or another such folder.
        folder: Target folder; replaced at once if it holds an earlier export, so that an end in
            between leaves the earlier or the new one.
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
            info, parts = _write_tables(source, work, target)
            _write_provenance(work, info, parts, built)
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
    work, old = (target.with_name(target.name + end) for end in (".exporting", ".replaced"))
    if old.exists() and not target.exists():  # an export ended between its two renames
        old.rename(target)
    if target.exists() and not (target / files.PROVENANCE).is_file():
        if not target.is_dir() or any(target.iterdir()):
            raise InputError(f"{target} exists and is not an export; name a new or empty folder")
        target.rmdir()
    try:
        for leftover in (work, old):
            shutil.rmtree(leftover, ignore_errors=True)
        work.mkdir(parents=True)
        yield work
        files.replace_folder(target, by=work, old=old)
    except OSError as error:
        raise StoreError(
            f"cannot write {target}: {error.strerror}; name a folder with free space where you "
            "may write"
        ) from error
    finally:
        leftovers = (work, old) if target.exists() else (work,)
        for leftover in leftovers:
            shutil.rmtree(leftover, ignore_errors=True)


def _write_tables(source: Path, folder: Path, earlier: Path) -> tuple[StoreInfo, list[Part]]:
    # One thread writes one file a partition, rows in order.
    reader = restricted([source], folders=[folder], threads=1)
    with closing(attached(reader, source)) as connection:
        info = Store(source, "database", connection, stored_digest(connection)).info()
        with translated(folder):
            for statement in statements("lake", "export"):
                connection.execute(statement.replace("$folder", _quoted(folder)))
            known = earlier_parts(earlier)
            parts = []
            for part in parts_of(connection):
                same = known.get((part.metric, part.rows, part.content))
                if same is None:
                    parts.append(_written(connection, part, folder))
                else:
                    parts.append(_kept(part, same, folder, earlier))
    return info, parts


def _written(connection: duckdb.DuckDBPyConnection, part: Part, folder: Path) -> Part:
    """Write a part to its file; the database names the folder of its metric."""
    made = folder / ".part"
    text = query("lake", "export_part").replace("$folder", _quoted(made))
    connection.execute(text, {"metric": part.metric, "number": part.number})
    (found,) = made.glob("*/*.parquet")
    place = folder / EVALUATIONS / found.parent.name / f"part-{part.number}.parquet"
    place.parent.mkdir(parents=True, exist_ok=True)
    found.rename(place)
    shutil.rmtree(made)
    name = place.relative_to(folder).as_posix()
    return replace(part, file=name, sha256=file_digest(place))


def _kept(part: Part, same: Part, folder: Path, earlier: Path) -> Part:
    """Take the file of an earlier export, without a copy where the file system can."""
    place = (folder / same.file).with_name(f"part-{part.number}.parquet")
    place.parent.mkdir(parents=True, exist_ok=True)
    try:
        os.link(earlier / same.file, place)
    except OSError:  # no hard links here
        shutil.copyfile(earlier / same.file, place)
    return replace(part, file=place.relative_to(folder).as_posix(), sha256=same.sha256)


def _quoted(folder: Path) -> str:
    return str(folder).replace("'", "''")  # COPY takes no bound path


def _write_provenance(folder: Path, info: StoreInfo, parts: Sequence[Part], built: str) -> None:
    about = {
        "format": "metalearn meta-dataset in Parquet files",
        "schema_version": info.schema_version,
        "snapshot": info.snapshot,
        "built": built,
        "sources": info.sources,
        "rows": {name: n for name, n in info.rows.items() if name not in ("raw_page", "cursor")},
        "parts": [asdict(part) for part in parts],
    }
    text = json.dumps(about, indent=2, sort_keys=True) + "\n"
    (folder / files.PROVENANCE).write_text(text, encoding="utf-8")
