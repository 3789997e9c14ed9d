"""`metalearn evaluate --optimizers O,...`: searches against each other, cold and warm."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING

from metalearn.cli.options import engine_options
from metalearn.cli.progress import progress_bar
from metalearn.cli.regret_table import print_rows
from metalearn.errors import UsageError

if TYPE_CHECKING:
    from metalearn.workflows.evaluate.benchmarks import Benchmark
    from metalearn.workflows.evaluate.optimizers import OptimizerEvaluation

__all__ = ["add_optimizer_arguments", "run_optimizers"]


def add_optimizer_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what only the comparison of optimizers needs."""
    add = parser.add_argument_group("comparing optimizers instead").add_argument
    add("--optimizers", metavar="O,...",
        help="names; each plays warm and cold, NAME:warm or NAME:cold one of them")  # fmt: skip
    add("--space", metavar="A,...", help="algorithm whose evaluated configurations are the table; "
        "several, or `all`, are one table")  # fmt: skip
    add("--benchmark", metavar="yahpo:DIR",
        help="in place of a table, a surrogate benchmark: folder of a YAHPO scenario")  # fmt: skip
    add("--warm-start", type=int, default=10, metavar="K",
        help="initial design of the warm ones (default: %(default)s)")  # fmt: skip
    add("--repeats", type=int, default=1, metavar="N",
        help="searches per task, averaged (default: %(default)s)")  # fmt: skip
    add("--tasks", type=int, metavar="N", help="the first N tasks of the benchmark alone")


def run_optimizers(arguments: argparse.Namespace, ks: list[int] | None) -> int:
    """Run the comparison of optimizers."""
    from metalearn.workflows.evaluate.optimizers import (
        DEFAULT_STEPS,
        contestants,
        evaluate_optimizers,
    )

    players = contestants(name.strip() for name in arguments.optimizers.split(","))
    benchmark = _benchmark(arguments)
    with progress_bar("tasks") as progress:
        found = evaluate_optimizers(
            benchmark,
            players,
            ks or DEFAULT_STEPS,
            arguments.split,
            arguments.seed,
            engine=engine_options(arguments),
            warm_start=arguments.warm_start,
            repeats=arguments.repeats,
            progress=progress,
        )
    if arguments.out is not None:
        from metalearn.plots.optimizer_evaluation import write_optimizer_evaluation

        write_optimizer_evaluation(found, arguments.out)
    if arguments.html is not None:
        from metalearn.pages.evaluate import evaluate_page
        from metalearn.pages.rendering import write_page

        write_page(evaluate_page(found.result, "Optimizers"), arguments.html)
    if arguments.json:
        print(json.dumps(found.to_dict()))
    else:
        _print(found)
    return 0


def _benchmark(arguments: argparse.Namespace) -> Benchmark:
    from metalearn.workflows.evaluate.benchmarks import SurrogateBenchmark, table_benchmark

    if arguments.benchmark is not None:
        form, _, folder = arguments.benchmark.partition(":")
        if form != "yahpo" or not folder:
            raise UsageError(
                f"--benchmark: expected yahpo:DIR, the folder of a scenario, got "
                f"{arguments.benchmark!r}"
            )
        return SurrogateBenchmark(
            Path(folder), arguments.metric or "", n_tasks=arguments.tasks,
            seed=arguments.seed,
        )  # fmt: skip
    if arguments.space is None:
        raise UsageError(
            "--optimizers needs --space A, the algorithm whose evaluated configurations are the "
            "table to search, or --benchmark yahpo:DIR"
        )
    return table_benchmark(
        arguments.kb, arguments.space, arguments.kind, arguments.metric, arguments.tasks
    )


def _print(found: OptimizerEvaluation) -> None:

    result = found.result
    print(
        f"{found.benchmark}, {result.protocol.metric}: {result.protocol.n_tasks} tasks, "
        f"{result.protocol.split} over tasks; mean normalized regret after k evaluations"
    )
    print_rows(result)
    for label, seconds in result.seconds.items():
        start = f", warm start {seconds.fit:.2f} s" if seconds.fit else ""
        print(f"{label}: {1000 * seconds.next:.1f} ms of processor time a suggestion{start}")
