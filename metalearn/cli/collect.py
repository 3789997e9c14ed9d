"""`metalearn collect TABLES --kb KB`: evaluate configurations on your data into the store."""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import asdict
from pathlib import Path

from metalearn.cli.options import Names, add_engine, engine_options
from metalearn.cli.progress import progress_bar
from metalearn.errors import UsageError

__all__ = ["add_arguments", "run"]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("tables", type=Path, help="a table, a folder of tables, or an index CSV")
    parser.add_argument("--kb", type=Path, required=True, help="your store (made if absent)")
    parser.add_argument("--target", help="target column (default: the last one)")
    parser.add_argument("--configurations", type=int, default=64, metavar="N",
                        help="prefix of the common list (default: %(default)s)")  # fmt: skip
    parser.add_argument("--algorithm", action=Names,
                        metavar="A,...", help="only these, N configurations of each")  # fmt: skip
    parser.add_argument("--time-limit", type=float, default=20.0, metavar="S",
                        help="processor seconds an evaluation (default: %(default)s)")  # fmt: skip
    parser.add_argument("--memory-limit", type=float, metavar="MB",
                        help="megabytes of the process of an evaluation")  # fmt: skip
    parser.add_argument("--max-rows", type=int, default=2000, metavar="N",
                        help="rows used of larger tables (default: %(default)s)")  # fmt: skip
    add_engine(parser, "evaluations side by side (default: 1, or all cores of a cluster)")
    parser.add_argument("--json", action="store_true", help="print one JSON document")


def run(arguments: argparse.Namespace) -> int:
    """Run the command."""
    from metalearn.learners.evaluation import Procedure
    from metalearn.workflows.collect import CollectOptions, collect
    from metalearn.workflows.tables.index import table_entries

    limits = (arguments.configurations, arguments.time_limit, arguments.memory_limit)
    if any(limit is not None and limit <= 0 for limit in limits) or arguments.max_rows < 50:
        raise UsageError(
            "--configurations, --time-limit and --memory-limit must be positive, --max-rows >= 50"
        )
    where = engine_options(arguments, here=1)
    options = CollectOptions(
        arguments.configurations,
        arguments.time_limit,
        where.jobs,
        where.name,
        Procedure(max_rows=arguments.max_rows),
        tuple(arguments.algorithm),
        where.address,
        arguments.memory_limit,
    )
    entries = table_entries(arguments.tables, arguments.target)
    with progress_bar("evaluations") as progress:
        report = collect(entries, arguments.kb, options, progress)
    if arguments.json:
        print(json.dumps(asdict(report)))
    else:
        statuses = ", ".join(f"{n} {status}" for status, n in sorted(report.by_status.items()))
        tasks = "1 task" if report.n_tasks == 1 else f"{report.n_tasks} tasks"
        print(
            f"{report.n_evaluations} new evaluations on {tasks} in "
            f"{report.seconds:.0f} s ({statuses or 'nothing to do'}); {report.n_known} were there"
        )
    for name, reason in report.unreadable.items():
        print(f"not used: {name}: {reason}", file=sys.stderr)
    return 0
