"""Records of harvesters beside the rows: raw pages, cursors, marks of vanished evaluations."""

from __future__ import annotations

import json
import zlib
from collections.abc import Sequence
from typing import TYPE_CHECKING

import pandas as pd

from metalearn.core.records import LoadReport, Source
from metalearn.errors import ShapeError
from metalearn.store.results import Cursor, Page
from metalearn.store.sql import only_row, query, statements

if TYPE_CHECKING:
    import duckdb

__all__ = [
    "mark_vanished",
    "put_compressed_pages",
    "put_cursor_frame",
    "put_cursors",
    "put_pages",
    "read_cursors",
    "read_pages",
]

_MAX_PAGE_BYTES = 1 << 28  # larger bodies are never fetched, so a larger page is damaged
_KEY = ("task", "configuration", "metric", "fold", "fidelity", "seed")


def put_pages(connection: duckdb.DuckDBPyConnection, pages: Sequence[Page]) -> LoadReport:
    """Store raw answers, compressed; answers already stored stay unchanged."""
    if not pages:
        return LoadReport()
    once = {(p.harvester, p.location, p.digest): p for p in reversed(pages)}
    frame = pd.DataFrame(
        [
            (p.harvester, p.location, p.digest, p.status, p.time, zlib.compress(p.body, 6))
            for p in reversed(once.values())
        ],
        columns=["harvester", "location", "digest", "status", "time", "body"],
    )
    report = put_compressed_pages(connection, frame)
    return LoadReport(new=report.new, unchanged={"pages": len(pages) - report.new["pages"]})


def put_compressed_pages(connection: duckdb.DuckDBPyConnection, frame: pd.DataFrame) -> LoadReport:
    """Store pages given as columns harvester, location, digest, status, time, body (zlib)."""
    if frame.empty:
        return LoadReport()
    connection.register("incoming_pages", frame)
    new = _count(connection, query("pages", "new"))
    connection.execute(query("pages", "insert"))
    connection.unregister("incoming_pages")
    return LoadReport(new={"pages": new}, unchanged={"pages": len(frame) - new})


def put_cursors(connection: duckdb.DuckDBPyConnection, cursors: Sequence[Cursor]) -> LoadReport:
    """Write cursors; the last one of a name counts, equal states stay unchanged."""
    if not cursors:
        return LoadReport()
    last = {(c.harvester, c.name): c for c in cursors}
    frame = pd.DataFrame(
        [(c.harvester, c.name, c.state, c.time) for c in last.values()],
        columns=["harvester", "name", "state", "time"],
    )
    report = put_cursor_frame(connection, frame)
    n = report.changed["cursors"]
    return LoadReport(changed={"cursors": n}, unchanged={"cursors": len(cursors) - n})


def put_cursor_frame(connection: duckdb.DuckDBPyConnection, frame: pd.DataFrame) -> LoadReport:
    """Write cursors given as columns harvester, name, state, time; names are unique."""
    if frame.empty:
        return LoadReport()
    connection.register("incoming_cursors", frame)
    changed = _count(connection, query("pages", "cursor_changed"))
    for statement in statements("pages", "cursor_write"):
        connection.execute(statement)
    connection.unregister("incoming_cursors")
    n = len(frame) - changed
    return LoadReport(changed={"cursors": changed}, unchanged={"cursors": n})


def mark_vanished(
    connection: duckdb.DuckDBPyConnection, source: Source, evaluations: pd.DataFrame
) -> LoadReport:
    """Mark evaluations of one source that its provider no longer lists; none is deleted."""
    if not set(_KEY) <= set(evaluations.columns):
        raise ShapeError(f"vanished: expected columns {_KEY}, got {tuple(evaluations.columns)}")
    about = pd.DataFrame([(0, source.name, source.location, source.digest, source.time)],
                         columns=["source_no", "name", "location", "digest", "time"])  # fmt: skip
    connection.register("incoming", about)
    connection.execute("CREATE OR REPLACE TEMP TABLE stage_source AS FROM incoming")
    connection.register(
        "incoming", evaluations[list(_KEY)].assign(engine=evaluations.get("engine", 0))
    )
    connection.execute(query("vanish", "find"), {"source": source.name})
    connection.unregister("incoming")
    n = _count(connection, query("vanish", "count"))
    if n:
        for statement in (*statements("vanish", "source"), *statements("vanish", "mark")):
            connection.execute(statement)
    return LoadReport(changed={"vanished": n})


def read_pages(
    connection: duckdb.DuckDBPyConnection, harvester: str, location: str | None
) -> list[Page]:
    """Return the raw answers of a harvester, oldest first; a damaged body is empty."""
    values = {"harvester": harvester, "location": location}
    rows = connection.execute(query("pages", "read"), values).fetchall()
    return [Page(h, place, _body(body), *rest) for h, place, body, *rest in rows]


def read_cursors(connection: duckdb.DuckDBPyConnection, harvester: str) -> dict[str, Cursor]:
    """Return the cursors of a harvester by name."""
    rows = connection.execute(query("pages", "cursors"), {"harvester": harvester}).fetchall()
    for _, _, state, _ in rows:
        json.loads(state)  # invalid JSON raises a store error here
    return {name: Cursor(h, name, state, time) for h, name, state, time in rows}


def _body(compressed: bytes) -> bytes:
    try:
        unpacking = zlib.decompressobj()
        body = unpacking.decompress(compressed, _MAX_PAGE_BYTES)
        return body if unpacking.eof else b""
    except zlib.error:
        return b""  # an empty body fails its digest, which `Page.is_intact` and `verify` report


def _count(connection: duckdb.DuckDBPyConnection, text: str) -> int:
    return int(only_row(connection, text)[0])
