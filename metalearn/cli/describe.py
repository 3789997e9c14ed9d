"""`metalearn describe TABLE --target COL`: the meta-features of a table."""

from __future__ import annotations

import argparse
import json
import sys
from typing import TYPE_CHECKING

from metalearn.cli.options import Names, add_ignore, add_kind, add_table
from metalearn.cli.terminal import new_console

if TYPE_CHECKING:
    from metalearn.workflows.describe import Description

__all__ = ["add_arguments", "run"]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    add = parser.add_argument
    add_table(parser)
    add_kind(parser)
    add_ignore(parser)
    add("--groups", metavar="G,...", action=Names,
        help="simple, target, statistical, information, model-based, landmarkers, relative, "
        "subsampling, auto-sklearn, pymfe, all (default: all but auto-sklearn)")  # fmt: skip
    add("--time-budget", type=float, metavar="S", help="seconds for each group")
    add("--exact", action="store_true", help="never sample rows or columns of a large table")
    add("--json", action="store_true", help="print one JSON document")


def run(arguments: argparse.Namespace) -> int:
    """Run the command."""
    from metalearn.workflows.describe import DescribeRequest, describe
    from metalearn.workflows.tables.named import open_table

    request = DescribeRequest(time_budget_s=arguments.time_budget, exact=arguments.exact)
    if arguments.groups:
        request = DescribeRequest(tuple(arguments.groups), arguments.time_budget, arguments.exact)
    table = open_table(
        arguments.table, arguments.target, kind=arguments.kind, ignore=arguments.ignore,
        learnable=False,
    )  # fmt: skip
    found = describe(table, request)
    if arguments.json:
        print(json.dumps(found.document(), ensure_ascii=False, allow_nan=False))
    else:
        _print(found)
    for note in table.notes:
        print(f"note: {note}", file=sys.stderr)
    return 0


def _print(found: Description) -> None:
    from rich.markup import escape
    from rich.table import Table

    task, features = found.task, found.features
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("meta-feature", overflow="fold")
    table.add_column("value", justify="right")
    table.add_column("", overflow="fold", style="dim")
    for name, value in features.values.items():
        reason = escape(features.reasons.get(name, ""))
        table.add_row(escape(name), "-" if reason else f"{value:.6g}", reason)
    console = new_console(markup=True)
    classes = f", {task.n_classes} classes" if task.n_classes else ""
    console.print(
        f"[bold]{escape(task.name)}[/bold] {task.n_rows:,} rows, {task.n_features:,} columns"
        f"{classes}; {task.kind}"
    )
    console.print(table)
    seconds = ", ".join(f"{group} {spent:.2f} s" for group, spent in features.seconds.items())
    console.print(f"[dim]{seconds}; extractor {features.extractor}[/dim]")
    for sentence in found.summary:
        console.print(escape(sentence), soft_wrap=True)
