"""`metalearn leaderboard MODEL`: what is in a model file; the model itself is not loaded."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from metalearn.cli.recommend import short_value
from metalearn.cli.terminal import new_console

__all__ = ["add_arguments", "number", "print_model", "run", "sentence"]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    add = parser.add_argument
    add("model", metavar="MODEL", type=Path, help="a file written by metalearn fit --output")
    add("--json", action="store_true", help="print one JSON document")


def run(arguments: argparse.Namespace) -> int:
    """Run the command."""
    from metalearn.automl.model_file import read_metadata
    from metalearn.workflows.fit.ask import document_of

    document = document_of(read_metadata(arguments.model))
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
            number(row["score"], ".4f"),
            f"{row['weight']:.0%}" if row["weight"] > 0 else "",
            number(row["seconds"], ".2g"),
            row["algorithm"],
            row["source"],
            " ".join(f"{n}={short_value(v)}" for n, v in row["hyperparameters"].items()),
        )
    console = new_console(width=None if sys.stdout.isatty() else 160, highlight=False)
    console.print(f"{sentence(document)}\n")
    console.print(table)
    if len(shown) < len(board):
        console.print(f"... {len(board)} in all; metalearn leaderboard shows every one")


def sentence(document: dict[str, Any]) -> str:
    """Return what a model is in one sentence."""
    task = document["task"]
    size = f", {task['n_rows']:,} rows, {task['n_features']:,} columns" if task["n_rows"] else ""
    classes = f", {task['n_classes']} classes" if task["n_classes"] else ""
    n = len(document["members"])
    what = {0: "a constant prediction", 1: "one model"}.get(n, f"an ensemble of {n} models")
    score = number(document["score"], ".4f")
    seconds = document["seconds"]
    took = f" in {seconds:.1f} s" if seconds is not None else ""
    of = f" of {document['time_budget']:g}" if document["time_budget"] else ""
    until = ", interrupted" if document["interrupted"] else ""
    name = task["name"] or "table"
    return (
        f"{name}: {task['kind']}{size}{classes}; {what} with {document['metric']} {score} "
        f"out-of-fold, {len(document['leaderboard'])} configurations{took}{of}{until}"
    )


def number(value: float | None, form: str) -> str:
    """Return a number in a form, or nothing for None."""
    return "" if value is None else format(value, form)
