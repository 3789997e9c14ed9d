"""`metalearn evaluate --kb KB`: recommenders, optimizers or AutoML systems."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from metalearn.cli.evaluate_optimizers import add_optimizer_arguments, run_optimizers
from metalearn.cli.evaluate_systems import add_system_arguments, run_systems
from metalearn.cli.options import add_engine, engine_options
from metalearn.cli.progress import progress_bar
from metalearn.cli.regret_table import print_rows
from metalearn.errors import UsageError

if TYPE_CHECKING:
    from metalearn.workflows.evaluate.result import EvaluationResult

__all__ = ["add_arguments", "run"]

_STEPS = (1, 3, 5, 10, 20)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("--kb", type=Path, help="the store (default: as for recommend)")
    parser.add_argument("--metric", help="metric (default: the one with the most evaluations)")
    parser.add_argument("--kind", choices=("classification", "regression"), help="kind of task")
    parser.add_argument("--recommenders", metavar="R,...", help="names (default: the usual ones)")
    parser.add_argument("-k", metavar="K,...", help="evaluations (default: 1,3,5,10,20; for "
                        "optimizers 3,5,10,20,30)")  # fmt: skip
    parser.add_argument("--split", choices=("10-fold", "leave-one-task-out"), default="10-fold")
    parser.add_argument("--seed", type=int, default=0, help="default: %(default)s")
    add_engine(parser, "processes side by side (default: all cores)")
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    parser.add_argument("--out", type=Path, metavar="DIR", help="write tables and plots there")
    parser.add_argument("--html", type=Path, metavar="FILE", help="also write a page")
    add_optimizer_arguments(parser)
    add_system_arguments(parser)


def run(arguments: argparse.Namespace) -> int:
    """Run the command."""
    if arguments.systems is not None:
        return run_systems(arguments)
    ks = None if arguments.k is None else _numbers(arguments.k)
    if arguments.optimizers is not None:
        return run_optimizers(arguments, ks)
    from metalearn.workflows.evaluate.recommenders import DEFAULT_RECOMMENDERS, evaluate_store

    names = arguments.recommenders
    chosen = DEFAULT_RECOMMENDERS if names is None else [n.strip() for n in names.split(",")]
    with progress_bar("folds") as progress:
        result = evaluate_store(
            arguments.kb,
            metric=arguments.metric,
            kind=arguments.kind,
            recommenders=chosen,
            ks=ks or _STEPS,
            split=arguments.split,
            seed=arguments.seed,
            engine=engine_options(arguments),
            skip_unable=names is None,
            progress=progress,
        )
    if arguments.out is not None:
        from metalearn.plots.evaluation import write_evaluation

        write_evaluation(result, arguments.out)
    if arguments.html is not None:
        from metalearn.pages.evaluate import evaluate_page
        from metalearn.pages.rendering import write_page

        write_page(evaluate_page(result), arguments.html)
    if arguments.json:
        print(json.dumps(result.to_dict()))
    else:
        _print_table(result)
    for name, reason in result.skipped.items():
        print(f"not played: {name}: {reason}", file=sys.stderr)
    return 0


def _numbers(text: str) -> list[int]:
    try:
        return [int(part) for part in text.split(",")]
    except ValueError as error:
        raise UsageError(f"-k needs whole numbers like 1,3,5, got {text!r}") from error


def _print_table(result: EvaluationResult) -> None:
    protocol = result.protocol
    print(
        f"{protocol.metric}: {protocol.n_tasks} tasks x {protocol.n_configurations} "
        f"configurations, {protocol.split} over tasks; mean normalized regret after k evaluations"
    )
    print_rows(result)
