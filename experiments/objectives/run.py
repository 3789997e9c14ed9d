"""Does ParEGO cover more of the front of log loss and model size than chance or NSGA-II?

    python experiments/objectives/run.py TABLES [--part tables functions] [--tables NAME ...]
        [--seeds N] [--out DIR] [--smoke] [--docs]

TABLES is a folder of raw tables with an `index.csv`. Part `tables`: real searches with
`metalearn.optimize` over the joint space of five algorithms, the table itself left out of the
store: ParEGO cold and warm, NSGA-II, and random search with twice the evaluations. Part
`functions`: ZDT1, ZDT2 and DTLZ2, whose fronts are known.

Finished searches are kept in `DIR/trials.csv` and `DIR/functions.csv`, so an interrupted run
continues. Hypervolumes of a table refer to one box for all its searches.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd

import metalearn

sys.path.append(str(Path(__file__).resolve().parents[2]))  # for what experiments share
from experiments.pages import write_parts
from metalearn.core.objective import COSTS
from metalearn.learners.evaluation import Procedure
from metalearn.numerics.search.front import hypervolume_shares
from metalearn.optimizers import get
from metalearn.testing.several_objectives import SEVERAL, play_several
from metalearn.workflows.tables.named import open_table

PAGE = Path(__file__).resolve().parents[2] / "docs" / "evidence" / "several_objectives.md"
TABLES = ("balance-scale", "diabetes", "wdbc", "car", "vowel", "segment")
SPACE = "decision_tree,random_forest,gradient_boosting,logistic_regression,mlp"
OBJECTIVES = ("log_loss", "size_bytes")
PROCEDURE = Procedure(max_rows=200, n_folds=2, n_folds_large=2)
N_TRIALS = 30
# Name, optimizer, length of the warm start, and times as many evaluations.
METHODS = (
    ("parego cold", "parego", 0, 1),
    ("parego warm", "parego", 10, 1),
    ("nsga-ii", "nsga-ii", 0, 1),
    ("random x2", "random", 0, 2),
)
FUNCTION_AXES, FUNCTION_TRIALS, N_FIRST = 6, 100, 7


def kept(path: Path) -> pd.DataFrame:
    return pd.read_csv(path) if path.exists() else pd.DataFrame()


def is_done(rows: pd.DataFrame, **values: object) -> bool:
    if rows.empty:
        return False
    return bool(np.logical_and.reduce([rows[name] == v for name, v in values.items()]).any())


def searched(folder: Path, name: str, method: tuple[str, str, int, int], seed: int, n: int) -> (
    pd.DataFrame
):  # fmt: skip
    """Return the trials of one search on a table."""
    index = pd.read_csv(folder / "index.csv").set_index("name").loc[name]
    ignore = str(index["ignore"]).split(";") if isinstance(index["ignore"], str) else []
    table = open_table(
        str(folder / index["file"]), index["target"], kind=index["kind"], ignore=ignore
    )
    label, optimizer, warm_start, times = method
    found = metalearn.optimize(
        table, space=SPACE, optimizer=optimizer, trials=n * times, warm_start=warm_start,
        objectives=OBJECTIVES, exclude=name, seed=seed, remember=False, time_limit_s=5.0,
        procedure=PROCEDURE,
    )  # fmt: skip
    rows = [
        (name, seed, label, t.number, *(t.values.get(o, np.nan) for o in OBJECTIVES), t.runtime_s)
        for t in found.trials
    ]
    return pd.DataFrame(rows, columns=["table", "seed", "method", "trial", *OBJECTIVES, "seconds"])


def on_tables(folder: Path, out: Path, tables: list[str], n_seeds: int, n_trials: int) -> None:
    """Run what is missing, then print shares of the hypervolume."""
    path = out / "trials.csv"
    for seed in range(n_seeds):
        for name in tables:
            for method in METHODS:
                before = kept(path)
                if is_done(before, table=name, seed=seed, method=method[0]):
                    continue
                rows = searched(folder, name, method, seed, n_trials)
                pd.concat([before, rows]).to_csv(path, index=False, float_format="%.6g")
                print(f"{name} {seed} {method[0]}: done", flush=True)
    shares = shares_of(kept(path), n_trials)
    shares.to_csv(out / "shares.csv", index=False, float_format="%.4g")
    print(markdown(last_shares(shares), "table"))


def last_shares(shares: pd.DataFrame) -> pd.DataFrame:
    """Return the shares after all evaluations, a row per table."""
    last = shares[shares["evaluations"] == shares["evaluations"].max()]
    return last.pivot_table(index="table", columns="method", values="share")


def markdown(wide: pd.DataFrame, what: str) -> str:
    """Return a table in Markdown."""
    lines = [f"| {what} | {' | '.join(wide.columns)} |", "| --- |" + " ---: |" * wide.shape[1]]
    for name, row in wide.iterrows():
        lines.append(f"| {name} | {' | '.join(f'{value:.3f}' for value in row)} |")
    return "\n".join(lines)


def shares_of(trials: pd.DataFrame, n_trials: int) -> pd.DataFrame:
    """Return the share of the hypervolume per table, seed, method and number of evaluations."""
    trials = trials.assign(
        **{name: COSTS[name].losses(trials[name].to_numpy()) for name in OBJECTIVES[1:]}
    )
    rows = []
    for (name, seed), group in trials.groupby(["table", "seed"]):
        for n in (n_trials // 2, n_trials):
            cut = {label: n * times for label, _, _, times in METHODS}
            sets = [
                group[(group["method"] == m) & (group["trial"] <= cut[m])][list(OBJECTIVES)]
                for m in cut
            ]
            shares = hypervolume_shares([part.to_numpy() for part in sets])
            rows += [(name, seed, m, n, share) for m, share in zip(cut, shares, strict=True)]
    return pd.DataFrame(rows, columns=["table", "seed", "method", "evaluations", "share"])


def on_functions(out: Path, n_seeds: int, n_trials: int) -> None:
    """Run what is missing, then print shares of the hypervolume of the true front."""
    path = out / "functions.csv"
    for name, function in SEVERAL.items():
        for seed in range(n_seeds):
            for optimizer, times in (("parego", 1), ("nsga-ii", 1), ("random", 2)):
                before = kept(path)
                if is_done(before, function=name, seed=seed, optimizer=optimizer):
                    continue
                started = time.process_time()
                rng = np.random.default_rng(seed)
                made = get(optimizer)(function.space(FUNCTION_AXES), rng=rng)
                done = play_several(made, n_trials * times, function)
                first = np.array([list(t.losses.values()) for t in done[:N_FIRST]])
                # 1.1 times the worst of the first design, at least 1
                reference = np.maximum(1.1 * first.max(axis=0), 1.0)
                row = {
                    "function": name, "seed": seed, "optimizer": optimizer,
                    "evaluations": len(done), "share": function.share(done, reference),
                    "seconds": time.process_time() - started,
                }  # fmt: skip
                rows = pd.concat([before, pd.DataFrame([row])])
                rows.to_csv(path, index=False, float_format="%.4g")
    print(markdown(function_shares(kept(path)), "function"))


def function_shares(result: pd.DataFrame) -> pd.DataFrame:
    """Return the mean shares, a row per function."""
    return result.pivot_table(index="function", columns="optimizer", values="share")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("tables", type=Path, help="folder with an index.csv")
    parser.add_argument("--part", nargs="+", default=["functions", "tables"])
    parser.add_argument("--tables", nargs="+", default=list(TABLES), dest="names")
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "results")
    parser.add_argument("--smoke", action="store_true", help="one table, six evaluations")
    parser.add_argument("--docs", action="store_true", help="write the page of the documentation")
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    names = arguments.names[:1] if arguments.smoke else arguments.names
    if "functions" in arguments.part:
        on_functions(arguments.out, arguments.seeds, 10 if arguments.smoke else FUNCTION_TRIALS)
    if "tables" in arguments.part:
        n_trials = 6 if arguments.smoke else N_TRIALS
        on_tables(arguments.tables, arguments.out, names, arguments.seeds, n_trials)
    if arguments.docs:
        parts = {}
        if not (found := kept(arguments.out / "functions.csv")).empty:
            parts["functions"] = markdown(function_shares(found), "function")
        if not (found := kept(arguments.out / "shares.csv")).empty:
            parts["tables"] = markdown(last_shares(found), "table")
        write_parts(PAGE, parts)


if __name__ == "__main__":
    main()
