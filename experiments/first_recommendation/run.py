"""Is the first line of `recommend` a better bet than untuned boosting and FLAML's zero-shot?

    python experiments/first_recommendation/run.py TABLES [--names iris,adult,...]
        [--metric log_loss] [--rows 5000] [--peers boosting,flaml] [--out DIR] [--resume]
        [--docs] [--smoke]

TABLES is an index CSV. On each of five folds (at most `--rows` rows) the training rows are shown
to `recommend`; the experience of the table and its family is left out. `first` is the first line;
`best-of-five` is the best of its five lines by three inner folds of the training rows. All are
fitted on the training rows and scored on the test rows, as are the peers.
"""

from __future__ import annotations

import argparse
import sys
import time
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from peers import PEERS

import metalearn
from metalearn.core.configuration import Configuration
from metalearn.core.metric import metric_named
from metalearn.learners import get
from metalearn.learners.evaluation import PreparedTask, Procedure
from metalearn.learners.predictions import class_predictions
from metalearn.learners.scores import labels_of, predicted_scores, regression_scores
from metalearn.learners.tables import Table
from metalearn.workflows.recommend.ask import DEFAULT_METRIC
from metalearn.workflows.tables.index import TableEntry, table_entries

sys.path.append(str(Path(__file__).resolve().parents[2]))  # for what experiments share
from experiments.pages import write_parts

PAGE = Path(__file__).resolve().parents[2] / "docs" / "evidence" / "recommend.md"
NAMES = (
    "adult", "anneal", "arrhythmia", "caravan", "diabetes", "glass", "heart-c", "ionosphere",
    "letter", "mushroom", "segment", "sonar", "soybean", "spambase", "vowel",
    "abalone", "ailerons", "autompg", "cpu-act", "house-prices", "puma32H", "servo", "tecator",
)  # fmt: skip
FAMILIES = {"heart-c": ["heart-statlog"], "autompg": ["cars"], "sick": ["hypothyroid"]}
OURS = ("first", "best-of-five")
_TIED = 1e-3  # of the scale of the score; see `gaps`
_NINE_TENTHS = 1.2816  # quantile of the normal distribution: 80 % lie within plus and minus


def rows_of(
    entry: TableEntry, metric: str | None, n_rows: int, peers: Sequence[str]
) -> Iterator[dict[str, Any]]:
    """Yield one result per fold and system."""
    table = entry.load()
    metric = metric or DEFAULT_METRIC[table.kind]
    if table.kind == "regression" and metric_named(metric).kind == "classification":
        metric = DEFAULT_METRIC[table.kind]
    procedure = Procedure(max_rows=n_rows, max_cells=1_000_000, n_folds_large=5)
    outer = PreparedTask(table, procedure)
    for fold, (train, test) in enumerate(outer.splits):
        shown = replace(table, X=table.X.iloc[train], y=table.y.iloc[train])
        shared = {"table": entry.name, "kind": table.kind, "metric": metric, "fold": fold}
        exclude = [entry.name, *FAMILIES.get(entry.name, [])]
        found = metalearn.recommend(shown, k=5, metric=metric, exclude=exclude)
        candidates = [item.configuration for item in found]
        picked = candidates[best_inside(shown, candidates, metric)]
        for system, chosen in zip(OURS, (candidates[0], picked), strict=True):
            model = get(chosen.algorithm).pipeline(table.kind, chosen)
            scored = scored_fit(lambda X, y, model=model: model.fit(X, y), outer, train, test)
            row = shared | {"system": system, "chosen": chosen.algorithm} | scored[metric]
            if system == "first":
                row |= {
                    "expected": found[0].expected_score,
                    "low": found[0].score_low,
                    "high": found[0].score_high,
                    "expected_s": found[0].expected_seconds,
                }
            yield row
        for system in peers:
            fit = PEERS[system]
            if system == "balanced-boosting" and table.kind == "regression":
                continue
            scored = scored_fit(lambda X, y, fit=fit: fit(X, y, table.kind), outer, train, test)
            yield shared | {"system": system} | scored[metric]


def best_inside(shown: Table, candidates: list[Configuration], metric: str) -> int:
    """Return the place of the best candidate by three folds of the rows that are shown."""
    inner = PreparedTask(shown, Procedure(max_rows=len(shown.y), max_cells=10**9, n_folds=3))
    sign = -1.0 if metric_named(metric).greater_is_better else 1.0
    losses = []
    for candidate in candidates:
        try:
            values = [fold.scores.get(metric, np.nan) for fold in inner.evaluate(candidate)]
        except Exception:  # a learner may fail on a fold
            values = [np.nan]
        losses.append(sign * float(np.mean(values)))
    return int(np.nanargmin(losses))


def scored_fit(fit: Any, task: PreparedTask, train: Any, test: Any) -> dict[str, dict[str, float]]:
    """Return score and processor seconds of a fit, by metric.

    Args:
        fit: From a frame of rows and their target to something fitted.
        task: The table.
        train: Rows to fit on.
        test: Rows to score on.
    """
    table, is_class = task.table, task.table.kind == "classification"
    y = task.codes if is_class else table.y.to_numpy(dtype=np.float64)
    started = time.process_time()
    fitted = fit(table.X.iloc[train], y[train])
    fit_s = time.process_time() - started
    X = table.X.iloc[test]
    model, X = (fitted.model, fitted.prepared(X)) if hasattr(fitted, "prepared") else (fitted, X)
    if is_class:
        predicted = class_predictions(model, X, np.arange(int(y.max()) + 1))
        scores = predicted_scores(predicted, y[test], labels_of(model, X, predicted))
    else:
        scores = regression_scores(model.predict(X), y[test], float(np.var(y)))
    return {name: {"score": value, "fit_s": fit_s} for name, value in scores.items()}


