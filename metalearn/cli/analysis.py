"""What commands that analyse one algorithm share: arguments, a table, numbers as JSON."""

from __future__ import annotations

import argparse
import difflib
import json
import math
import sys
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from metalearn.cli.options import add_store
from metalearn.cli.terminal import new_console
from metalearn.errors import UnknownNameError

if TYPE_CHECKING:
    import pandas as pd

    from metalearn.histories.runs import Runs
    from metalearn.histories.source import RunSource

__all__ = [
    "add_common",
    "analysed_runs",
    "plain",
    "print_frame",
    "print_json",
    "print_notes",
    "split_names",
]


def add_common(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of every analysis."""
    add = parser.add_argument
    add("algorithm", metavar="SPACE", help="the algorithm whose hyperparameters are analysed")
    add_store(parser)
    add("--metric", metavar="M", help="default: the first one that has runs")
    add("--where", metavar="NAME=VALUE", action="append", default=[],
        help="only this branch of the space, for instance kernel=rbf; repeat it, or put commas "
             "between, for more")  # fmt: skip
    add("--seed", type=int, default=0, help="default: %(default)s")
    add("--json", action="store_true", help="print one JSON document")
    add("--out", type=Path, metavar="DIR", help="write figures (SVG, PNG) and their data (CSV)")
    add("--html", type=Path, metavar="FILE", help="also write a page")


def analysed_runs(arguments: argparse.Namespace, source: RunSource) -> Runs:
    """Return the runs of the algorithm under the metric, within the branch of `--where`.

    Raises:
        UsageError: If a word of `--where` is not NAME=VALUE, or its axis has no such value.
    """
    from metalearn.histories.branch import parsed_branch
    from metalearn.histories.runs import as_runs

    runs = as_runs(source, arguments.algorithm, metric=arguments.metric)
    return runs.where(parsed_branch(arguments.where, runs.space))


def split_names(words: Sequence[str], known: Collection[str], what: str) -> list[str]:
    """Return the names that words hold: a name each, or several with commas between.

    Raises:
        UnknownNameError: If a name is not known; it lists the nearest known ones.
    """
    found: list[str] = []
    for word in words:
        parts = [word] if word in known else [part.strip() for part in word.split(",")]
        for name in filter(None, parts):
            if name not in known:
                near = difflib.get_close_matches(name, known, 5, 0.5)
                raise UnknownNameError(what, name, tuple(near) or tuple(known))
            found.append(name)
    return found


def plain(value: Any) -> Any:  # Any: whatever JSON can hold
    """Return the same with NaN as null and numpy's numbers as Python's."""
    if isinstance(value, dict):
        return {str(key): plain(entry) for key, entry in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(entry) for entry in value]
    if hasattr(value, "tolist"):
        return plain(value.tolist())
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value


def print_json(document: dict[str, Any]) -> None:
    """Print one JSON document on stdout."""
    print(json.dumps(plain(document), indent=1, ensure_ascii=False))


def print_frame(frame: pd.DataFrame, title: str) -> None:
    """Print a table for people; names of its first column without the path in front."""
    from rich import box
    from rich.table import Table

    from metalearn.plots.style import short_names

    frame = frame.copy()
    frame[frame.columns[0]] = short_names(tuple(map(str, frame.iloc[:, 0])))
    table = Table(title=title, box=box.SIMPLE_HEAD, title_justify="left")
    for place, column in enumerate(frame.columns):
        table.add_column(str(column), justify="left" if place == 0 else "right")
    for row in frame.itertuples(index=False):
        table.add_row(*(_cell(value) for value in row))
    console = new_console()
    if not console.is_terminal:
        console = new_console(width=160)
    console.print(table)


def print_notes(notes: Sequence[str], paths: Sequence[Path]) -> None:
    """Print remarks and what was written to stderr."""
    for note in notes:
        print(note, file=sys.stderr)
    if paths:
        print(f"wrote {len(paths)} files to {paths[0].parent}", file=sys.stderr)


def _cell(value: object) -> str:
    if isinstance(value, bool) or getattr(value, "dtype", None) == "bool":
        return "yes" if value else "no"
    if isinstance(value, float):
        return "-" if math.isnan(value) else f"{value:.4g}"
    return str(value)
