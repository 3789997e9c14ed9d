"""`metalearn recommend TABLE --target COL`: the configurations to try, best first."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from metalearn.cli.terminal import new_console
from metalearn.errors import InputError, UsageError

if TYPE_CHECKING:
    from metalearn.core.configuration import Configuration
    from metalearn.workflows.recommend.result import Recommendations

__all__ = ["add_arguments", "run", "short_value"]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    add = parser.add_argument
    add("table", metavar="TABLE", help="CSV, Parquet or ARFF file (also .gz), or openml:ID")
    add("--target", metavar="COL", help="target column (openml:ID knows its own)")
    add("-k", type=int, default=10, help="length of the list (default: %(default)s)")
    add("--kind", choices=("classification", "regression"), help="default: told by the target")
    add("--metric", metavar="M", help="default: balanced_accuracy, or r2")
    add("--time-budget", type=float, metavar="S", help="seconds for trying the whole list once")
    add("--recommender", metavar="R", help="method (default: the one that won our comparison)")
    add("--algorithm", metavar="A", nargs="+", action="extend", help="only these algorithms")
    add(
        "--ignore", metavar="COL", nargs="+", action="extend", default=[], help="leave out columns"
    )
    add("--exclude", metavar="TASK", nargs="+", action="extend", default=[],
        help="leave out known tasks, for instance the table's own")  # fmt: skip
    add("--observed", type=Path, metavar="FILE",
        help="JSON list of {algorithm, hyperparameters, score} already measured")  # fmt: skip
    add("--kb", metavar="KB", help="store (default: $METALEARN_KB, yours, or the bundled one)")
    add("--json", action="store_true", help="print one JSON document")
    add("--html", type=Path, metavar="FILE", help="also write a page")


def run(arguments: argparse.Namespace) -> int:
    """Run the command."""
    from metalearn.store import open_store
    from metalearn.workflows.recommend.ask import Request, recommend_for
    from metalearn.workflows.tables.named import open_table

    request = Request(
        k=arguments.k,
        metric=arguments.metric,
        recommender=arguments.recommender,
        algorithms=tuple(arguments.algorithm) if arguments.algorithm else None,
        time_budget_s=arguments.time_budget,
        observed=_observed(arguments.observed) if arguments.observed else None,
        exclude=tuple(arguments.exclude),
    )
    table = open_table(
        arguments.table, arguments.target, kind=arguments.kind, ignore=arguments.ignore
    )
    with open_store(arguments.kb) as store:
        found = recommend_for(table, store, request)
    if arguments.html:
        from metalearn.cli.recommend_page import page

        arguments.html.write_text(page(found), encoding="utf-8")
    if arguments.json:
        print(found.to_json())
    else:
        _print(found)
    for note in (*_dropped(table.n_dropped), *table.guesses, *found.notes):
        print(f"note: {note}", file=sys.stderr)
    return 0


def _observed(path: Path) -> dict[Configuration, float]:
    from metalearn.core.configuration import Configuration

    form = '[{"algorithm": "svc", "hyperparameters": {"C": 1.0}, "score": 0.9}, ...]'
    try:
        rows: list[dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))
        return {
            Configuration(row["algorithm"], row["hyperparameters"]): float(row["score"])
            for row in rows
        }
    except OSError as error:
        raise InputError(f"cannot read {str(path)!r}: {error.strerror}") from error
    except (ValueError, KeyError, TypeError) as error:
        if isinstance(error, InputError):
            raise
        raise UsageError(f"{str(path)!r}: expected {form}, got {error!r}") from error


def _dropped(n: int) -> list[str]:
    return [f"{n} rows without a target were left out"] if n else []


def _print(found: Recommendations) -> None:
    from rich.table import Table

    task = found.task
    classes = f", {task.n_classes} classes" if task.n_classes else ""
    size = f"{task.n_rows:,} rows, {task.n_features:,} columns{classes}"
    table = Table(box=None, pad_edge=False, header_style="bold")
    numbers = ("", found.metric.name, "seconds")
    for name in ("", "algorithm", found.metric.name, "80 % interval", "seconds",
                 "hyperparameters", "because of"):  # fmt: skip
        table.add_column(name, justify="right" if name in numbers else "left", overflow="fold")
    for item in found:
        values = item.configuration.hyperparameters.items()
        table.add_row(
            str(item.rank),
            item.configuration.algorithm,
            f"{item.expected_score:.3f}",
            f"{item.score_low:.3f} to {item.score_high:.3f}",
            f"{item.expected_seconds:.2g}",
            " ".join(f"{name}={short_value(value)}" for name, value in values),
            ", ".join(f"{e.task} ({e.score:.2f})" for e in item.evidence),
        )
    is_terminal = sys.stdout.isatty()
    console = new_console(width=None if is_terminal else 160, highlight=False)
    console.print(f"{task.name}: {task.kind}, {size}; {found.recommender} on snapshot "
                  f"{found.snapshot[:12]}\n")  # fmt: skip
    console.print(table)


def short_value(value: object) -> str:
    """Return a hyperparameter value at three digits."""
    return f"{value:.3g}" if isinstance(value, float) else str(value)
