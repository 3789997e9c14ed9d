"""Parts of the evaluations in a lake, and which of them an earlier export holds already.

The tasks of a metric, in order of their keys, are cut into parts of some hundred thousand rows.
Whether a part begins at a task depends on the hash of its key alone, so that a new task changes
one part and not all later ones: content-defined chunking (Muthitacharoen, Chen & Mazieres 2001).
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from metalearn.store.files import PROVENANCE
from metalearn.store.sql import query, statements

if TYPE_CHECKING:
    import duckdb

__all__ = ["EVALUATIONS", "Part", "earlier_parts", "file_digest", "parts_of"]

EVALUATIONS = "evaluation"  # folder of the evaluations in a lake
_ROWS = 150_000  # of a part, on average
_ALONE = 500_000  # up to so many rows a metric is one part


@dataclass(frozen=True, slots=True)
class Part:
    """Some evaluations of one metric, in a file of their own.

    Attributes:
        metric: Name of the metric.
        number: Position among the parts of the metric.
        rows: Number of rows.
        content: Hash over all rows, independent of their order; of one version of DuckDB.
        file: Path in the lake; "" before it is written.
        sha256: Digest of the file.
    """

    metric: str
    number: int
    rows: int
    content: str
    file: str = ""
    sha256: str = ""


def parts_of(connection: duckdb.DuckDBPyConnection) -> list[Part]:
    """Return the parts of the attached store, by metric and number; their rows are in `lake_part`.

    `lake_part` becomes a temporary table of metric_id, task_id and number.
    """
    amounts = connection.execute(query("lake", "amounts")).fetchall()
    rows = [
        (metric_id, task_id, number)
        for metric_id, group in groupby(amounts, key=lambda row: row[0])
        for task_id, number in _numbered([row[1:] for row in group])
    ]
    connection.register("numbered", pd.DataFrame(rows, columns=["metric_id", "task_id", "number"]))
    for statement in statements("lake", "parts"):
        connection.execute(statement)
    connection.unregister("numbered")
    found = connection.execute(query("lake", "contents")).fetchall()
    return [Part(metric, number, n, str(content)) for metric, number, n, content in found]


def earlier_parts(folder: Path) -> dict[tuple[str, int, str], Part]:
    """Return the parts of an earlier export by metric, rows and content; those that are intact."""
    names = {field.name for field in fields(Part)}
    try:
        listed = json.loads((folder / PROVENANCE).read_text(encoding="utf-8"))["parts"]
        parts = [Part(**about) for about in listed if about.keys() == names]
    except (OSError, ValueError, LookupError, TypeError, AttributeError):
        return {}  # an older export, or none
    return {(p.metric, p.rows, p.content): p for p in parts if _is_intact(folder, p)}


def file_digest(path: Path) -> str:
    """Return the SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _is_intact(folder: Path, part: Part) -> bool:
    path = folder / part.file
    is_within = folder / EVALUATIONS in path.parents and ".." not in path.parts
    return is_within and path.is_file() and file_digest(path) == part.sha256


def _numbered(tasks: Sequence[tuple[int, str, int]]) -> Iterator[tuple[int, int]]:
    """Yield the id of each task of a metric and the number of its part.

    Args:
        tasks: Id, key and number of rows, by key.
    """
    total = sum(n for *_, n in tasks)
    # Rounded to a power of two, so that few changes of a store change all its parts.
    period = 2 ** max(0, round(math.log2(len(tasks) * _ROWS / total)))
    number = 0
    for position, (task_id, key, _) in enumerate(tasks):
        begins = int.from_bytes(hashlib.sha256(key.encode()).digest()[:8], "big") % period == 0
        number += bool(position and begins and total > _ALONE)
        yield task_id, number
