"""Verification of a store: rows, references and digests."""

from __future__ import annotations

from typing import TYPE_CHECKING

from metalearn.store.bookkeeping import read_pages
from metalearn.store.digest import content_digest
from metalearn.store.parts import ranges
from metalearn.store.results import Problem
from metalearn.store.sql import only_row, query
from metalearn.store.staging import canonical_problem

if TYPE_CHECKING:
    import duckdb

__all__ = ["problems"]

_ROWS_AT_ONCE = 1_000_000


def problems(connection: duckdb.DuckDBPyConnection, form: str, snapshot: str) -> list[Problem]:
    """Return the problems found; empty if the store is intact.

    Args:
        connection: Connection to which the store is attached.
        form: `database` or `parquet`.
        snapshot: The digest that the content must have.
    """
    import duckdb

    found: list[Problem] = []
    try:
        for section in ("common", form):
            rows = connection.execute(query("verify", section)).fetchall()
            found += [Problem(table, kind, str(detail), n) for table, kind, detail, n in rows]
        found += _repeated(connection, form)
        found += _configurations(connection)
        found += _pages(connection)
        digest = content_digest(connection)
    except duckdb.Error as error:
        return [*found, Problem("store", "cannot be read", str(error).splitlines()[0])]
    if digest != snapshot:
        found.append(
            Problem("snapshot", "content does not have the published digest",
                    f"published {snapshot[:12] or 'none'}, computed {digest[:12] or 'none'}")
        )  # fmt: skip
    return found


def _repeated(connection: duckdb.DuckDBPyConnection, form: str) -> list[Problem]:
    """Return rows with the key of another one; some tasks at a time, to bound the memory."""
    counted = ("merge", "amounts_parquet") if form == "parquet" else ("verify", "amounts")
    amounts = connection.execute(query(*counted)).fetchall()
    text = query("verify", f"twice_{form}")
    details, n_rows = [], 0
    for first, last in ranges(amounts, _ROWS_AT_ONCE):
        detail, n = only_row(connection, text, {"first": first, "last": last})
        details += [str(detail)] if n else []
        n_rows += n
    return [Problem("evaluation", "row twice", min(details), n_rows)] if n_rows else []


def _configurations(connection: duckdb.DuckDBPyConnection) -> list[Problem]:
    rows = connection.execute(query("verify", "configurations")).fetchall()
    named = [(key, canonical_problem(text)) for key, text in rows]
    return [Problem("configuration", problem, key) for key, problem in named if problem]


def _pages(connection: duckdb.DuckDBPyConnection) -> list[Problem]:
    harvesters = connection.execute(query("verify", "harvesters")).fetchall()
    return [
        Problem("raw_page", "body does not have its digest", f"{name}: {page.location}")
        for (name,) in harvesters
        for page in read_pages(connection, name, None)
        if not page.is_intact
    ]
