"""`metalearn priors SPACE`: where good values lie, as densities learned from prior tasks."""

from __future__ import annotations

import argparse
import json
from typing import TYPE_CHECKING, Any

from metalearn.cli.analysis import (
    add_common,
    analysed_runs,
    print_frame,
    print_json,
    print_notes,
    split_names,
)
from metalearn.pages.notes import of_tasks, remarks_by_kind, task_notes_by_kind
from metalearn.pages.tunability import pasteable

if TYPE_CHECKING:
    import pandas as pd

    from metalearn.histories.runs import Runs
    from metalearn.priors import KDEPrior

__all__ = ["add_arguments", "run"]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    add_common(parser)
    add = parser.add_argument
    add("--top", type=int, metavar="N",
        help="best runs taken per task (default: a tenth of its runs, but 3 to 10 and at most a "
             "quarter; the paper takes 10 of at least 40)")  # fmt: skip
    add("--exclude", metavar="TASK", action="append", default=[],
        help="leave out a task: the one to be solved, a near-duplicate; repeat it, or put commas "
             "between")  # fmt: skip
    add("--independent", action="store_true", help="draw hyperparameters independently")
    add("--sample", type=int, default=0, metavar="N", help="also draw N configurations")


def run(arguments: argparse.Namespace) -> int:
    """Run the command."""
    import numpy as np

    from metalearn.priors import kde
    from metalearn.store import open_store

    with open_store(arguments.kb) as store:
        runs = analysed_runs(arguments, store)
        tasks = store.tasks()
        snapshot = store.snapshot
    prior = kde(runs, n_top=arguments.top, exclude=_keys(arguments.exclude, tasks, runs),
                joint=not arguments.independent, seed=arguments.seed)  # fmt: skip
    drawn = prior.sample(arguments.sample, np.random.default_rng(arguments.seed))
    paths = []
    if arguments.out:
        from metalearn.plots.densities import draw_priors

        paths = draw_priors(prior, arguments.out)
    samples = [dict(configuration.hyperparameters) for configuration in drawn]
    notes = [*runs.notes, *prior.pool.notes]
    if prior.is_uniform:
        notes.append("no task has enough runs: the prior is uniform")
    if arguments.html:
        from metalearn.pages.priors import priors_page
        from metalearn.pages.rendering import write_page

        write_page(priors_page(prior, runs.metric.name, snapshot, notes), arguments.html)
        paths.append(arguments.html)
    if arguments.json:
        print_json(_document(prior, samples, notes, snapshot, runs.metric.name))
        return 0
    _print(prior)
    for sample in samples:
        print(pasteable(sample))
    by_task, others = of_tasks(notes, runs.tasks)
    print_notes([*remarks_by_kind(others), *task_notes_by_kind(by_task)], paths)
    return 0


def _keys(words: list[str], tasks: pd.DataFrame, runs: Runs) -> list[str]:
    """Return the keys of tasks with runs, of those that are named by name or key."""
    names = split_names(words, [*tasks["name"], *tasks["task"]], "task")
    wanted = tasks["name"].isin(names) | tasks["task"].isin(names)
    with_runs = {history.task for history in runs.histories}
    return [key for key in tasks.loc[wanted, "task"] if key in with_runs]


def _print(prior: KDEPrior) -> None:
    import pandas as pd

    from metalearn.plots.densities import density_data

    rows = []
    for density in density_data(prior):
        best = int(density.density.argmax())
        value = density.values[best]
        shown = f"{value:.4g}" if isinstance(value, float) else str(value)
        rows.append((density.axis.name, shown, density.density[best], density.density.min()))
    columns = ["hyperparameter", "mode", "density there / uniform", "lowest density / uniform"]
    title = f"prior of {prior.space.algorithm} from {len(prior.pool.tasks)} tasks"
    print_frame(pd.DataFrame(rows, columns=columns), title)


def _document(
    prior: KDEPrior, samples: list[Any], notes: list[str], snapshot: str, metric: str
) -> dict[str, Any]:
    from metalearn.plots.densities import density_data
    from metalearn.priors import to_json

    return {
        "algorithm": prior.space.algorithm,
        "metric": metric,
        "snapshot": snapshot,
        "n_tasks": len(prior.pool.tasks),
        "densities": {
            density.axis.name: {"values": density.values, "density": density.density}
            for density in density_data(prior)
        },
        "samples": samples,
        "prior": json.loads(to_json(prior)),
        "notes": notes,
    }
