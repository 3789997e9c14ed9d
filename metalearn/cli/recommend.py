"""`metalearn recommend TABLE --target COL`: the configurations to try, best first."""

from __future__ import annotations

import argparse
import math
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from metalearn.cli.options import Names, add_exclude, add_ignore, add_kind, add_store, add_table
from metalearn.cli.terminal import new_console
from metalearn.core.short_text import hyperparameters_text
from metalearn.core.small_files import small_text

if TYPE_CHECKING:
    from metalearn.learners.tables import Table
    from metalearn.workflows.recommend.ask import RecommendRequest
    from metalearn.workflows.recommend.result import Recommendations

__all__ = ["add_arguments", "run"]

_N_TRIED = 3


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    add = parser.add_argument
    add_table(parser)
    add("-k", type=int, default=10, help="length of the list (default: %(default)s)")
    add_kind(parser)
    add("--metric", metavar="M", help="default: balanced_accuracy, or r2")
    add("--objectives", metavar="M,COST,...", action=Names,
        help="list the Pareto front of a metric and fit_seconds, predict_seconds (1,000 rows) or "
        "both")  # fmt: skip
    add("--time-budget", type=float, metavar="S", help="seconds for trying the whole list once")
    add("--recommender", metavar="R", help="method (default: the one named default)")
    add("--algorithm", metavar="A,...", action=Names, help="only these algorithms")
    add_ignore(parser)
    add_exclude(parser)
    add("--observed", type=Path, metavar="FILE",
        help="scores already measured: JSON list of {algorithm, hyperparameters, score}; or what "
        "this command printed, as text or JSON, with a score added to what was tried")  # fmt: skip
    add_store(parser)
    add("--json", action="store_true", help="print one JSON document")
    add("--html", type=Path, metavar="FILE", help="also write a page")


def run(arguments: argparse.Namespace) -> int:
    """Run the command."""
    from metalearn.workflows.recommend.ask import RecommendRequest
    from metalearn.workflows.tables.named import open_table

    request = RecommendRequest(
        k=arguments.k,
        metric=arguments.metric,
        recommender=arguments.recommender,
        algorithms=arguments.algorithm or None,
        time_budget_s=arguments.time_budget,
        observed=_observed(arguments.observed) if arguments.observed else None,
        exclude=arguments.exclude,
        objectives=tuple(arguments.objectives),
    )
    table = open_table(
        arguments.table, arguments.target, kind=arguments.kind, ignore=arguments.ignore
    )
    found = _found(table, request, arguments)
    if arguments.json:
        print(found.to_json())
    else:
        _print(found)
    for note in found.notes:
        print(f"note: {note}", file=sys.stderr)
    return 0


def _found(
    table: Table, request: RecommendRequest, arguments: argparse.Namespace
) -> Recommendations:
    """Return the list; with a page, the table is also placed among the known tasks."""
    from metalearn.store import open_store

    with open_store(arguments.kb) as store:
        if not arguments.html:
            from metalearn.workflows.recommend.ask import recommend_for

            return recommend_for(table, store, request)
        from metalearn.workflows.placed import recommend_placed

        found, near = recommend_placed(table, store, request)
    from metalearn.pages.recommend import recommend_page
    from metalearn.pages.rendering import write_page

    write_page(recommend_page(found, near), arguments.html)
    return found


def _observed(path: Path) -> list[dict[str, Any]]:
    from metalearn.workflows.recommend.observed import read_observed

    return read_observed(small_text(path, "observations"), str(path))


def _print(found: Recommendations) -> None:
    from rich.table import Table as Listing

    task = found.task
    classes = f", {task.n_classes} classes" if task.n_classes else ""
    size = f"{task.n_rows:,} rows, {task.n_features:,} columns{classes}"
    table = Listing(box=None, pad_edge=False, header_style="bold")
    costs = [objective.name for objective in found.objectives[1:]]
    numbers = ("", found.metric.name, "seconds", *costs)
    for name in ("", "algorithm", found.metric.name, "80 % interval", *(costs or ["seconds"]),
                 "hyperparameters", "because of"):  # fmt: skip
        table.add_column(name, justify="right" if name in numbers else "left", overflow="fold")
    for item in found:
        table.add_row(
            str(item.rank),
            item.configuration.algorithm,
            f"{item.expected_score:.3f}",
            f"{item.score_low:.3f} to {item.score_high:.3f}",
            *(f"{v:.2g}" for v in ([item.values[c] for c in costs] or [item.expected_seconds])),
            hyperparameters_text(item.configuration.hyperparameters),
            ", ".join(map(str, item.evidence)),
        )
    is_terminal = sys.stdout.isatty()
    console = new_console(width=None if is_terminal else 500, highlight=False)  # a line each
    console.print(f"{task.name}: {task.kind}, {size}; {found.recommender} on snapshot "
                  f"{found.snapshot[:12]}", markup=False)  # fmt: skip
    console.print(f"{_dummy(found)}\n", markup=False)
    console.print(table)
    if found.tried:
        console.print("\ntried on this table before:", markup=False)
    for tried in found.tried[:_N_TRIED]:
        listed = hyperparameters_text(tried.configuration.hyperparameters)
        console.print(f"  {tried.configuration.algorithm}  {tried.score:.3f}  {listed}",
                      markup=False, soft_wrap=True)  # fmt: skip


def _dummy(found: Recommendations) -> str:
    """Return what a constant prediction scores, in words."""
    if math.isnan(found.dummy_score):
        return f"a dummy's {found.metric.name} is not known"
    return f"a dummy (constant prediction) scores {found.dummy_score:.3g} {found.metric.name}"
