"""`metalearn evaluate --systems P,...`: presets of AutoML against each other on tables."""

from __future__ import annotations

import argparse
import json
import math
from pathlib import Path
from typing import TYPE_CHECKING

from metalearn.cli.progress import progress_bar
from metalearn.errors import UsageError

if TYPE_CHECKING:
    from metalearn.workflows.evaluate.systems.result import SystemEvaluation

__all__ = ["add_system_arguments", "run_systems"]


def add_system_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what only the comparison of systems needs."""
    add = parser.add_argument_group("comparing AutoML systems instead").add_argument
    add("--systems", metavar="P,...", help="presets (`metalearn systems`) or files mine.py, or "
        "`all`; an untuned random forest is played beside them")  # fmt: skip
    add("--tables", type=Path, metavar="TABLES", help="folder of tables, index CSV, or one table")
    add("--names", metavar="T,...", help="names of tables of the folder or index (default: all)")
    add("--time-budget", type=float, default=30.0, metavar="S",
        help="seconds of a fit (default: %(default)g)")  # fmt: skip
    add("--splits", type=int, default=1, metavar="N",
        help="splits of a table, two thirds to fit (default: %(default)s)")  # fmt: skip


def run_systems(arguments: argparse.Namespace) -> int:
    """Run the comparison of systems."""
    from metalearn.workflows.evaluate.systems.run import SystemRequest, evaluate_systems

    if arguments.tables is None:
        raise UsageError("--systems needs --tables TABLES, the tables to fit on")
    _refuse_others(arguments)
    request = SystemRequest(
        tuple(arguments.systems.split(",")),
        budget_s=arguments.time_budget,
        n_splits=arguments.splits,
        metric=arguments.metric,
        seed=arguments.seed,
        kb=arguments.kb,
        tables=None if arguments.names is None else tuple(arguments.names.split(",")),
    )
    with progress_bar("fits") as progress:
        found = evaluate_systems(arguments.tables, request, out=arguments.out, progress=progress)
    if arguments.out is not None:
        from metalearn.plots.system_evaluation import write_system_evaluation

        write_system_evaluation(found, arguments.out)
    if arguments.html is not None:
        from metalearn.pages.rendering import write_page
        from metalearn.pages.systems import systems_page

        write_page(systems_page(found), arguments.html)
    if arguments.json:
        print(json.dumps(found.to_dict()))
    else:
        _print(found)
    return 0


def _refuse_others(arguments: argparse.Namespace) -> None:
    """Raise an error if there are arguments of the other comparisons.

    Raises:
        UsageError: If there are any.
    """
    given = [f"--{name}" for name in ("recommenders", "optimizers", "jobs", "address")
             if getattr(arguments, name) is not None]  # fmt: skip
    given += ["-k"] if arguments.k is not None else []
    given += ["--engine"] if arguments.engine != "local" else []
    if given:
        raise UsageError(
            f"{', '.join(given)} has no meaning beside --systems, whose fits run here, one after "
            "the other; leave it out (--out DIR writes tables and figures, --html FILE a page)"
        )


def _print(found: SystemEvaluation) -> None:
    splits = "1 split" if found.n_splits == 1 else f"{found.n_splits} splits"
    print(f"{len(found.tables)} tables, {splits}, {found.budget_s:g} s a fit; mean rank of the "
          "test loss with its 95 % interval over tables")  # fmt: skip
    width = max(len(name) for name in found.systems)
    columns = "rank [95 %]", "scaled loss", "seconds", "trials", "failed"
    print(" " * width, f"{columns[0]:>20}", *(f"{name:>12}" for name in columns[1:]))
    for row in found.rows:
        rank = f"{row.rank_mean:.2f} [{row.rank_low:.2f}, {row.rank_high:.2f}]"
        trials = "-" if math.isnan(row.n_trials) else f"{row.n_trials:.0f}"
        seconds = "-" if math.isnan(row.fit_s) else f"{row.fit_s:.1f}"
        print(row.system.ljust(width), f"{rank:>20}", f"{row.loss_mean:>12.3f}",
              f"{seconds:>12}", f"{trials:>12}", f"{row.n_failed:>12}")  # fmt: skip
    if not math.isnan(found.critical_difference):
        print(f"critical difference of mean ranks: {found.critical_difference:.2f} (5 %, Nemenyi)")
    for reference in found.references:
        print(f"against {reference} (wins/ties/losses):", ", ".join(
            f"{c.system} {c.wins}/{c.ties}/{c.losses}" for c in found.against(reference)
        ))  # fmt: skip
    for fit in found.fits:
        if fit.get("error"):
            print(f"failed: {fit['system']} on {fit['table']}: {fit['error']}")
