"""`metalearn optimize TABLE --target COL`: search a space, starting from stored runs."""

from __future__ import annotations

import argparse
import os
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from metalearn.cli.options import (
    Names,
    add_engine,
    add_exclude,
    add_ignore,
    add_kind,
    add_store,
    add_table,
    engine_options,
)

if TYPE_CHECKING:
    from metalearn.workflows.optimize.result import Optimization

__all__ = ["add_arguments", "run"]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    add = parser.add_argument
    add_table(parser)
    add("--space", metavar="A,...", help="algorithm to search; several, or `all`, are searched "
        "together; `pipelines`: learners behind transformers (default: the algorithm recommended "
        "first)")  # fmt: skip
    add("--optimizer", metavar="O", help="default: bayesian; aging for pipelines, parego for "
        "several objectives")  # fmt: skip
    add("--trials", type=int, metavar="N", help="evaluations (default: 50 without --time-budget)")
    add("--time-budget", type=float, metavar="S", help="seconds on the clock for everything")
    add("--warm-start", type=int, default=10, metavar="K",
        help="begin with K configurations that did well on similar tasks; 0 starts cold, without "
        "runs of other tasks (default: %(default)s)")  # fmt: skip
    add("--against-cold", action="store_true",
        help="search a second time, cold, and show both")  # fmt: skip
    add_kind(parser)
    add("--metric", metavar="M", help="default: balanced_accuracy, or r2")
    add("--objectives", metavar="M,COST,...", action=Names, help="search for the Pareto front of "
        "a metric and costs: fit_seconds, predict_seconds (1,000 rows), size_bytes, n_columns, or "
        "further metrics")  # fmt: skip
    add_ignore(parser)
    add_exclude(parser)
    add_store(parser)
    add("--remember", action=argparse.BooleanOptionalAction, default=True,
        help="store the trials (default: in KB, or in your own store)")  # fmt: skip
    add_engine(parser, "evaluations side by side (default: 1, or all cores of a cluster)")
    add("--time-limit", type=float, default=20.0, metavar="S",
        help="processor seconds an evaluation (default: %(default)s)")  # fmt: skip
    add("--seed", type=int, default=0, help="default: %(default)s")
    add("--json", action="store_true", help="print one JSON document")
    add("--out", type=Path, metavar="DIR", help="write the incumbent's curve, the front of "
        "several objectives, and all trials there")  # fmt: skip
    add("--html", type=Path, metavar="FILE", help="also write a page")


def run(arguments: argparse.Namespace) -> int:
    """Run the command; 130 if it was interrupted, with what was found until then."""
    started = time.monotonic()
    found = _searched(arguments, started)
    cold = None
    if arguments.against_cold and found.stopped != "interrupted":
        cold = _searched(arguments, time.monotonic(), cold_in=found.algorithm)
    found.require_best()
    searches = {"warm": found} if cold is None else {"warm": found, "cold": cold}
    if arguments.out is not None:
        from metalearn.plots.optimization import write_optimization

        write_optimization(searches, arguments.out)
        if found.objectives:
            from metalearn.plots.front import write_fronts

            write_fronts(searches, arguments.out)
    if arguments.html is not None:
        from metalearn.pages.optimize import optimize_page
        from metalearn.pages.rendering import write_page

        write_page(optimize_page(searches), arguments.html)
    if arguments.json:
        print(found.to_json())
    else:
        from metalearn.cli.optimize_text import print_optimization

        print_optimization(found, cold)
    for note in found.notes:
        print(f"note: {note}", file=sys.stderr)
    return 130 if found.stopped == "interrupted" else 0


def _searched(
    arguments: argparse.Namespace, started: float, cold_in: str | None = None
) -> Optimization:
    from metalearn.cli.progress import progress_search
    from metalearn.store import open_store
    from metalearn.workflows.optimize.ask import OptimizeOptions, optimize_table
    from metalearn.workflows.tables.named import open_table

    where = engine_options(arguments, here=1)
    options = OptimizeOptions(
        space=cold_in or arguments.space,
        optimizer=arguments.optimizer,
        trials=arguments.trials,
        time_budget_s=arguments.time_budget,
        warm_start=0 if cold_in else arguments.warm_start,
        metric=arguments.metric,
        exclude=tuple(arguments.exclude),
        jobs=where.jobs,
        engine=where.name,
        address=where.address,
        seed=arguments.seed,
        time_limit_s=arguments.time_limit,
        remember=arguments.remember,
        objectives=tuple(arguments.objectives),
    )
    table = open_table(
        arguments.table, arguments.target, kind=arguments.kind, ignore=arguments.ignore
    )
    is_named = arguments.kb is not None or bool(os.environ.get("METALEARN_KB"))
    what = "cold" if cold_in else "trials"
    with open_store(arguments.kb) as store, progress_search(what, options, started) as progress:
        return optimize_table(
            table, store, options, is_named=is_named, progress=progress, started=started
        )
