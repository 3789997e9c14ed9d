"""Do the first five recommendations beat untuned boosting and forests on tables left out?

    python experiments/top_five/run.py TABLES [--names iris,adult,...] [--out DIR]

TABLES is an index CSV. For each table its own rows (and its family's) are left out of the bundled
store; the first five recommendations are fitted and compared with scikit-learn's untuned
HistGradientBoosting and RandomForest, same preparation, same folds (at most 5,000 rows, 5 folds).
`best_of_5` is picked on those folds, as a user with five evaluations would; `first` is the very
first recommendation, picked on nothing.
"""

from __future__ import annotations

import argparse
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

import metalearn
from metalearn.core.metric import metric_named
from metalearn.learners.evaluation import PreparedTask, Procedure
from metalearn.learners.preparation import preparation_pipeline
from metalearn.workflows.recommend.ask import DEFAULT_METRIC
from metalearn.workflows.tables.index import TableEntry, table_entries

NAMES = (
    "adult", "anneal", "arrhythmia", "caravan", "diabetes", "glass", "heart-c", "ionosphere",
    "letter", "mushroom", "segment", "sonar", "soybean", "spambase", "vowel",
    "abalone", "ailerons", "autompg", "cpu-act", "house-prices", "puma32H", "servo", "tecator",
)  # fmt: skip
FAMILIES = {"heart-c": ["heart-statlog"], "autompg": ["cars"], "sick": ["hypothyroid"]}


def baselines(kind: str) -> dict[str, Callable[[], Any]]:
    """Return the untuned peers by name."""
    from sklearn import ensemble

    ending = "Classifier" if kind == "classification" else "Regressor"
    names = {"boosting": "HistGradientBoosting", "forest": "RandomForest"}
    return {short: (lambda n=name: getattr(ensemble, n + ending)(random_state=0))
            for short, name in names.items()}  # fmt: skip


def row(entry: TableEntry) -> dict[str, object]:
    """Return the scores on one table."""
    table = entry.load()
    metric = DEFAULT_METRIC[table.kind]
    prepared = PreparedTask(table, Procedure(max_rows=5000, max_cells=1_000_000, n_folds_large=5))
    exclude = [entry.name, *FAMILIES.get(entry.name, [])]
    found = metalearn.recommend(table, k=5, exclude=exclude)
    scores = []
    for item in found:
        folds = list(prepared.evaluate(item.configuration))
        scores.append(float(np.mean([fold.scores[metric] for fold in folds])))
    best = max(scores) if metric_named(metric).greater_is_better else min(scores)
    result = {"table": entry.name, "metric": metric, "first": scores[0], "best_of_5": best}
    result["expected_first"] = found[0].expected_score
    result["inside"] = found[0].score_low <= scores[0] <= found[0].score_high
    for name, make in baselines(table.kind).items():
        result[name] = peer_score(prepared, make, metric)
    return result


def peer_score(prepared: PreparedTask, make: Callable[[], Any], metric: str) -> float:
    """Return the mean score of a peer over the same folds."""
    from metalearn.learners.scores import classification_scores, regression_scores

    table, values = prepared.table, []
    is_class = table.kind == "classification"
    y = prepared.codes if is_class else table.y.to_numpy(dtype=np.float64)
    for train, test in prepared.splits:
        pipeline = preparation_pipeline("ordinal")
        A = np.asarray(pipeline.fit_transform(table.X.iloc[train]))
        B = np.asarray(pipeline.transform(table.X.iloc[test]))
        model = make().fit(A, y[train])
        if is_class:
            scores = classification_scores(model, B, y[test], int(y.max()) + 1)
        else:
            scores = regression_scores(model.predict(B), y[test], float(np.var(y)))
        values.append(scores[metric])
    return float(np.mean(values))


def main() -> None:
    """Run over the tables and print wins, ties and losses."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("tables", type=Path)
    parser.add_argument("--names", default=",".join(NAMES))
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "out")
    arguments = parser.parse_args()
    chosen = arguments.names.split(",")
    entries = [entry for entry in table_entries(arguments.tables) if entry.name in chosen]
    arguments.out.mkdir(parents=True, exist_ok=True)
    rows = []
    for entry in entries:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            rows.append(row(entry))
        print(rows[-1], flush=True)
        pd.DataFrame(rows).round(4).to_csv(arguments.out / "top_five.csv", index=False)
    frame = pd.DataFrame(rows)
    for ours in ("first", "best_of_5"):
        for peer in ("boosting", "forest"):
            gap = frame[ours] - frame[peer]
            print(f"{ours} against {peer}: {(gap > 1e-3).sum()} won, {(gap.abs() <= 1e-3).sum()} "
                  f"tied, {(gap < -1e-3).sum()} lost; mean gap {gap.mean():+.4f}")  # fmt: skip


if __name__ == "__main__":
    main()
