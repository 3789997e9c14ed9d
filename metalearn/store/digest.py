"""Digest of a snapshot: equal content gives equal digests, independent of the order of loading.

Every row becomes a text of its natural key and content. The 128-bit hashes of the rows are summed,
so that their order does not matter, and the sums of all tables are hashed together. Load order,
page digests, times, cursors, raw pages and former values are not part of the content.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from metalearn.store.sql import only_row, query, statements

if TYPE_CHECKING:
    import duckdb

__all__ = ["content_digest", "stored_digest", "write_digest"]

_TABLES = ("task", "algorithm", "configuration", "metric", "evaluation", "meta_feature")


def content_digest(connection: duckdb.DuckDBPyConnection) -> str:
    """Return 64 hexadecimal digits computed from every row; "" for a store without content."""
    lines = []
    for table in _TABLES:
        n, low, high = only_row(connection, query("digest", table))
        lines.append(f"{table} {n} {low or 0} {high or 0}")
    if all(line.split()[1] == "0" for line in lines):
        return ""
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def stored_digest(connection: duckdb.DuckDBPyConnection) -> str:
    """Return the digest written by the last publish; "" without one."""
    return str(only_row(connection, query("digest", "stored"))[0])


def write_digest(connection: duckdb.DuckDBPyConnection) -> str:
    """Compute the digest, write it into the store, and return it."""
    digest = content_digest(connection)
    if digest != stored_digest(connection):
        clear, insert = statements("digest", "write")
        connection.execute(clear)
        connection.execute(insert, [digest])
    return digest
