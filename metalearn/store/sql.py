"""SQL texts: `queries/*.sql`, cut into named sections by lines `-- :name`."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import duckdb

__all__ = ["migrations", "only_row", "query", "statements"]


@cache
def _sections(name: str) -> dict[str, tuple[str, ...]]:
    text = (files("metalearn.store") / "queries" / f"{name}.sql").read_text(encoding="utf-8")
    found: dict[str, tuple[str, ...]] = {}
    for part in ("\n" + text).split("\n-- :")[1:]:
        title, _, body = part.partition("\n")
        found[title.strip()] = tuple(s for s in body.strip().split(";\n") if s.strip("; \n"))
    return found


def statements(name: str, section: str) -> tuple[str, ...]:
    """Return the statements of one section of `queries/<name>.sql`."""
    return _sections(name)[section]


def query(name: str, section: str, **parts: str) -> str:
    """Return the only statement of one section of `queries/<name>.sql`.

    Args:
        name: Name of the file.
        section: Name of the section.
        parts: Queries that stand in it, each in the place of its name in braces.
    """
    (only,) = statements(name, section)
    text = only.rstrip("; \n")
    for part, inner in parts.items():
        text = text.replace(f"{{{part}}}", inner)
    return text


def only_row(
    connection: duckdb.DuckDBPyConnection, text: str, values: dict[str, Any] | None = None
) -> tuple[Any, ...]:
    """Return the only row of a result, read to its end, as DuckDB requires."""
    (row,) = connection.execute(text, values).fetchall()
    return tuple(row)


def migrations() -> list[tuple[int, str, str]]:
    """Return (version, name, SQL) of every migration, in order."""
    found = []
    for entry in (files("metalearn.store") / "migrations").iterdir():
        if entry.name.endswith(".sql"):
            number, _, name = entry.name.removesuffix(".sql").partition("_")
            found.append((int(number), name, entry.read_text(encoding="utf-8")))
    return sorted(found)
