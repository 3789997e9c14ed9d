"""Is tree search with the store's prior ahead of tree search without, and that of chance?

    python experiments/tree_search/run.py [--kb KB] [--kind KIND] [--tasks N] [--seeds N]
        [--out DIR] [--smoke]

The stored matrix of all learners is a tree: the algorithm, then its most important
hyperparameters in quarters. Each task is held out with its near-duplicates; the searches choose
among its stored configurations, so every loss is a measured one and nothing is fitted. Compared
after 5, 10 and 20 evaluations: tree search with the prior of the other tasks, weighted by
`nearest-tasks`; tree search without other tasks; random search (its exact expectation); the list
of mean normalized regrets of the other tasks, followed. The regret is normalized by the best and
the worst configuration of the task. Tasks that are finished are read from `regrets.csv` in
`--out`. Constants were chosen on the regression tasks. `--smoke` takes three tasks and one seed.
"""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

import metalearn
from metalearn.core.arrays import Floats
from metalearn.core.joint_space import JointSpace
from metalearn.core.warm_start import WarmStart
from metalearn.learners.joint import named_space
from metalearn.numerics.statistics.regret import expected_random_regret
from metalearn.optimizers import get
from metalearn.workflows.evaluate.benchmarks import Answers
from metalearn.workflows.evaluate.play_optimizer import play_search
from metalearn.workflows.warm_start.build import WarmStartRequest, warm_start_from
from metalearn.workflows.warm_start.joint_runs import joint_runs
from metalearn.workflows.warm_start.stored_runs import StoredRuns

KIND = "classification"
STEPS = (5, 10, 20)
COLUMNS = ["task", "seed", "method", "evaluations", "regret"]
WITH, WITHOUT = "tree search, prior", "tree search, no prior"


def curves(runs: StoredRuns, place: int, seed: int) -> dict[str, Floats]:
    """Return the regret after each of 20 evaluations of all methods on one task."""
    target = runs.histories[place]
    low, high = target.y.min(), target.y.max()
    others = runs.without([str(target.task)])
    place_of = {task.key: i for i, task in enumerate(runs.described.tasks)}
    features = runs.described.meta_features[place_of[str(target.task)]]
    request = WarmStartRequest(k=1, recommender="nearest-tasks")
    warm = replace(warm_start_from(others, features, request), configurations=(), prior=None)
    answers = Answers(runs.space, target.y, runs.metric, target.X)
    found = {}
    for name, start in ((WITH, warm), (WITHOUT, WarmStart(runs.space))):
        optimizer = get("tree-search")(runs.space, initial=start, rng=np.random.default_rng(seed))
        played = play_search(optimizer, answers, max(STEPS)).losses
        found[name] = (played - low) / (high - low)
    regret = (target.y - low) / (high - low)
    chance = [float(expected_random_regret(regret[None], n)[0]) for n in range(1, max(STEPS) + 1)]
    found["random"] = np.array(chance)
    found["list of mean regrets"] = np.minimum.accumulate(regret[_listed(others, target.X)])
    return found


def _listed(others: StoredRuns, X: Floats) -> list[int]:
    """Return the rows of a table in the order of the mean regrets of the other tasks."""
    places = {point.tobytes(): i for i, point in enumerate(X)}
    total, count = np.zeros(len(X)), np.zeros(len(X))
    for history in others.histories:
        y = (history.y - history.y.min()) / max(np.ptp(history.y), 1e-12)
        known = [(places[p.tobytes()], v) for p, v in zip(history.X, y, strict=True)
                 if p.tobytes() in places]  # fmt: skip
        for i, value in known:
            total[i], count[i] = total[i] + value, count[i] + 1
    mean = np.where(count > 0, total / np.maximum(count, 1), 1.0)
    return [int(i) for i in np.argsort(mean, kind="stable")]


def summary(result: pd.DataFrame) -> pd.DataFrame:
    """Return mean and standard error over tasks, and paired differences of neighbours."""
    by_task = result.pivot_table("regret", ["evaluations", "task"], "method")
    rows = []
    for n, table in by_task.groupby("evaluations"):
        rows += [(n, method, table[method].mean(), table[method].sem()) for method in table]
        for better, worse in ((WITH, WITHOUT), (WITHOUT, "random")):
            gain = table[worse] - table[better]
            rows.append((n, f"{worse} minus {better}", gain.mean(), gain.sem()))
    return pd.DataFrame(rows, columns=["evaluations", "method", "mean", "standard error"])


def main() -> None:
    """Hold out each task, compare, write the result."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kb")
    parser.add_argument("--kind", choices=("classification", "regression"), default=KIND)
    parser.add_argument("--tasks", type=int)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "out")
    parser.add_argument("--smoke", action="store_true")
    arguments = parser.parse_args()
    if arguments.smoke:
        arguments.tasks, arguments.seeds = 3, 1
    space, _ = named_space("all", arguments.kind)
    assert isinstance(space, JointSpace)
    with metalearn.open(arguments.kb) as store:
        runs = joint_runs(store, space, arguments.kind)
    arguments.out.mkdir(parents=True, exist_ok=True)
    path = arguments.out / "regrets.csv"
    done = pd.read_csv(path) if path.exists() else pd.DataFrame(columns=COLUMNS)
    known = set(done[["task", "seed"]].itertuples(index=False, name=None))
    for seed in range(arguments.seeds):
        for place, history in enumerate(runs.histories[: arguments.tasks]):
            if (str(history.task), seed) in known or np.ptp(history.y) == 0:
                continue
            found = curves(runs, place, seed)
            rows = [(history.task, seed, name, n, curve[n - 1])
                    for name, curve in found.items() for n in STEPS]  # fmt: skip
            table = pd.DataFrame(rows, columns=COLUMNS)
            table.to_csv(path, mode="a", header=not path.exists(), index=False)
    result = summary(pd.read_csv(path))
    result.to_csv(arguments.out / "result.csv", index=False, float_format="%.4g")
    print(result.round(4).to_string(index=False))


if __name__ == "__main__":
    main()
