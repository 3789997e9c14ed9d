"""`metalearn leaderboard MODEL`: what is in a model file; the model itself is not loaded."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from metalearn.cli.terminal import new_console
from metalearn.core.short_text import hyperparameters_text
from metalearn.workflows.fit.in_words import fit_in_words

__all__ = ["add_arguments", "print_model", "run"]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    add = parser.add_argument
    add("model", metavar="MODEL", type=Path, help="a file written by metalearn fit --output")
    add("--json", action="store_true", help="print one JSON document")
    add("--html", type=Path, metavar="FILE", help="also write a page")


def run(arguments: argparse.Namespace) -> int:
    """Run the command."""
    from metalearn.automl.model_file import read_metadata
    from metalearn.workflows.fit.ask import document_of

    document = document_of(read_metadata(arguments.model))
    if arguments.html:
        from metalearn.pages.leaderboard import leaderboard_page
        from metalearn.pages.rendering import write_page

        write_page(leaderboard_page(document), arguments.html)
    if arguments.json:
        print(json.dumps(document, indent=1))
    else:
        print_model(document)
    return 0


def print_model(document: dict[str, Any], n_rows: int | None = None) -> None:
    """Print a model's document for people: a sentence, and the leaderboard.

    Args:
        document: Of `metalearn fit --json` or `metalearn leaderboard --json`.
        n_rows: Rows of the leaderboard to show, and all members; None for all.
    """
    from rich.table import Table

    board = document["leaderboard"]
    shown = [row for row in board if n_rows is None or row["rank"] <= n_rows or row["weight"] > 0]
    metric = document["metric"]
    table = Table(box=None, pad_edge=False, header_style="bold")
    words = ("algorithm", "from", "hyperparameters")
    for name in ("", metric, "weight", "seconds", *words):
        table.add_column(name, justify="left" if name in words else "right", overflow="fold")
    for row in shown:
        table.add_row(
            str(row["rank"]),
            _number(row["score"], ".4f"),
            f"{row['weight']:.0%}" if row["weight"] > 0 else "",
            _number(row["seconds"], ".2g"),
            row["algorithm"],
            row["source"],
            hyperparameters_text(row["hyperparameters"]),
        )
    console = new_console(width=None if sys.stdout.isatty() else 160, highlight=False)
    console.print(f"{fit_in_words(document)}\n")
    console.print(table)
    if len(shown) < len(board):
        console.print(f"... {len(board)} in all; metalearn leaderboard shows every one")


def _number(value: float | None, form: str) -> str:
    """Return a number in a form, or nothing for None."""
    return "" if value is None else format(value, form)
