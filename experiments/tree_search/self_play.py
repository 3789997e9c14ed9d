"""Is a policy learned by self-play on stored losses as good as the prior of similar tasks?

    python experiments/tree_search/self_play.py [--kb KB] [--kind KIND] [--episodes N]
        [--folds N] [--out DIR] [--smoke]

Five folds over groups of tasks. A policy is learned by self-play on the stored losses of the other
folds; then tree search with that policy chooses among the stored configurations of each held-out
task. In the same folds: tree search with the prior of the other tasks (as in `run.py`), and random
search (its exact expectation). Nothing is fitted. Folds that are finished are read from
`self_play.csv` in `--out`. `--smoke` takes two folds of eight tasks and few episodes.
"""

from __future__ import annotations

import argparse
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
from playing import STEPS, played

import metalearn
from metalearn.core.arrays import Floats, Ints
from metalearn.core.joint_space import JointSpace
from metalearn.core.warm_start import WarmStart
from metalearn.learners.joint import named_space
from metalearn.numerics.search.self_play import SelfPlay, learned_by_self_play
from metalearn.numerics.statistics.regret import expected_random_regret
from metalearn.optimizers.decisions import Decisions
from metalearn.workflows.warm_start.build import WarmStartRequest, warm_start_from
from metalearn.workflows.warm_start.joint_runs import joint_runs
from metalearn.workflows.warm_start.stored_runs import StoredRuns

COLUMNS = ["fold", "task", "method", "evaluations", "regret"]


def matrix_of(runs: StoredRuns) -> tuple[Floats, Floats]:
    """Return the points that the tasks share, `(n, n_axes)`, and losses `(n_tasks, n)`."""
    points = {p.tobytes(): p for history in runs.histories for p in history.X}
    place = {key: j for j, key in enumerate(points)}
    losses = np.full((len(runs.histories), len(points)), np.nan)
    for i, history in enumerate(runs.histories):
        losses[i, [place[p.tobytes()] for p in history.X]] = history.y
    return np.array(list(points.values())), losses


def fold_rows(runs: StoredRuns, test: Ints, fold: int, settings: SelfPlay) -> list[tuple]:
    """Return the rows of the result for the tasks of one fold."""
    train = np.setdiff1d(np.arange(len(runs.histories)), test)
    known = runs.take(train)
    points, losses = matrix_of(runs)
    decisions = Decisions(WarmStart(runs.space, sources=tuple(known.histories)))
    paths = decisions.paths(points)
    features = runs.described.meta_features
    started = time.process_time()
    policy = learned_by_self_play(
        paths, losses[train], features[train], np.random.default_rng(fold), settings
    )
    print(f"fold {fold}: policy after {time.process_time() - started:.0f} processor s", flush=True)
    rows = []
    for i in test:
        kept = np.isfinite(losses[i])
        y = losses[i, kept]
        if np.ptp(y) == 0:
            continue
        request = WarmStartRequest(k=1, recommender="nearest-tasks")
        warm = replace(warm_start_from(known, features[i], request), configurations=())
        own = Decisions(warm)
        curves = {
            "self-play": played(paths[kept], y, decisions, policy.of(features[i]), (int(i),)),
            "prior": played(own.paths(points[kept]), y, own, own.prior, (int(i),)),
        }
        regret = (y - y.min()) / np.ptp(y)
        chance = [float(expected_random_regret(regret[None], n)[0]) for n in STEPS]
        name = runs.described.tasks[i].key
        rows += [(fold, name, m, n, c[n - 1]) for m, c in curves.items() for n in STEPS]
        rows += [(fold, name, "random", n, v) for n, v in zip(STEPS, chance, strict=True)]
    return rows


def main() -> None:
    """Play all folds that are not finished, and print means and standard errors."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kb")
    parser.add_argument(
        "--kind", choices=("classification", "regression"), default="classification"
    )
    parser.add_argument("--episodes", type=int, default=2000)
    parser.add_argument("--folds", type=int, default=5)
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "out")
    parser.add_argument("--smoke", action="store_true")
    arguments = parser.parse_args()
    space, _ = named_space("all", arguments.kind)
    assert isinstance(space, JointSpace)
    with metalearn.open(arguments.kb) as store:
        runs = joint_runs(store, space, arguments.kind)
    if arguments.smoke:
        runs, arguments.episodes, arguments.folds = runs.take(np.arange(8)), 5, 2
    groups = runs.described.groups
    kinds = np.random.default_rng(0).permutation(np.unique(groups))
    arguments.out.mkdir(parents=True, exist_ok=True)
    path = arguments.out / "self_play.csv"
    done = set(pd.read_csv(path)["fold"]) if path.exists() else set()
    for fold in set(range(arguments.folds)) - done:
        test = np.flatnonzero(np.isin(groups, kinds[fold :: arguments.folds]))
        rows = fold_rows(runs, test, fold, SelfPlay(n_episodes=arguments.episodes))
        table = pd.DataFrame(rows, columns=COLUMNS)
        table.to_csv(path, mode="a", header=not path.exists(), index=False)
    result = pd.read_csv(path).pivot_table("regret", ["evaluations", "task"], "method")
    result["prior minus self-play"] = result["prior"] - result["self-play"]
    print(result.groupby("evaluations").agg(["mean", "sem"]).round(4).T.to_string())


if __name__ == "__main__":
    main()
