"""`metalearn fit TABLE --target COL`: AutoML within a time budget, and its model as a file."""

from __future__ import annotations

import argparse
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
    from metalearn.workflows.fit.ask import TableFit

__all__ = ["add_arguments", "run"]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    add = parser.add_argument
    add_table(parser)
    add("--time-budget", type=float, default=60.0, metavar="S",
        help="seconds on the clock for everything (default: %(default)g)")  # fmt: skip
    add("--output", type=Path, metavar="MODEL", help="write the fitted model to this file")
    add(
        "--preset",
        metavar="P",
        default="default",
        help="strategy, see `metalearn systems`, or a file mine.py (default: %(default)s)",
    )
    add("--metric", metavar="M",
        help="default: log_loss, or rmse; also names of scikit-learn's scorers")  # fmt: skip
    add("--memory-limit", type=float, metavar="MB", help="megabytes of all processes together")
    add_kind(parser)
    add("--algorithm", metavar="A,...", action=Names, help="only these algorithms")
    add_ignore(parser)
    add_exclude(parser)
    add_store(parser)
    add("--remember", action=argparse.BooleanOptionalAction, default=True,
        help="store finished evaluations, nothing of the table (default: in KB, or in your own "
        "store)")  # fmt: skip
    add_engine(parser, "worker processes; -1: one a processor (default: 1, or all of a cluster)")
    add("--seed", type=int, default=0, help="default: %(default)s")
    add("--html", type=Path, metavar="FILE", help="also write a page about the fit")
    add("--script", type=Path, metavar="FILE",
        help="also write a script that fits the best pipeline without metalearn")  # fmt: skip
    add("--json", action="store_true", help="print one JSON document")


def run(arguments: argparse.Namespace) -> int:
    """Run the command; 130 if it was interrupted, with what was found until then."""
    from metalearn.automl.model_file import save_model

    found = _fitted(arguments, time.monotonic())
    if arguments.output is not None:
        save_model(found.model, arguments.output, about=found.about())
    if arguments.script is not None:
        from metalearn.workflows.fit.script import script_of

        text = script_of(found, arguments.table)
        arguments.script.write_text(text, encoding="utf-8")
    if arguments.html is not None:
        from metalearn.pages.fit import fit_page
        from metalearn.pages.rendering import write_page
        from metalearn.workflows.fit.report import report_of

        write_page(fit_page(report_of(found)), arguments.html)
    if arguments.json:
        import json

        model = None if arguments.output is None else str(arguments.output)
        print(json.dumps({**found.to_dict(), "model": model}, indent=1))
    else:
        from metalearn.cli.leaderboard import print_model

        print_model(found.to_dict(), n_rows=10)
        if arguments.output is not None:
            print(f"model written to {arguments.output}")
    for note in found.notes:
        print(f"note: {note}", file=sys.stderr)
    return 130 if found.model.was_interrupted_ else 0


def _fitted(arguments: argparse.Namespace, started: float) -> TableFit:
    from metalearn.cli.progress import progress_fit
    from metalearn.workflows.fit.ask import FitOptions, fit_table
    from metalearn.workflows.tables.named import open_table

    where = engine_options(arguments, here=1)
    options = FitOptions(
        time_budget_s=arguments.time_budget,
        preset=arguments.preset,
        metric=arguments.metric,
        memory_limit_mb=arguments.memory_limit,
        algorithms=tuple(arguments.algorithm) or None,
        exclude=tuple(arguments.exclude),
        kb=arguments.kb,
        remember=arguments.remember,
        jobs=-1 if where.jobs is None else where.jobs,
        seed=arguments.seed,
        saves=arguments.output is not None,
        engine=where.name,
        address=where.address,
    )
    with progress_fit(arguments.time_budget, started) as progress:
        table = open_table(
            arguments.table, arguments.target, kind=arguments.kind, ignore=arguments.ignore
        )
        return fit_table(table, options, progress=progress, started=started)
