"""`metalearn describe TABLE --target COL`: the meta-features of a table, or of several."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from metalearn.cli.options import (
    Names,
    add_engine,
    add_ignore,
    add_kind,
    add_table,
    engine_options,
)
from metalearn.cli.terminal import new_console
from metalearn.errors import InputError, MetalearnError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from metalearn.learners.tables import Table
    from metalearn.workflows.describe import DescribeRequest, Description
    from metalearn.workflows.tables.index import TableEntry

__all__ = ["add_arguments", "run"]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    add = parser.add_argument
    add_table(parser, "a folder of tables", "an index CSV as for collect")
    add_kind(parser)
    add_ignore(parser)
    add("--groups", metavar="G,...", action=Names,
        help="simple, target, statistical, information, model-based, landmarkers, relative, "
        "subsampling, auto-sklearn, pymfe, all (default: all but auto-sklearn)")  # fmt: skip
    add("--time-budget", type=float, metavar="S", help="seconds for each group")
    add("--exact", action="store_true", help="never sample rows or columns of a large table")
    add_engine(parser, "of several tables, processes side by side (default: all cores)")
    add("--json", action="store_true",
        help="print one JSON document; of several tables, a list")  # fmt: skip
    add("--html", type=Path, metavar="FILE", help="also write a page; of one table")


def run(arguments: argparse.Namespace) -> int:
    """Run the command."""
    from metalearn.workflows.describe import DescribeRequest, describe
    from metalearn.workflows.tables.index import holds_several
    from metalearn.workflows.tables.named import open_table

    request = DescribeRequest(time_budget_s=arguments.time_budget, exact=arguments.exact)
    if arguments.groups:
        request = DescribeRequest(tuple(arguments.groups), arguments.time_budget, arguments.exact)
    if holds_several(Path(arguments.table)):
        return _run_several(arguments, request)
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
    if arguments.html is not None:
        from metalearn.pages.describe import describe_page
        from metalearn.pages.rendering import write_page

        write_page(describe_page(found, table.notes), arguments.html)
        print(f"wrote {arguments.html}", file=sys.stderr)
    return 0


def _run_several(arguments: argparse.Namespace, request: DescribeRequest) -> int:
    from metalearn.cli.progress import progress_bar
    from metalearn.workflows.describe import describe_many
    from metalearn.workflows.tables.index import table_entries

    if arguments.kind is not None or arguments.ignore:
        raise UsageError("--kind and --ignore are of one table; an index CSV has columns for them")
    if arguments.html is not None:
        raise UsageError("--html is of one table; name a single file")
    entries = table_entries(Path(arguments.table), arguments.target)
    unreadable: dict[str, str] = {}
    with progress_bar("tables") as progress:
        found = describe_many(
            _readable(entries, unreadable), request, engine=engine_options(arguments),
            progress=lambda done: progress(done + len(unreadable), len(entries)),
        )  # fmt: skip
    if not found:
        raise InputError("no table can be used: " + "; ".join(unreadable.values()))
    for name, reason in unreadable.items():
        print(f"not used: {name}: {reason}", file=sys.stderr)
    if arguments.json:
        documents = [one.document() for one in found]
        print(json.dumps(documents, ensure_ascii=False, allow_nan=False))
        return 0
    for one in found:
        _print(one)
    return 0


def _readable(entries: Iterable[TableEntry], unreadable: dict[str, str]) -> Iterator[Table]:
    """Yield the tables; the reasons of those that cannot be read go to `unreadable`."""
    for entry in entries:
        try:
            yield entry.load(learnable=False)
        except MetalearnError as error:
            unreadable[entry.name] = str(error)


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
