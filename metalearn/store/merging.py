"""Merging two stores by natural keys; the later of two contents of a row wins.

If both stores hold a row with different contents, the one read later wins (ties are broken by the
content itself), and for evaluations the other is kept as history. The result therefore does not
depend on the order of merging, except for the order of new configurations.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from metalearn.core.records import COLUMNS, LoadReport
from metalearn.store.bookkeeping import put_compressed_pages, put_cursor_frame
from metalearn.store.loading import Rows, load_rows
from metalearn.store.reading import open_store
from metalearn.store.sql import query, statements
from metalearn.store.writer import writing

if TYPE_CHECKING:
    import duckdb

    from metalearn.store.reading import Store

__all__ = ["merge"]


def merge(other: str | Path, kb: str | Path) -> LoadReport:
    """Add all content of `other` to the store `kb`, in one transaction.

    Args:
        other: A DuckDB file or a folder of Parquet files; not changed.
        kb: The DuckDB file to write; created if it does not exist.

    Merging a store with itself brings an older schema up to date.

    Returns:
        Rows new, changed and unchanged, by table.
    """
    if Path(other).expanduser().resolve() == Path(kb).expanduser().resolve():
        with writing(kb, create=False):
            return LoadReport()
    with open_store(other) as read, writing(kb) as writer, writer.transaction() as connection:
        report = load_rows(connection, _rows(read))
        if read.form == "database":
            report += _merge_history(connection, read)
            report += put_compressed_pages(connection, read.frame(query("merge", "pages")))
            report += _merge_cursors(connection, read)
        writer.note(report)
    return report


def _rows(store: Store) -> Rows:
    tables = {
        name: store.frame(
            query("merge", f"evaluations_{store.form}" if name == "evaluations" else name)
        )
        for name in COLUMNS
    }
    return Rows(store.frame(query("merge", "sources")), tables, newest=True)


def _merge_history(connection: duckdb.DuckDBPyConnection, store: Store) -> LoadReport:
    frame = store.frame(query("merge", "history"))
    if len(frame):
        connection.register("incoming", frame)
        for statement in statements("merge", "add_history"):
            connection.execute(statement)
        connection.unregister("incoming")
    return LoadReport()


def _merge_cursors(connection: duckdb.DuckDBPyConnection, store: Store) -> LoadReport:
    connection.register("incoming", store.frame(query("merge", "cursors")))
    newer = connection.execute(query("merge", "newer_cursors")).df()
    connection.unregister("incoming")
    return put_cursor_frame(connection, newer)
