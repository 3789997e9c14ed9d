"""What are the first five lines of `recommend` worth on held-out rows, each for itself?

    python experiments/first_recommendation/five.py TABLES [--names iris,adult,...] [--folds 2]
        [--rows 5000] [--fits FITS] [--out DIR] [--docs] [--smoke]

The tables and folds of `run.py`, the first of them. Each of the five lines is fitted on the
training rows and scored on the test rows. It says how often the 80 % intervals hold the score of a
single fold, and the mean over the folds; with the results of `run.py` (`--fits`), by how much the
best of the five, chosen with hindsight, is ahead of untuned boosting: no choice is better.
"""

from __future__ import annotations

import argparse
import sys
import warnings
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
from run import FAMILIES, NAMES, PAGE, scored_fit

import metalearn
from metalearn.learners import get
from metalearn.learners.evaluation import PreparedTask, Procedure
from metalearn.workflows.recommend.ask import DEFAULT_METRIC
from metalearn.workflows.tables.index import TableEntry, table_entries

sys.path.append(str(Path(__file__).resolve().parents[2]))  # for what experiments share
from experiments.pages import write_parts

KEY = ["table", "fold"]


def rows_of(entry: TableEntry, n_rows: int, n_folds: int) -> Iterator[dict[str, Any]]:
    """Yield one row per fold and line."""
    table = entry.load()
    metric = DEFAULT_METRIC[table.kind]
    procedure = Procedure(max_rows=n_rows, max_cells=1_000_000, n_folds_large=5)
    outer = PreparedTask(table, procedure)
    exclude = [entry.name, *FAMILIES.get(entry.name, [])]
    for fold, (train, test) in enumerate(outer.splits[:n_folds]):
        shown = replace(table, X=table.X.iloc[train], y=table.y.iloc[train])
        for item in metalearn.recommend(shown, k=5, metric=metric, exclude=exclude):
            chosen = item.configuration
            model = get(chosen.algorithm).pipeline(table.kind, chosen)
            scored = scored_fit(lambda X, y, model=model: model.fit(X, y), outer, train, test)
            yield {"table": entry.name, "fold": fold, "line": item.rank,
                   "algorithm": chosen.algorithm, "score": scored[metric]["score"],
                   "n_test": len(test), "expected": item.expected_score,
                   "low": item.score_low, "high": item.score_high}  # fmt: skip


def coverage(frame: pd.DataFrame) -> dict[str, float]:
    """Return the shares of intervals of the first line, and of all five, that hold."""
    mean = frame.groupby(["table", "line"])[["score", "low", "high"]].mean().reset_index()
    shares = {}
    for name, part in (("single folds", frame), ("means over folds", mean)):
        inside = part["score"].between(part["low"], part["high"])
        shares[f"{name}, first line"] = float(inside[part["line"] == 1].mean())
        shares[f"{name}, five lines"] = float(inside.mean())
    return shares


def against_boosting(frame: pd.DataFrame, fits: pd.DataFrame) -> pd.DataFrame:
    """Return by table the mean scores of the best line, of the one chosen, and of boosting."""
    pairs = frame[KEY].drop_duplicates()
    others = fits.merge(pairs, on=KEY).pivot_table(index="table", columns="system", values="score")
    best = frame.groupby(["table", "line"])["score"].mean().groupby("table").max()
    columns = ["first", "best-of-five", "boosting"]
    return others[columns].assign(best=best).assign(ahead=lambda t: t["best"] - t["boosting"])


def text(frame: pd.DataFrame, fits: pd.DataFrame | None) -> str:
    """Return the part of the page."""
    n_tables, n_folds = frame["table"].nunique(), frame["fold"].nunique()
    lines = [f"{n_tables} tables, {n_folds} folds each.", "",
             "| 80 % intervals that hold | share |", "| --- | --- |"]  # fmt: skip
    lines += [f"| {name} | {share:.0%} |" for name, share in coverage(frame).items()]
    if fits is None:
        return "\n".join(lines)
    found = against_boosting(frame, fits)
    lost = found[found["best-of-five"] < found["boosting"] - 1e-3]
    lines += ["", "| table | first line | chosen of five | best of five | boosting |",
              "| --- | --- | --- | --- | --- |"]  # fmt: skip
    lines += [
        f"| {name} | {row['first']:.3f} | {row['best-of-five']:.3f} | {row['best']:.3f} | "
        f"{row['boosting']:.3f} |" for name, row in lost.iterrows()
    ]  # fmt: skip
    return "\n".join(lines)


def main() -> None:
    """Fit, print and write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("tables", type=Path, help="index CSV")
    parser.add_argument("--names", default=",".join(NAMES))
    parser.add_argument("--folds", type=int, default=2, help="the first of five")
    parser.add_argument("--rows", type=int, default=5000)
    parser.add_argument("--fits", type=Path, help="fits.csv of run.py")
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "out")
    parser.add_argument("--docs", action="store_true", help="write the part of the page")
    parser.add_argument("--smoke", action="store_true", help="one small table, one fold")
    arguments = parser.parse_args()
    names = ["servo"] if arguments.smoke else arguments.names.split(",")
    n_folds = 1 if arguments.smoke else arguments.folds
    arguments.out.mkdir(parents=True, exist_ok=True)
    kept = arguments.out / "five.csv"  # a run that was stopped goes on
    frame = pd.read_csv(kept) if kept.exists() else pd.DataFrame({"table": []})
    for entry in table_entries(arguments.tables):
        if entry.name not in names or entry.name in {*frame["table"]}:
            continue
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            found = pd.DataFrame(rows_of(entry, arguments.rows, n_folds))
        frame = pd.concat([frame, found], ignore_index=True)
        frame.to_csv(kept, index=False, float_format="%.6g")
        print(entry.name, coverage(found), flush=True)
    fits = pd.read_csv(arguments.fits) if arguments.fits else None
    if arguments.docs:
        write_parts(PAGE, {"five": text(frame, fits)})
    print(text(frame, fits))


if __name__ == "__main__":
    main()
