"""`metalearn harvest openml`: bring a store up to date with OpenML."""

from __future__ import annotations

import argparse
import dataclasses
import json
from pathlib import Path
from typing import Any

from metalearn.cli.options import Names, whole_numbers
from metalearn.errors import UsageError

__all__ = ["add_arguments", "run"]

DONE, PARTIAL = 0, 3


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    ids: dict[str, Any] = {
        "convert": whole_numbers,
        "action": Names,
        "metavar": "ID,...",
    }  # Any: keywords of argparse
    add = parser.add_argument
    add("provider", choices=["openml"], help="where to harvest")
    add("--kb", type=Path, help="the store to fill (default: your own)")
    add("--server", help="base of the API (default: the openml configuration's)")
    add("--suite", type=int, help="tasks of this benchmark suite (OpenML-CC18 is 99)")
    add("--flow", **ids, help="only runs of these flows")
    add("--task", **ids, help="these tasks, besides the suite's")
    add("--measure", action=Names, metavar="M,...",
        help="OpenML's evaluation measures (default: predictive_accuracy)")  # fmt: skip
    add("--folds", nargs="?", type=int, const=-1, default=0, metavar="N",
        help="also the values and seconds of single folds, one request a run, of at most N runs "
        "that have none yet (default: of all)")  # fmt: skip
    add("--rate", type=float, default=1.0, help="requests a second, 0 = no limit (default: 1)")
    add("--reconcile", action="store_true",
        help="list everything again: finds corrected and deleted rows")  # fmt: skip
    add("--rebuild-from", type=Path, metavar="OLD",
        help="no request: build the store from the raw pages in another one")  # fmt: skip
    add("--json", action="store_true", help="print the report as JSON")


def run(arguments: argparse.Namespace) -> int:
    """Harvest, print the report, and return 0 (complete) or 3 (partial)."""
    from metalearn.cli.progress import progress_phases
    from metalearn.store import user_store
    from metalearn.workflows.harvest.repair import rebuild_harvest
    from metalearn.workflows.harvest.run import DEFAULT_MEASURES, Scope, harvest_openml

    numbers = [*arguments.flow, *arguments.task, *([arguments.suite] if arguments.suite else [])]
    if any(number < 1 for number in numbers):
        raise UsageError("ids of suites, flows and tasks are positive numbers")
    if arguments.folds < -1:
        raise UsageError(f"--folds N needs a number of runs, got {arguments.folds}")
    scope = Scope(
        arguments.suite,
        tuple(dict.fromkeys(arguments.flow)),
        tuple(dict.fromkeys(arguments.task)),
        tuple(dict.fromkeys(arguments.measure)) or DEFAULT_MEASURES,
        None if arguments.folds == -1 else arguments.folds,
    )
    kb = arguments.kb or user_store()
    if arguments.rebuild_from:
        old = arguments.rebuild_from
        n = rebuild_harvest(old, kb)
        text = f"{kb}: {n:,} evaluations from the raw pages of {old}"
        print(json.dumps({"kb": str(kb), "evaluations": n}) if arguments.json else text)
        return DONE
    with progress_phases() as progress:
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