def gaps(frame: pd.DataFrame, ours: str, peer: str) -> pd.Series:
    """Return what we gain over a peer by table; positive is better.

    In units of the score where it lies in [0, 1], else in shares of the peer's loss.
    """
    mean = frame.pivot_table(index=["table", "metric"], columns="system", values="score")
    mean = mean.dropna(subset=[ours, peer])
    values = []
    for (_, metric), row in mean.iterrows():
        known = metric_named(metric)
        gap = row[ours] - row[peer] if known.greater_is_better else row[peer] - row[ours]
        values.append(gap if metric in DEFAULT_METRIC.values() else gap / abs(row[peer]))
    return pd.Series(values, index=mean.index.get_level_values("table"))


def summary(frame: pd.DataFrame) -> pd.DataFrame:
    """Return won, tied and lost tables and the mean gain with its interval, by pair of systems."""
    rng, lines = np.random.default_rng(0), []
    for ours in OURS:
        for peer in [name for name in PEERS if name in {*frame["system"]}]:
            gap = gaps(frame, ours, peer).to_numpy()
            means = rng.choice(gap, (10_000, len(gap))).mean(axis=1)
            won, tied = int((gap > _TIED).sum()), int((np.abs(gap) <= _TIED).sum())
            lines.append(
                {"ours": ours, "peer": peer, "won": won, "tied": tied,
                 "lost": len(gap) - won - tied, "won_share": (won + tied / 2) / len(gap),
                 "mean_gain": gap.mean(), "low": np.quantile(means, 0.025),
                 "high": np.quantile(means, 0.975), "median_gain": np.median(gap)}
            )  # fmt: skip
    return pd.DataFrame(lines).round(4)


def as_markdown(frame: pd.DataFrame) -> str:
    """Return the comparison, interval coverage and seconds of the first line as a page's part."""
    lines = [
        f"{frame['table'].nunique()} tables.",
        "",
        "| | against | won, tied, lost | share won | mean gain [95 %] |",
        "| --- | --- | --- | --- | --- |",
    ]
    for row in summary(frame).itertuples():
        lines.append(
            f"| {row.ours} | {row.peer} | {row.won}, {row.tied}, {row.lost} | "
            f"{row.won_share:.0%} | {row.mean_gain:+.3f} [{row.low:+.3f}, {row.high:+.3f}] |"
        )
    first = frame[frame["system"] == "first"]
    inside = first["score"].between(first["low"], first["high"]).mean()
    wider = inside_with_scatter(first)
    ratio = (first["fit_s"] / first["expected_s"]).groupby(first["table"]).median()
    low, high = ratio.quantile([0.1, 0.9])
    lines += [
        "",
        f"The 80 % interval of the first line held {inside:.0%} of its scores on single folds, "
        f"and {wider:.0%} when it was widened by the scatter that the folds turned out to have. "
        f"Measured over expected seconds: {low:.2f} to {high:.2f} on 80 % of the tables.",
    ]
    return "\n".join(lines)


def inside_with_scatter(first: pd.DataFrame) -> float:
    """Return the share of scores inside intervals widened by the scatter of their own folds.

    It is known afterwards only, so that no model of the scatter can do better.
    """
    scatter = _NINE_TENTHS * first.groupby("table")["score"].transform("std")
    below = np.hypot(first["expected"] - first["low"], scatter)
    above = np.hypot(first["high"] - first["expected"], scatter)
    inside = first["score"].between(first["expected"] - below, first["expected"] + above)
    return float(inside.mean())


def main() -> None:
    """Run over the tables, print and write the comparison."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("tables", type=Path)
    parser.add_argument("--names", default=",".join(NAMES))
    parser.add_argument("--metric", help="of classification; default: balanced accuracy, R2")
    parser.add_argument("--rows", type=int, default=5000)
    parser.add_argument("--peers", default=",".join(PEERS))
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "out")
    parser.add_argument("--resume", action="store_true", help="keep the tables that are done")
    parser.add_argument("--docs", action="store_true", help="write the table of the docs")
    parser.add_argument("--smoke", action="store_true", help="two small tables, 150 rows")
    arguments = parser.parse_args()
    chosen = ["glass", "servo"] if arguments.smoke else arguments.names.split(",")
    n_rows, peers = 150 if arguments.smoke else arguments.rows, arguments.peers.split(",")
    arguments.out.mkdir(parents=True, exist_ok=True)
    kept = arguments.out / "fits.csv"
    frame = pd.read_csv(kept) if arguments.resume and kept.exists() else pd.DataFrame()
    done = set() if frame.empty else set(frame["table"])
    for entry in table_entries(arguments.tables):
        if entry.name not in chosen or entry.name in done:
            continue
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            found = pd.DataFrame(rows_of(entry, arguments.metric, n_rows, peers))
        frame = pd.concat([frame, found], ignore_index=True)
        frame.to_csv(kept, index=False, float_format="%.6g")
        print(found.groupby("system", sort=False)["score"].mean().round(4).to_dict(), entry.name)
    summary(frame).to_csv(arguments.out / "summary.csv", index=False)
    print(as_markdown(frame))
    if arguments.docs:
        write_parts(PAGE, {"first": as_markdown(frame)})


if __name__ == "__main__":
    main()
