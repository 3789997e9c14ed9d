"""Merging two stores by natural keys; the later of two contents of a row wins.

If both stores hold a row with different contents, the one read later wins (ties are broken by the
content itself), and for evaluations the other is kept as history. The result therefore does not
depend on the order of merging, except for the order of new configurations.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from metalearn.core.records import COLUMNS, LoadReport
from metalearn.store.bookkeeping import put_compressed_pages, put_cursor_frame
from metalearn.store.loading import Rows
from metalearn.store.parts import ranges
from metalearn.store.reading import open_store
from metalearn.store.sql import query, statements
from metalearn.store.writer import writing

if TYPE_CHECKING:
    import duckdb

    from metalearn.store.reading import Store

__all__ = ["merge"]

_CELLS = "evaluations"
_ROWS_AT_ONCE = 250_000


def merge(other: str | Path, kb: str | Path) -> LoadReport:
    """Add all content of `other` to the store `kb`; readers see all of it or nothing.

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
    with open_store(other) as read, writing(kb) as writer:
        report = LoadReport()
        for rows in _parts(read):  # a transaction each, because its rows stay in memory
            report += writer.load_rows(rows)
        with writer.transaction() as connection:
            if read.form == "database":
                report += _merge_history(connection, read)
                report += put_compressed_pages(connection, read.frame(query("merge", "pages")))
                report += _merge_cursors(connection, read)
        writer.note(report)
    return report


def _parts(store: Store) -> Iterator[Rows]:
    """Yield all tables but the evaluations, then these, some tasks at a time."""
    sources = store.frame(query("merge", "sources"))
    none = pd.DataFrame(columns=[*COLUMNS["evaluations"], "source_no", "vanished", "engine"])
    others = {name: store.frame(query("merge", name)) for name in COLUMNS if name != _CELLS}
    yield Rows(sources, {**others, _CELLS: none}, newest=True)
    nothing = {name: frame.iloc[:0] for name, frame in others.items()}
    amounts = store.frame(query("merge", f"amounts_{store.form}"))
    for first, last in ranges([*amounts.itertuples(index=False, name=None)], _ROWS_AT_ONCE):
        text = query("merge", f"evaluations_{store.form}")
        cells = store.frame(text, {"first": first, "last": last})
        yield Rows(sources, {**nothing, _CELLS: cells}, newest=True)


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
