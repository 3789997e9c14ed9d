"""The tables to collect on: a file, a folder, or an index CSV with one row per table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import cast

import pandas as pd

from metalearn.core.task import Kind
from metalearn.errors import InputError
from metalearn.learners.table_files import check_file
from metalearn.learners.tables import Table, load_frame, load_table

__all__ = ["TableEntry", "holds_several", "table_entries"]

_INDEX = ("name", "file", "target")
_SUFFIXES = (".csv", ".tsv", ".parquet", ".pq", ".arff")


@dataclass(frozen=True, slots=True)
class TableEntry:
    """A table that is not read yet.

    Attributes:
        name: Its name in the store.
        path: Path of its file.
        target: Its target column; None takes the last column.
        kind: Kind of task; None guesses from the target.
        ignore: Columns to leave out.
        family: Name that near-duplicate tables share; "" if it stands alone.
    """

    name: str
    path: Path
    target: str | None = None
    kind: Kind | None = None
    ignore: tuple[str, ...] = ()
    family: str = ""

    def load(self, *, learnable: bool = True) -> Table:
        """Return the table.

        Args:
            learnable: Whether it must be fit to learn from; else any rows will do.

        Raises:
            InputError: If it cannot be read or used.
        """
        target = self.target or str(load_frame(self.path).columns[-1])
        table = load_table(
            self.path, target, kind=self.kind, ignore=self.ignore, learnable=learnable
        )
        return replace(table, name=self.name)


def holds_several(source: Path) -> bool:
    """Return whether a path is a folder of tables or an index CSV, not one table."""
    if source.is_file() and source.suffix == ".csv":
        return _index_rows(source) is not None
    return source.is_dir()


def table_entries(source: Path, target: str | None = None) -> list[TableEntry]:
    """Return the tables named by a file, a folder or an index CSV, in a stable order.

    An index CSV has the columns `name`, `file` (relative to the index) and `target`, and may have
    `kind`, `ignore` (names separated by `;`) and `family`.

    Raises:
        InputError: If there is no such file or folder, or it holds no tables.
    """
    if source.is_dir():
        index = source / "index.csv"
        if index.exists():
            rows = _index_rows(index)
            if rows is None:
                raise InputError(f"{str(index)!r} is no index; expected columns {_INDEX}")
            return _index_entries(index, rows)
        paths = sorted(p for p in source.rglob("*") if _is_table(p))
        if not paths:
            raise InputError(f"no tables in {str(source)!r}; expected files ending in {_SUFFIXES}")
        return [_entry(path, target) for path in paths]
    if not source.exists():
        raise InputError(f"there is no file or folder {str(source)!r}; check the path")
    rows = _index_rows(source) if source.suffix == ".csv" else None
    return [_entry(source, target)] if rows is None else _index_entries(source, rows)


def _index_rows(path: Path) -> pd.DataFrame | None:
    """Return the rows of an index, or None if the file is not an index."""
    try:
        check_file(path)
        if not set(_INDEX) <= set(pd.read_csv(path, nrows=0).columns):
            return None
        return pd.read_csv(path, dtype=str, keep_default_na=False)
    except (InputError, UnicodeDecodeError, pd.errors.EmptyDataError, pd.errors.ParserError):
        return None


def _is_table(path: Path) -> bool:
    return path.is_file() and path.name.lower().removesuffix(".gz").endswith(_SUFFIXES)


def _entry(path: Path, target: str | None) -> TableEntry:
    return TableEntry(path.name.removesuffix(".gz").rsplit(".", 1)[0], path, target)


def _index_entries(index: Path, rows: pd.DataFrame) -> list[TableEntry]:
    entries = []
    for row in rows.to_dict("records"):
        kind = row.get("kind") or None
        if kind not in (None, "classification", "regression"):
            raise InputError(f"{index}: kind {kind!r} of {row['name']!r} is not known")
        entries.append(
            TableEntry(
                row["name"],
                index.parent / row["file"],
                row["target"] or None,
                cast("Kind | None", kind),
                _split(row.get("ignore", "")),
                row.get("family", ""),
            )
        )
    return entries


def _split(names: str) -> tuple[str, ...]:
    parts: Sequence[str] = [name.strip() for name in names.split(";")]
    return tuple(part for part in parts if part)
