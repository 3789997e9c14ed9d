"""`metalearn import`: a published meta-data set into a store."""

from __future__ import annotations

import argparse
import json
import os
import shlex
from pathlib import Path
from typing import TYPE_CHECKING

from metalearn.cli.options import Names
from metalearn.cli.terminal import new_console
from metalearn.harvesters import FORMATS, Options

if TYPE_CHECKING:
    from metalearn.workflows.import_published import ImportReport

__all__ = ["add_arguments", "run"]

_TABLES = ("tasks", "configurations", "evaluations", "meta_features")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    default = Options()
    parser.add_argument("format", metavar="FORMAT", help=f"one of {', '.join(FORMATS.names())}")
    parser.add_argument("path", metavar="PATH", type=Path, help="the downloaded file or folder")
    parser.add_argument("--kb", type=Path, help="store to load into (default: $METALEARN_KB, else "
                        "the user's own)")  # fmt: skip
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    parser.add_argument("--meta-features", type=Path, metavar="PATH",
                        help="table of meta-features to join to the tasks by id")  # fmt: skip
    parser.add_argument("--configurations", type=int, metavar="N",
                        default=default.n_configurations,
                        help="yahpo: configurations to draw (default %(default)s)")  # fmt: skip
    parser.add_argument("--seed", type=int, default=default.seed,
                        help="yahpo: seed of the draw (default %(default)s)")  # fmt: skip
    parser.add_argument("--hyperparameter", action=Names, metavar="NAME,...",
                        help="a column that is a hyperparameter: in long-csv besides those "
                        "called hp_NAME, in arff-runs where no comment lists "
                        "them")  # fmt: skip
    parser.add_argument("--score", default="", metavar="NAME",
                        help="column of scores, where its direction is not known by its "
                        "name")  # fmt: skip
    parser.add_argument("--direction", choices=("maximize", "minimize"), default="",
                        help="whether more of --score is better")  # fmt: skip
    parser.add_argument("--task-column", default="", metavar="NAME",
                        help="column that names the task (default: task, task_id, dataset, "
                        "...)")  # fmt: skip


def run(arguments: argparse.Namespace) -> int:
    """Import and print the report."""
    from metalearn.store import user_store
    from metalearn.workflows.import_published import import_published

    kb = arguments.kb or Path(os.environ.get("METALEARN_KB") or user_store())
    options = Options(
        arguments.meta_features,
        arguments.configurations,
        arguments.seed,
        tuple(arguments.hyperparameter),
        arguments.score,
        arguments.direction,
        arguments.task_column,
        _command(arguments),
    )
    report = import_published(arguments.format, arguments.path, kb, options)
    if arguments.json:
        print(json.dumps(report.to_json(), indent=2, ensure_ascii=False))
    else:
        _print(report)
    return 0


def _command(arguments: argparse.Namespace) -> str:
    """Return what was typed, without the names of columns, which errors add."""
    words = ["metalearn", "import", arguments.format, str(arguments.path)]
    for option in ("kb", "meta_features"):
        if (value := getattr(arguments, option)) is not None:
            words += [f"--{option.replace('_', '-')}", str(value)]
    return shlex.join(words)


def _print(report: ImportReport) -> None:
    from rich.table import Table

    table = Table("", "new", "changed", "unchanged", title=f"{report.source} -> {report.kb}")
    for name in _TABLES:
        table.add_row(name.replace("_", "-"), *(f"{n:,}" for n in report.counts(name).values()))
    console = new_console()
    console.print(table)
    for reason, n in report.load.rejected.items():
        console.print(f"rejected {n:,}: {reason}")
    for note in report.notes:
        console.print(f"note: {note}")
    console.print(f"{report.seconds:.1f} s")
