"""Does a logarithm of a skewed, positive target help a regression learner?

    python experiments/automl/log_target.py TABLES [--rows 1500] [--out FILE]

TABLES is an index CSV; its regression tables with a target >= 0 of skewness > 1 are used, without
those of `run.py`. Each learner's default is fitted on three folds, on the target and on its
logarithm (of target + 1 where there is a 0); predictions are clipped to the training targets. A
row has the RMSE on the logarithm, and that of the mean of both predictions, over the plain RMSE.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from run import NAMES
from sklearn.model_selection import KFold

from metalearn.automl.bench import quiet
from metalearn.learners import get
from metalearn.learners.common_list import algorithm_list
from metalearn.workflows.tables.index import table_entries

LEARNERS = ("elastic_net", "svr", "mlp", "random_forest", "lightgbm", "catboost")
LEAST_SKEW = 1.0


def skewed_tables(index: Path, most_rows: int) -> Iterator[tuple[str, pd.DataFrame, Any]]:
    """Yield name, features and targets of the tables, at most so many rows of each."""
    for entry in table_entries(index):
        if entry.kind != "regression" or entry.name in NAMES:
            continue
        table = entry.load()
        y = table.y.to_numpy(float)
        if y.min() < 0 or pd.Series(y).skew() < LEAST_SKEW:
            continue
        kept = np.random.default_rng(0).permutation(len(y))[:most_rows]
        yield entry.name, table.X.iloc[kept], y[kept]


def ratios(learner: str, X: pd.DataFrame, y: Any) -> dict[str, float]:
    """Return the RMSE on the logarithm, and of the mean of both, over the plain RMSE."""
    configuration = algorithm_list(learner, "regression", 1)[0]
    algorithm = get(learner)
    shift = 0.0 if y.min() > 0 else 1.0
    plain, by_log = np.empty(len(y)), np.empty(len(y))
    for train, test in KFold(3, shuffle=True, random_state=0).split(X):
        preparation = algorithm.recipe("regression", configuration).pipeline()
        A = preparation.fit_transform(X.iloc[train], y[train])
        B = preparation.transform(X.iloc[test])
        model = algorithm.estimator("regression", configuration, 0)
        plain[test] = model.fit(A, y[train]).predict(B).clip(y[train].min(), y[train].max())
        model = algorithm.estimator("regression", configuration, 0)
        found = np.exp(model.fit(A, np.log(y[train] + shift)).predict(B)) - shift
        by_log[test] = found.clip(y[train].min(), y[train].max())

    def rmse(predicted: Any) -> float:
        return float(np.sqrt(np.mean((predicted - y) ** 2)))

    return {
        "log": rmse(by_log) / rmse(plain),
        "mean of both": rmse((plain + by_log) / 2) / rmse(plain),
    }


def main(arguments: Sequence[str] | None = None) -> pd.DataFrame:
    """Measure, print the median by learner, and write the rows."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("tables", type=Path)
    parser.add_argument("--rows", type=int, default=1_500)
    parser.add_argument("--out", type=Path)
    asked = parser.parse_args(arguments)
    rows = []
    with quiet():
        for name, X, y in skewed_tables(asked.tables, asked.rows):
            rows += [{"table": name, "learner": a, **ratios(a, X, y)} for a in LEARNERS]
            print(name, flush=True)
    found = pd.DataFrame(rows)
    if asked.out:
        found.round(4).to_csv(asked.out, index=False)
    for ratio in ("log", "mean of both"):
        by = found.groupby("learner", sort=False)[ratio]
        print(by.describe()[["25%", "50%", "75%"]].round(3).to_string(), f"\n{ratio}\n")
    print(found["table"].nunique(), "tables")
    return found


if __name__ == "__main__":
    main()
