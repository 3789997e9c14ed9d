"""A store of some bundled tasks: their real scores in a sixth of the rows."""

from __future__ import annotations

from pathlib import Path

from metalearn.core.records import COLUMNS, Batch, Source
from metalearn.store import bundled_store, open_store, writing

__all__ = ["store_of_some_tasks"]

_EVERY = 6
_KEPT = (
    "WHERE task IN (SELECT task FROM (SELECT task, row_number() OVER (ORDER BY kind, task) AS n "
    f"FROM task) WHERE n % {_EVERY} = 0)"
)


def store_of_some_tasks(path: Path) -> Path:
    """Write every sixth bundled task of each kind with all of its evaluations."""
    with open_store(bundled_store()) as bundled:
        tables = {
            name: bundled.sql(
                f"SELECT {', '.join(columns)} FROM {name.removesuffix('s')} "
                + (_KEPT if "task" in columns else "")
            )
            for name, columns in COLUMNS.items()
        }
    with writing(path) as writer:
        writer.load(Batch(Source("collect", "some bundled tasks"), **tables))
    return path
