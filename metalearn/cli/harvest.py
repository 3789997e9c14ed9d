"""`metalearn harvest openml`: bring a store up to date with OpenML."""

from __future__ import annotations

import argparse
import dataclasses
import json
from pathlib import Path

from metalearn.errors import UsageError

__all__ = ["add_arguments", "run"]

DONE, PARTIAL = 0, 3


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("provider", choices=["openml"], help="where to harvest")
    parser.add_argument("--kb", type=Path, help="the store to fill (default: your own)")
    parser.add_argument("--server", help="base of the API (default: the openml configuration's)")
    parser.add_argument("--suite", type=int, help="tasks of this benchmark suite (CC18 is 99)")
    parser.add_argument("--flow", type=int, nargs="+", action="extend", default=[], metavar="ID",
                        help="only runs of these flows")  # fmt: skip
    parser.add_argument("--task", type=int, nargs="+", action="extend", default=[], metavar="ID",
                        help="these tasks, besides the suite's")  # fmt: skip
    parser.add_argument("--measure", nargs="+", action="extend", default=[], metavar="M",
                        help="OpenML's evaluation measures (default: predictive_accuracy)")  # fmt: skip
    parser.add_argument("--rate", type=float, default=1.0,
                        help="requests per second, 0 = no limit (default: 1)")  # fmt: skip
    parser.add_argument("--reconcile", action="store_true",
                        help="list everything again: finds corrected and deleted rows")  # fmt: skip
    parser.add_argument("--json", action="store_true", help="print the report as JSON")


def run(arguments: argparse.Namespace) -> int:
    """Harvest, print the report, and return 0 (complete) or 3 (partial)."""
    from metalearn.cli.progress import progress_line
    from metalearn.store import user_store
    from metalearn.workflows.harvest import DEFAULT_MEASURES, Scope, harvest_openml

    numbers = [*arguments.flow, *arguments.task, *([arguments.suite] if arguments.suite else [])]
    if any(number < 1 for number in numbers):
        raise UsageError("ids of suites, flows and tasks are positive numbers")
    scope = Scope(
        arguments.suite,
        tuple(dict.fromkeys(arguments.flow)),
        tuple(dict.fromkeys(arguments.task)),
        tuple(dict.fromkeys(arguments.measure)) or DEFAULT_MEASURES,
    )
    kb = arguments.kb or user_store()
    with progress_line() as progress:
        report = harvest_openml(
            kb, scope, server=arguments.server, rate=arguments.rate,
            reconcile=arguments.reconcile, progress=progress,
        )  # fmt: skip
    document = {"kb": str(kb), **dataclasses.asdict(report), "complete": report.is_complete}
    if arguments.json:
        print(json.dumps(document, indent=1, sort_keys=True))
    else:
        print(report)
    return DONE if report.is_complete else PARTIAL
