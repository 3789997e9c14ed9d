"""Finding the files of a published set by what they hold, whatever they are called.

The same set is published under many names, gzipped or not. A folder may also hold notes, pictures
or links to pipes and devices: what cannot be read as a table is passed over here, and the reader
of the format says what it missed.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable
from itertools import islice
from pathlib import Path
from typing import Any

from metalearn.errors import InputError
from metalearn.harvesters.arff_table import ArffHeader, arff_header
from metalearn.harvesters.files import lines
from metalearn.harvesters.scoring import task_in
from metalearn.harvesters.values import MISSING, numbers

__all__ = [
    "arff_tables",
    "csv_tables",
    "feature_values_in",
    "files_in",
    "holds_numbers",
    "json_objects",
    "runs_in",
    "the_one",
]

_LARGEST_JSON = 1 << 26  # bytes; descriptions are small
_STATUS = "ok"


def files_in(folder: Path) -> list[Path]:
    """Return the regular files of a folder, hidden ones left out, sorted by name."""
    return sorted(p for p in folder.iterdir() if p.is_file() and not p.name.startswith("."))


def arff_tables(folder: Path) -> dict[Path, ArffHeader]:
    """Return the ARFF tables of a folder with their headers."""
    found = {}
    for path in files_in(folder):
        try:
            first = next((line for line in lines(path) if line.strip()), "").lstrip()
            if first.startswith(("@", "%")):
                found[path] = arff_header(path)
        except InputError:
            continue
    return found


def csv_tables(folder: Path) -> dict[Path, list[str]]:
    """Return the tables of a folder that are separated by commas, with their headers."""
    found = {}
    for path in files_in(folder):
        fields = _first_rows(path, 1)
        if fields and len(fields[0]) > 1:
            found[path] = [field.strip() for field in fields[0]]
    return found


def holds_numbers(path: Path) -> bool:
    """Return whether the second line of a CSV table holds numbers behind an id or name."""
    rows = _first_rows(path, 2)
    if len(rows) < 2 or len(rows[0]) != len(rows[1]):
        return False
    given = [text for text in rows[1][1:] if text.strip().lower() not in MISSING]
    return bool(given) and not any(value != value for value in numbers(given))


def json_objects(folder: Path) -> dict[Path, dict[str, Any]]:
    """Return the files of a folder that hold a JSON object, with their content."""
    found = {}
    for path in files_in(folder):
        if path.stat().st_size > _LARGEST_JSON:
            continue
        try:
            text = lines(path)
            first = next(text, "")
            if not first.lstrip().startswith("{") and first.strip():
                continue
            loaded = json.loads(first + "".join(text))
        except (InputError, ValueError, RecursionError):
            continue
        if isinstance(loaded, dict):
            found[path] = loaded
    return found


def runs_in(folder: Path, name: str = "algorithm_runs.arff") -> Path | None:
    """Return the table of runs in a folder: tasks, algorithms, scores."""
    tables = arff_tables(folder)
    fits = [p for p, header in tables.items()
            if "algorithm" in header.names and task_in(header.names)]  # fmt: skip
    return the_one(fits or [p for p, h in tables.items() if "algorithm" in h.names], name)


def feature_values_in(folder: Path, steps: Iterable[str] = ()) -> Path | None:
    """Return the ARFF table of meta-features in a folder.

    Args:
        folder: The folder.
        steps: Groups in which meta-features are computed, by which tables of costs are known.
    """
    fits = []
    for path, header in arff_tables(folder).items():
        names = {n for n in header.names if n != "repetition"} - {task_in(header.names)}
        words = [a.name for a in header.attributes if a.kind in ("string", "nominal")]
        statuses = any(_STATUS in attribute.levels for attribute in header.attributes)
        known = "algorithm" in names or "fold" in names or (names and names <= set(steps))
        if (task_in(header.names) or len(words) == 1) and not statuses and not known:
            fits.append(path)
    return the_one(fits, "feature_values.arff")


def the_one(paths: Iterable[Path], name: str) -> Path | None:
    """Return the path of that name, gzipped or not, or else the only path; None if in doubt."""
    found = list(paths)
    named = [path for path in found if path.name.removesuffix(".gz") == name]
    if named:
        return named[0]
    return found[0] if len(found) == 1 else None


def _first_rows(path: Path, n: int) -> list[list[str]]:
    try:
        return [row for row in islice(csv.reader(lines(path)), n) if row]
    except (InputError, csv.Error):
        return []
