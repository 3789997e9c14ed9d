"""Searches among the stored configurations of one held-out task."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

import metalearn
from metalearn.core.arrays import Floats, Ints
from metalearn.core.joint_space import JointSpace
from metalearn.core.task import TargetTask
from metalearn.core.warm_start import WarmStart
from metalearn.learners.joint import named_space
from metalearn.numerics.search.tree_search import SearchTree
from metalearn.optimizers.decisions import Decisions
from metalearn.recommenders import get as recommender
from metalearn.workflows.warm_start.joint_runs import joint_runs
from metalearn.workflows.warm_start.stored_runs import StoredRuns

__all__ = [
    "STEPS", "arguments_of", "means_over_tasks", "on_all_tasks", "played", "weighted_sources",
]  # fmt: skip

STEPS = (5, 10, 20)
"""Numbers of evaluations after which regrets are compared."""


def weighted_sources(others: StoredRuns, features: Floats) -> WarmStart:
    """Return the other tasks as sources, weighted by `nearest-tasks`; no design, no density.

    Args:
        others: The other tasks, without near-duplicates of the target.
        features: `(n_meta_features,)` of the target.
    """
    assert others.matrix is not None
    known = np.isfinite(others.matrix.losses).any(axis=0)
    fit = recommender("nearest-tasks")().fit
    ranker = fit(others.matrix.take(configurations=known), np.random.default_rng(0))
    weights = ranker.task_weights(TargetTask(features))  # type: ignore[attr-defined]  # it has them
    order = np.argsort(-weights, kind="stable")
    sources = tuple(others.histories[i] for i in order)
    return WarmStart(others.space, sources=sources, weights=weights[order])


def played(
    paths: Ints, y: Floats, decisions: Decisions, prior: object, seed: tuple[int, ...]
) -> Floats:
    """Return the regret after each evaluation of a tree search on the losses of one task.

    Args:
        paths: `(n, depth)` decisions of the stored configurations.
        y: `(n,)` their losses.
        decisions: The tree.
        prior: Probabilities of decisions; uniform if None.
        seed: Seed of the search; with the number of the task in it, tasks are independent.
    """
    rng = np.random.default_rng(seed)
    left, seen = list(range(len(y))), []
    for _ in range(max(STEPS)):
        tree = SearchTree(paths[seen], y[seen], decisions.numeric, prior)  # type: ignore[arg-type]
        seen.append(left.pop(tree.choose(paths[left], rng)))
    return np.asarray((np.minimum.accumulate(y[seen]) - y.min()) / np.ptp(y))


def arguments_of(
    description: str | None, n_seeds: int, out: Path = Path(__file__).parent / "out"
) -> argparse.Namespace:
    """Return the arguments of the command line.

    Args:
        description: What `--help` says first.
        n_seeds: Default number of seeds.
        out: Default folder of the results.
    """
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--kb")
    parser.add_argument(
        "--kind", choices=("classification", "regression"), default="classification"
    )
    parser.add_argument("--tasks", type=int)
    parser.add_argument("--seeds", type=int, default=n_seeds)
    parser.add_argument("--out", type=Path, default=out)
    parser.add_argument("--docs", action="store_true", help="write the page of the documentation")
    parser.add_argument("--smoke", action="store_true")
    arguments = parser.parse_args()
    if arguments.smoke:
        arguments.tasks, arguments.seeds = 3, 1
    arguments.out.mkdir(parents=True, exist_ok=True)
    return arguments


def on_all_tasks(
    arguments: argparse.Namespace,
    name: str,
    columns: Sequence[str],
    rows_of: Callable[[StoredRuns, int, int], list[tuple[object, ...]]],
) -> pd.DataFrame:
    """Play the tasks that are not in a CSV file yet, and return all its rows.

    Args:
        arguments: See `arguments_of`.
        name: Name of the file.
        columns: Its columns.
        rows_of: Returns the rows of one task, from all runs, its place and the number of seeds.
    """
    space, _ = named_space("all", arguments.kind)
    assert isinstance(space, JointSpace)
    with metalearn.open(arguments.kb) as store:
        runs = joint_runs(store, space, arguments.kind)
    path = arguments.out / name
    done = set(pd.read_csv(path)["task"]) if path.exists() else set()
    for place, history in enumerate(runs.histories[: arguments.tasks]):
        if str(history.task) in done or np.ptp(history.y) == 0:
            continue
        table = pd.DataFrame(rows_of(runs, place, arguments.seeds), columns=list(columns))
        table.to_csv(path, mode="a", header=not path.exists(), index=False)
    return pd.read_csv(path)


def means_over_tasks(
    result: pd.DataFrame, what: str, by: str, parts: Mapping[Any, pd.DataFrame]
) -> list[str]:
    """Return the lines of a table: means over tasks ± standard errors, one line for each part.

    Args:
        result: Results of all tasks and seeds, with columns `task` and `seed`.
        what: What was measured.
        by: Heading of the keys of the parts.
        parts: Frames with a row for each task and the same columns.
    """
    names = list(next(iter(parts.values())))
    lines = [
        f"{result['task'].nunique()} tasks, {result['seed'].nunique()} seeds; mean {what} ± "
        "standard error over tasks.",
        "",
        f"| {by} | {' | '.join(names)} |",
        "| --- |" + " ---: |" * len(names),
    ]
    for key, part in parts.items():
        cells = [f"{part[name].mean():.4f} ± {part[name].sem():.4f}" for name in names]
        lines.append(f"| {key} | {' | '.join(cells)} |")
    return lines
