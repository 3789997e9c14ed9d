"""Do evolving pipelines beat random pipelines of the same grammar, and configurations only?

    python experiments/pipelines/run.py [--tables NAME ...] [--methods NAME ...] [--seeds N]
        [--evaluations N] [--kb KB] [--out DIR] [--docs] [--smoke]

Searches with equally many evaluations on each table: random pipelines; `aging` over pipelines of
the same grammar (ten members, a tournament of four, chosen on `glass`, `heart-c` and a planted
product) and over the joint space of the same learners without transformers, each cold and with a
warm start of 15; and `evolution` over pipelines, cold. Warm starts leave out the
table with its near-duplicates. Every evaluation is cross-validated on at most 200 rows with two
folds; one that takes more than a processor second fails. The loss is 1 - balanced accuracy. Regret
is the lowest loss so far minus the lowest loss of all searches on the table, divided by the same
for the median random pipeline.

Finished searches are read from `searches.csv` in `--out`, so a stopped run continues. `--docs`
writes the table of docs/evidence/pipelines.md. `--smoke` takes a planted table and three
evaluations.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
from tables import NAMES, PLANTED, interaction_table

sys.path.append(str(Path(__file__).resolve().parents[2]))  # for what experiments share
import metalearn
from experiments.pages import write_parts
from metalearn.core.seams import Optimizer
from metalearn.core.warm_start import WarmStart
from metalearn.learners.evaluation import PreparedTask, Procedure
from metalearn.learners.isolation import Isolated
from metalearn.learners.joint import named_space
from metalearn.learners.tables import Table
from metalearn.optimizers import get
from metalearn.pipelines import Grammar, PipelineSpace
from metalearn.pipelines.operators import OPERATORS

PAGE = Path(__file__).resolve().parents[2] / "docs" / "evidence" / "pipelines.md"
LEARNERS = (
    "logistic_regression", "naive_bayes", "discriminant_analysis", "k_nearest_neighbors",
    "svc", "decision_tree", "extra_trees",
)  # fmt: skip
AGING = {"population": 10, "sample": 4}
WARM = 15
# Whether over pipelines, the optimizer, its options, and the length of the warm start.
METHODS: dict[str, tuple[bool, str, dict[str, int], int]] = {
    "random pipelines": (True, "random", {}, 0),
    "pipelines, warm": (True, "aging", AGING, WARM),
    "configurations, warm": (False, "aging", AGING, WARM),
    "pipelines": (True, "aging", AGING, 0),
    "configurations": (False, "aging", AGING, 0),
    "evolution": (True, "evolution", {}, 0),
}
METRIC = "balanced_accuracy"
PROCEDURE = Procedure(max_rows=200, n_folds=2, n_folds_large=2)
LIMIT_S = 1.0
STEPS = (20, 50, 100)
COLUMNS = ["table", "seed", "method", "evaluation", "loss", "seconds", "size", "pipeline"]
PIPELINES = PipelineSpace("classification", Grammar(
    "classification", tuple(OPERATORS), LEARNERS, ("scaled", "ordinal", "one-hot", "target"),
    ("median",),
))  # fmt: skip


def optimizer_of(method: str, table: Table, seed: int, kb: str | None) -> Optimizer:
    """Return a new optimizer, with its warm start."""
    over_pipelines, name, options, k = METHODS[method]
    space = PIPELINES if over_pipelines else named_space(LEARNERS, "classification")[0]
    warm = WarmStart(space)
    if k:
        exclude = () if table.name in PLANTED else (table.name,)
        warm = metalearn.warm_start(
            table, space=space, k=k, metric=METRIC, kb=kb, exclude=exclude, seed=seed
        )
    return get(name)(space, initial=warm, rng=np.random.default_rng(seed), **options)


def searched(name: str, method: str, seed: int, n: int, kb: str | None) -> pd.DataFrame:
    """Return one row per evaluation of a search; NaN losses are failures."""
    table = interaction_table(name)
    prepared = PreparedTask(table, PROCEDURE)
    optimizer = optimizer_of(method, table, seed, kb)
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
        size = PIPELINES.size(trial.configuration) if METHODS[method][0] else 1
        rows.append((name, seed, method, i, loss, seconds, size, str(trial.configuration)))
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


def as_markdown(trials: pd.DataFrame, result: pd.DataFrame) -> str:
    """Return the lowest losses per table, and the mean regrets."""
    methods = [name for name in METHODS if name in set(result["method"])]
    complete = result[["table", "seed"]].drop_duplicates()
    trials = trials.merge(complete, on=["table", "seed"])
    last = int(result["evaluations"].max())
    until = trials[trials["evaluation"] <= last]
    lowest = until.groupby(["table", "seed", "method"], as_index=False)["loss"].min()
    wide = lowest.pivot_table("loss", "table", "method")[methods]
    regret = result.pivot_table("regret", "evaluations", "method")[methods]
    lines = [
        f"{len(wide)} tables, {result['seed'].nunique()} seeds, {last} evaluations.",
        "",
        f"| table | {' | '.join(methods)} |",
        "| --- |" + " ---: |" * len(methods),
        *(_row(str(name), row) for name, row in wide.iterrows()),
        *(_row(f"mean regret, {n} evaluations", row) for n, row in regret.iterrows()),
        _row("processor seconds in fits", trials.groupby("method")["seconds"].sum()[methods], 0),
    ]
    by_table = result[result["evaluations"] == last].pivot_table("regret", "table", "method")
    for mine in ("pipelines", "pipelines, warm"):
        other = mine.replace("pipelines", "configurations")
        if {mine, other} <= set(methods):
            less = 1.0 - by_table[mine].mean() / max(by_table["random pipelines"].mean(), 1e-12)
            gain = by_table[other] - by_table[mine]
            ahead, behind = int((gain > 1e-9).sum()), int((gain < -1e-9).sum())
            lines += [
                "",
                f"`{mine}`: mean regret {100 * less:.0f} % less than that of random pipelines; "
                f"ahead of `{other}` on {ahead} tables, behind on {behind}.",
            ]
    return "\n".join(lines)


def _row(name: str, values: pd.Series, digits: int = 3) -> str:
    return f"| {name} | {' | '.join(f'{value:.{digits}f}' for value in values)} |"


def main() -> None:
    """Run the searches that are not finished, and print the regrets."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tables", nargs="+", default=list(NAMES))
    parser.add_argument("--methods", nargs="+", choices=METHODS, default=list(METHODS))
    parser.add_argument("--seeds", type=int, default=2)
    parser.add_argument("--evaluations", type=int, default=max(STEPS))
    parser.add_argument("--kb", help="store of the warm starts")
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "out")
    parser.add_argument("--docs", action="store_true", help="write the page of the documentation")
    parser.add_argument("--smoke", action="store_true")
    arguments = parser.parse_args()
    if arguments.smoke:
        arguments.tables, arguments.seeds, arguments.evaluations = ["xor"], 1, 3
        arguments.methods = ["random pipelines", "pipelines", "configurations", "evolution"]
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
                found = searched(table, method, seed, arguments.evaluations, arguments.kb)
                found.to_csv(path, mode="a", header=not path.exists(), index=False)
                spent = (
                    f"{found['seconds'].sum():.0f} s in fits, {time.monotonic() - started:.0f} s"
                )
                print(f"{table} {seed} {method}: {found['loss'].min():.4f}, {spent}", flush=True)
    trials = pd.read_csv(path)
    steps = tuple(n for n in STEPS if n <= arguments.evaluations) or (arguments.evaluations,)
    result = regrets(trials, tuple(arguments.methods), steps)
    result.to_csv(arguments.out / "result.csv", index=False, float_format="%.4g")
    part = as_markdown(trials, result)
    print(part)
    if arguments.docs:
        write_parts(PAGE, {"evolution": part})


if __name__ == "__main__":
    main()
