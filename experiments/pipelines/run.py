"""Do evolving pipelines beat random pipelines of the same grammar, and configurations only?

    python experiments/pipelines/run.py [--tables NAME ...] [--methods NAME ...] [--seeds N]
        [--evaluations N] [--out DIR] [--smoke]

Searches with equally many evaluations on each table, started cold: `evolution` and `aging` (with
ten members, chosen on `glass`, `heart-c` and a planted product) over pipelines, random pipelines
of the same grammar, and `evolution` over the joint space of the same learners, no transformers.
Every evaluation is cross-validated on at most 300 rows with two folds; one that takes more than
two processor seconds fails. The loss is 1 - balanced accuracy. Regret is the lowest loss so far
minus the lowest loss of all searches on the table, divided by the same for the median random
pipeline.

Finished searches are read from `searches.csv` in `--out`, so a stopped run continues. `--smoke`
takes a planted table and few evaluations.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import numpy as np
import pandas as pd
from tables import NAMES, interaction_table

from metalearn.core.space import Space
from metalearn.learners.evaluation import PreparedTask, Procedure
from metalearn.learners.isolation import Isolated
from metalearn.learners.joint import named_space
from metalearn.optimizers import get
from metalearn.pipelines import Grammar, PipelineSpace
from metalearn.pipelines.operators import OPERATORS

LEARNERS = (
    "logistic_regression", "naive_bayes", "discriminant_analysis", "k_nearest_neighbors",
    "svc", "decision_tree", "extra_trees",
)  # fmt: skip
METHODS = ("random pipelines", "evolution", "configurations", "aging")
AGING = {"population": 10, "sample": 4}
METRIC = "balanced_accuracy"
PROCEDURE = Procedure(max_rows=300, n_folds=2, n_folds_large=2)
LIMIT_S = 2.0
STEPS = (20, 40, 60)
COLUMNS = ["table", "seed", "method", "evaluation", "loss", "seconds", "size", "pipeline"]


def searched(table: str, method: str, seed: int, n: int) -> pd.DataFrame:
    """Return one row per evaluation of a search; NaN losses are failures."""
    prepared = PreparedTask(interaction_table(table), PROCEDURE)
    pipelines = PipelineSpace("classification", Grammar(
        "classification", tuple(OPERATORS), LEARNERS, ("scaled", "ordinal", "one-hot", "target"),
        ("median",),
    ))  # fmt: skip
    space: Space = pipelines
    name = {"random pipelines": "random", "configurations": "evolution"}.get(method, method)
    if method == "configurations":
        space, _ = named_space(LEARNERS, "classification")
    options = AGING if method == "aging" else {}
    optimizer = get(name)(space, rng=np.random.default_rng(seed), **options)
    process = Isolated(LIMIT_S)
    rows = []
    for i in range(1, n + 1):
        (trial,) = optimizer.ask()
        outcome = process.evaluate(prepared, trial.configuration)
        seconds = sum(fold.fit_s + fold.predict_s for fold in outcome.folds)
        loss = float("nan")
        if outcome.status == "ok":
            loss = 1.0 - float(np.mean([fold.scores[METRIC] for fold in outcome.folds]))
            optimizer.tell(trial.finished(loss, seconds))
        else:
            optimizer.tell(trial.failed(seconds))
        size = pipelines.size(trial.configuration) if space is pipelines else 1
        rows.append((table, seed, method, i, loss, seconds, size, str(trial.configuration)))
    process.close()
    return pd.DataFrame(rows, columns=COLUMNS)


def regrets(
    trials: pd.DataFrame, methods: tuple[str, ...], steps: tuple[int, ...] = STEPS
) -> pd.DataFrame:
    """Return the regret per table, seed and method after each number of evaluations.

    Tables and seeds on which not all methods have finished are left out.
    """
    trials = trials[trials["method"].isin(methods)]
    best = trials.groupby("table")["loss"].min()
    usual = trials[trials["method"] == "random pipelines"].groupby("table")["loss"].median()
    rows = []
    for (table, seed), group in trials.groupby(["table", "seed"]):
        if group["method"].nunique() < len(methods):
            continue
        for method, mine in group.groupby("method"):
            lowest = mine.sort_values("evaluation")["loss"].cummin().ffill().to_numpy()
            scale = max(usual[table] - best[table], 1e-12)
            rows += [
                (table, seed, method, n, (lowest[n - 1] - best[table]) / scale)
                for n in steps if n <= len(lowest)
            ]  # fmt: skip
    return pd.DataFrame(rows, columns=["table", "seed", "method", "evaluations", "regret"])


def main() -> None:
    """Run the searches that are not finished, and print the regrets."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tables", nargs="+", default=list(NAMES))
    parser.add_argument("--methods", nargs="+", choices=METHODS, default=list(METHODS))
    parser.add_argument("--seeds", type=int, default=2)
    parser.add_argument("--evaluations", type=int, default=max(STEPS))
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "out")
    parser.add_argument("--smoke", action="store_true")
    arguments = parser.parse_args()
    if arguments.smoke:
        arguments.tables, arguments.seeds, arguments.evaluations = ["xor"], 1, 3
    arguments.out.mkdir(parents=True, exist_ok=True)
    path = arguments.out / "searches.csv"
    done = pd.read_csv(path) if path.exists() else pd.DataFrame(columns=COLUMNS)
    known = set(done[["table", "seed", "method"]].itertuples(index=False, name=None))
    for seed in range(arguments.seeds):
        for table in arguments.tables:
            for method in arguments.methods:
                if (table, seed, method) in known:
                    continue
                started = time.monotonic()
                found = searched(table, method, seed, arguments.evaluations)
                found.to_csv(path, mode="a", header=not path.exists(), index=False)
                spent = (
                    f"{found['seconds'].sum():.0f} s in fits, {time.monotonic() - started:.0f} s"
                )
                print(f"{table} {seed} {method}: {found['loss'].min():.4f}, {spent}", flush=True)
    trials = pd.read_csv(path)
    steps = (arguments.evaluations,) if arguments.smoke else STEPS
    result = regrets(trials, tuple(arguments.methods), steps)
    result.to_csv(arguments.out / "result.csv", index=False, float_format="%.4g")
    wide = result.pivot_table(index=["evaluations", "table"], columns="method", values="regret")
    print(wide.round(3).to_string())
    print(wide.groupby("evaluations").mean().round(3).to_string())


if __name__ == "__main__":
    main()
