"""Rows at the end of a CSV file, so that an experiment that was stopped can go on."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from pathlib import Path

__all__ = ["append_rows"]


def append_rows(path: Path, fields: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Write rows at the end of a file; a new file begins with the names of the fields."""
    path.parent.mkdir(parents=True, exist_ok=True)
    is_new = not path.exists()
    with path.open("a", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        if is_new:
            writer.writerow(fields)
        writer.writerows(rows)
