"""By how much does a search that starts from experience beat one that starts from nothing?

    python experiments/warm_against_cold/run.py DATA [--parts P ...] [--out DIR] [--smoke]

DATA is the folder with `metadatasets/` and `tables/`. Parts:

- `yahpo`: the network `rbv2_rpart` (117 tasks). Known of every task are 100 random runs of its
  own, nothing is shared between tasks. Held out by 10 folds; the lowest and highest of 20,000
  random configurations and of all searches scale the regret.
- `pimp-rf`, `quantile-xgboost`: the published runs (94 tasks x 500, 10 tasks x 5,000, every task
  its own configurations) as tables; one task left out at a time.
- `live`: `metalearn.optimize` on raw tables, warm and cold, the same optimizer and number of
  trials; what the store knows of the table itself and of its near-duplicates left out.

Compared are the warm default, cold Bayesian optimization, cold TPE, and random search with four
evaluations a step, at every budget from 3 to 30, paired over tasks; intervals are 95 % bootstrap
intervals over tasks. Nothing was tuned on these sets here. `--smoke` takes a corner of each.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd

import metalearn
from metalearn.plots.optimizer_evaluation import write_optimizer_evaluation
from metalearn.plots.style import figure, save, styled
from metalearn.workflows.evaluate.benchmarks import Benchmark, SurrogateBenchmark, table_benchmark
from metalearn.workflows.evaluate.optimizers import contestants, evaluate_optimizers
from metalearn.workflows.import_published import import_published
from metalearn.workflows.tables.index import table_entries

PARTS = ("yahpo", "pimp-rf", "quantile-xgboost", "live")
PLAYERS = ("bayesian:warm", "bayesian:cold", "tpe:cold")
BUDGETS = tuple(range(3, 31))
SHOWN = (3, 5, 10, 20, 30)
PUBLISHED = {
    "pimp-rf": ("arff-runs", "random_forest.arff.gz", "openml-flow-6969"),
    "quantile-xgboost": ("quantile-csv", "XGBoost.csv.gz", "XGBoost"),
}
TABLES = ("glass", "sonar", "diabetes", "ionosphere", "tic-tac-toe", "vowel")
LIVE_TRIALS, LIVE_SEEDS = 20, 3


def benchmark_of(
    part: str, data: Path, scratch: Path, smoke: bool, n_tasks: int | None = None
) -> Benchmark:
    """Return the tasks of a part."""
    if part == "yahpo":
        folder = data / "metadatasets" / "yahpo" / "rbv2_rpart"
        sizes = {"n_runs": 20, "n_sample": 500, "n_tasks": 4} if smoke else {"n_tasks": n_tasks}
        return SurrogateBenchmark(folder, "accuracy", **sizes)
    form, file, algorithm = PUBLISHED[part]
    kb = scratch / f"{part}.duckdb"
    import_published(form, data / "metadatasets" / part / file, kb)
    return table_benchmark(kb, algorithm, n_tasks=4 if smoke else n_tasks)


def compare(part: str, arguments: argparse.Namespace) -> None:
    """Play one part and write its tables and figure."""
    data, smoke = arguments.data, arguments.smoke
    started = time.process_time()
    with tempfile.TemporaryDirectory() as scratch:
        found = evaluate_optimizers(
            benchmark_of(part, data, Path(scratch), smoke, arguments.tasks),
            contestants(PLAYERS),
            (3, 5) if smoke else BUDGETS,
            "10-fold" if part == "yahpo" else "leave-one-task-out",
            jobs=arguments.jobs,
            repeats=arguments.repeats,
            progress=lambda done, total: print(f"{part}: {done} of {total}", flush=True),
        )
    folder = arguments.out / part
    for path in write_optimizer_evaluation(found, folder):
        if path.name == "per_task.csv":
            path.unlink()
    table = pd.DataFrame(found.result.comparisons).rename(columns={"recommender": "optimizer"})
    others = table[table["optimizer"].isin(["bayesian cold", "tpe cold", "random x4"])]
    ahead = others.groupby("optimizer").agg(
        budgets=("k", "size"),
        ahead=("difference", lambda d: int((d > 0).sum())),
        clearly=("difference_low", lambda d: int((d > 0).sum())),
    )
    print(f"\n{part}: {len(found.result.tasks)} tasks, {time.process_time() - started:.0f} s")
    rows = [r for r in found.result.rows if r.k in SHOWN]
    print(pd.DataFrame(rows).pivot_table(
        index="recommender", columns="k", values="regret_mean", sort=False).round(4))  # fmt: skip
    print("budgets at which the warm default is ahead, and with an interval above 0:")
    print(ahead)


def live(data: Path, out: Path, kb: str | None, jobs: int, smoke: bool) -> None:
    """Search raw tables warm and cold, and write scores and a figure."""
    entries = {entry.name: entry for entry in table_entries(data / "tables")}
    names = TABLES[:1] if smoke else TABLES
    rows = []
    for name in names:
        table = entries[name].load()
        for seed in range(1 if smoke else LIVE_SEEDS):
            for start in ("warm", "cold"):
                found = metalearn.optimize(
                    table, space="svc", trials=3 if smoke else LIVE_TRIALS, kb=kb, seed=seed,
                    warm_start=10 if start == "warm" else 0, exclude=(name,), remember=False,
                    optimizer="random" if smoke else "bayesian", jobs=jobs,
                )  # fmt: skip
                curve = found.curve().assign(table=name, seed=seed, start=start)
                rows.append(curve.drop(columns="elapsed_s"))
                print(name, seed, start, f"{found.best.score:.4f}", flush=True)
    scores = pd.concat(rows, ignore_index=True)
    folder = out / "live"
    folder.mkdir(parents=True, exist_ok=True)
    mean = scores.groupby(["table", "start", "trial"])["incumbent"].mean().reset_index()
    save(draw_live(mean), folder, "incumbents", mean)
    wide = mean[mean["trial"].isin([1, 3, 5, 10, 20])]
    print(wide.pivot_table(index=["table", "start"], columns="trial", values="incumbent").round(4))
    (folder / "summary.json").write_text(json.dumps(summary(mean), indent=1) + "\n")


def summary(mean: pd.DataFrame) -> dict[str, object]:
    """Return the trials that a cold search needs for what the warm one has after five."""
    needed = {}
    for name, part in mean.groupby("table"):
        curves = {s: g.sort_values("trial")["incumbent"].to_numpy()
                  for s, g in part.groupby("start")}  # fmt: skip
        warm = curves["warm"][min(5, len(curves["warm"])) - 1]
        reached = np.flatnonzero(curves["cold"] >= warm)
        needed[str(name)] = int(reached[0]) + 1 if len(reached) else None
    return {"cold_trials_for_what_warm_has_after_5": needed}


def draw_live(mean: pd.DataFrame):
    """Draw the incumbents of every table."""
    names = list(dict.fromkeys(mean["table"]))
    n_columns = min(3, len(names))
    with styled():
        n_rows = -(-len(names) // n_columns)
        drawn, axes = figure(3.0 * n_columns, 2.4 * n_rows, n_rows, n_columns)
        for ax, name in zip(axes, names, strict=False):
            for start, dash, colour in (("warm", "-", "#000000"), ("cold", "--", "#0072B2")):
                part = mean[(mean["table"] == name) & (mean["start"] == start)]
                ax.step(part["trial"], part["incumbent"], where="post", ls=dash, color=colour,
                        lw=1.4, label=start)  # fmt: skip
            ax.set_title(name, fontsize=9)
        axes[0].set_ylabel("balanced accuracy")
        axes[0].legend(frameon=False, fontsize=8)
        axes[-1].set_xlabel("trials")
    return drawn


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("--parts", nargs="+", choices=PARTS, default=PARTS)
    parser.add_argument("--kb", help="store of the live part (default: the bundled one)")
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--tasks", type=int, help="only the first so many tasks know each other")
    parser.add_argument("--repeats", type=int, default=1, help="searches a task, averaged first")
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "results")
    parser.add_argument("--smoke", action="store_true")
    arguments = parser.parse_args()
    for part in arguments.parts:
        if part == "live":
            live(arguments.data, arguments.out, arguments.kb, arguments.jobs, arguments.smoke)
        else:
            compare(part, arguments)


if __name__ == "__main__":
    main()
