"""Is a warm search over all algorithms as good as one of a single algorithm, better than chance?

    python experiments/joint_space/run.py [--kb KB] [--tables NAME ...] [--out DIR] [--smoke]

Each table is held out with its family; the other tasks of the store are the sources. A search may
evaluate the stored configurations of the table, so every loss is a measured one. Compared after 5,
10 and 20 evaluations: `bayesian` over `all`, warm; `bayesian` over `svc`, warm; the list of the
recommender, followed; and random search over `all` (its exact expectation). The regret is
normalized by the best and the worst configuration of all algorithms. `--smoke` takes two tables
and six evaluations.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import pandas as pd

import metalearn
from metalearn.core.arrays import Floats
from metalearn.core.joint_space import JointSpace
from metalearn.learners.joint import named_space
from metalearn.numerics.statistics.regret import expected_random_regret
from metalearn.optimizers import get
from metalearn.workflows.evaluate.benchmarks import Answers
from metalearn.workflows.evaluate.play_optimizer import play_search
from metalearn.workflows.warm_start.build import WarmStartRequest, warm_start_from
from metalearn.workflows.warm_start.joint_runs import joint_runs
from metalearn.workflows.warm_start.stored_runs import StoredRuns, stored_runs

KIND = "classification"
TABLES = ("diabetes", "vowel", "segment", "credit-g", "balance-scale", "sonar")
STEPS = (5, 10, 20)
DESIGN = 10


def searched(runs: StoredRuns, table: str, optimizer: str, n_steps: int, k: int) -> Floats:
    """Return `(n_steps,)` lowest losses of a warm search on the stored runs of one table."""
    keys = [task.key for task in runs.described.tasks if task.name == table]
    place = [history.task for history in runs.histories].index(keys[0])
    target, features = runs.histories[place], runs.described.meta_features[place]
    warm = warm_start_from(runs.without(keys), features, WarmStartRequest(k=k))
    answers = Answers(runs.space, target.y, runs.metric, target.X)
    found = get(optimizer)(runs.space, initial=warm, rng=np.random.default_rng(0))
    return play_search(found, answers, n_steps).losses


def compared(
    joint: StoredRuns, single: StoredRuns, tables: list[str], steps: list[int]
) -> pd.DataFrame:
    """Return one row per table, method and number of evaluations."""
    rows = []
    by_name = {task.name: i for i, task in enumerate(joint.described.tasks)}
    for table in tables:
        y = joint.histories[by_name[table]].y
        regret = (y - y.min()) / (y.max() - y.min())
        chance = [float(expected_random_regret(regret[None], k)[0]) for k in steps]
        rows += [(table, "random, all", k, value) for k, value in zip(steps, chance, strict=True)]
        curves: dict[str, Floats] = {}
        for name, runs, optimizer, k in (
            ("bayesian, all", joint, "bayesian", DESIGN),
            ("bayesian, svc", single, "bayesian", DESIGN),
            ("recommender, all", joint, "random", max(steps)),
        ):
            losses = searched(runs, table, optimizer, max(steps), k)
            curves[name] = (losses - y.min()) / (y.max() - y.min())
        rows += [
            (table, name, n, float(curve[min(n, len(curve)) - 1]))
            for name, curve in curves.items()
            for n in steps
        ]
        print(f"{table}: done", flush=True)
    return pd.DataFrame(rows, columns=["table", "method", "evaluations", "regret"])


def main() -> None:
    """Hold out each table, compare, write the result."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kb")
    parser.add_argument("--tables", nargs="+", default=list(TABLES))
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "out")
    parser.add_argument("--smoke", action="store_true")
    arguments = parser.parse_args()
    space, _ = named_space("all", KIND)
    assert isinstance(space, JointSpace)
    with metalearn.open(arguments.kb) as store:
        joint = joint_runs(store, space, KIND)
        single = stored_runs(store, "svc", KIND)
    known = {task.name for task in joint.described.tasks}
    tables = [name for name in arguments.tables if name in known] or sorted(known)
    steps = list(STEPS)
    if arguments.smoke:
        tables, steps = tables[:2], [3, 6]
    result = compared(joint, single, tables, steps)
    arguments.out.mkdir(parents=True, exist_ok=True)
    result.to_csv(arguments.out / "result.csv", index=False, float_format="%.4g")
    wide = result.pivot_table(index=["table", "evaluations"], columns="method", values="regret")
    print(wide.round(4).to_string())
    print(wide.groupby("evaluations").mean().round(4).to_string())


if __name__ == "__main__":
    main()
