"""Verification of a store: rows, references and digests."""

from __future__ import annotations

from typing import TYPE_CHECKING

from metalearn.store.bookkeeping import read_pages
from metalearn.store.digest import content_digest
from metalearn.store.results import Problem
from metalearn.store.sql import query
from metalearn.store.staging import canonical_problem

if TYPE_CHECKING:
    import duckdb

__all__ = ["problems"]


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
