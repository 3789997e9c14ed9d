"""`metalearn similar TABLE --target COL`: the known tasks that a table resembles, and why."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from metalearn.cli.options import add_ignore, add_kind, add_store, add_table
from metalearn.cli.terminal import new_console

if TYPE_CHECKING:
    from metalearn.workflows.similar import SimilarTasks

__all__ = ["add_arguments", "run"]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    add = parser.add_argument
    add_table(parser)
    add("-n", type=int, default=10, help="how many tasks (default: %(default)s)")
    add_kind(parser)
    add("--metric", metavar="M", help="metric of the losses that similarity is learned from "
        "(default: balanced_accuracy, or r2)")  # fmt: skip
    add_ignore(parser)
    add_store(parser)
    add("--json", action="store_true", help="print one JSON document")
    add("--html", type=Path, metavar="FILE", help="also write a page with the map")
    add("--out", type=Path, metavar="DIR", help="also write the map: SVG, PNG and its data")


def run(arguments: argparse.Namespace) -> int:
    """Run the command."""
    from metalearn.store import open_store
    from metalearn.workflows.similar import similar_tasks
    from metalearn.workflows.tables.named import open_table

    table = open_table(
        arguments.table, arguments.target, kind=arguments.kind, ignore=arguments.ignore
    )
    with open_store(arguments.kb) as store:
        found = similar_tasks(table, store, n=arguments.n, metric=arguments.metric)
    if arguments.json:
        print(json.dumps(found.document(), ensure_ascii=False, allow_nan=False))
    else:
        _print(found)
    for note in table.notes:
        print(f"note: {note}", file=sys.stderr)
    for path in _written(found, table.notes, arguments.out, arguments.html):
        print(f"wrote {path}", file=sys.stderr)
    return 0


def _written(
    found: SimilarTasks, notes: tuple[str, ...], folder: Path | None, page: Path | None
) -> list[Path]:
    paths = []
    if folder is not None:
        from metalearn.plots.style import save
        from metalearn.plots.task_map import draw_task_map, task_map_data

        data = task_map_data(found)
        paths += save(draw_task_map(data), folder, "similar", data.to_frame())
    if page is not None:
        from metalearn.pages.rendering import write_page
        from metalearn.pages.similar import similar_page

        write_page(similar_page(found, notes), page)
        paths.append(page)
    return paths


def _print(found: SimilarTasks) -> None:
    from rich.markup import escape
    from rich.padding import Padding

    console = new_console(markup=True, highlight=False)
    weights = "learned from performance" if found.is_learned else "equal"
    console.print(
        f"[bold]{escape(found.task.name)}[/bold] among {len(found.known)} known tasks; "
        f"weights of the meta-features: {weights}"
    )
    console.print("[dim]values in brackets: here, there[/dim]")
    for rank, near in enumerate(found.neighbours, start=1):
        console.print(
            f"{rank:>3}  [bold]{escape(near.task.name)}[/bold]  similarity {near.similarity:.2f}"
        )
        for label, items in (("similar", near.closer), ("different", near.apart)):
            if items:
                listed = ", ".join(map(str, items))
                console.print(Padding(f"[dim]{label} in[/dim] {escape(listed)}", (0, 0, 0, 5)))
