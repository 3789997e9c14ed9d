"""How much better do scores become when a fit learns from more rows than the known fits did?

    python experiments/interval_coverage/at_size.py TABLES [--names letter,mv] [--out DIR]

The default configurations of some learners are fitted on 1,333 rows, as many as the known fits
learn from, and on four times as many, and scored on the same 2,000 other rows. The exponent is
that of a power law in the rows: loss = constant * rows^-exponent.
"""

from __future__ import annotations

import argparse
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from metalearn.core.metric import metric_named
from metalearn.learners import get
from metalearn.learners.predictions import class_predictions, number_predictions
from metalearn.learners.scores import labels_of, predicted_scores, regression_scores
from metalearn.learners.tables import Table
from metalearn.workflows.tables.index import table_entries

NAMES = ("letter", "bank-marketing-balanced", "mammography", "health-insurance", "beijing-pm25",
         "house8L", "mv", "bank32nh")  # fmt: skip
LEARNERS = ("lightgbm", "random_forest", "elastic_net", "k_nearest_neighbors")
METRICS = ("balanced_accuracy", "accuracy", "roc_auc", "log_loss", "r2", "rmse", "mae")
N_KNOWN, TIMES, N_TEST = 1333, 4, 2000


def losses(table: Table, learner: str, train: Any, test: Any) -> dict[str, float]:
    """Return the losses of a learner's default by metric."""
    algorithm = get(learner)
    configuration = algorithm.space(table.kind).default()
    model = algorithm.pipeline(table.kind, configuration)
    if table.kind == "regression":
        y = table.y.to_numpy(dtype=np.float64)
        model.fit(table.X.iloc[train], y[train])
        found = number_predictions(model, table.X.iloc[test])
        scores = regression_scores(found.values, y[test], float(np.var(y)))
    else:
        codes = pd.factorize(table.y.astype(str), sort=True)[0]
        model.fit(table.X.iloc[train], codes[train])
        every = np.arange(codes.max() + 1)
        found = class_predictions(model, table.X.iloc[test], every)
        scores = predicted_scores(found, codes[test], labels_of(model, table.X.iloc[test], found))
    return {m: float(metric_named(m).loss(scores[m])) for m in METRICS if m in scores}


def rows_of(table: Table) -> Iterator[dict[str, Any]]:
    """Yield the exponent of each learner and metric on a table."""
    order = np.random.default_rng(0).permutation(len(table.y))
    test, rest = order[:N_TEST], order[N_TEST:]
    few, many = rest[:N_KNOWN], rest[: TIMES * N_KNOWN]
    for learner in LEARNERS:
        before, after = (losses(table, learner, rows, test) for rows in (few, many))
        for metric, loss in before.items():
            exponent = -np.log(after[metric] / loss) / np.log(len(many) / len(few))
            yield {"table": table.name, "learner": learner, "metric": metric, "few": loss,
                   "many": after[metric], "exponent": exponent}  # fmt: skip


def main() -> None:
    """Fit, print and write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("tables", type=Path, help="index CSV")
    parser.add_argument("--names", default=",".join(NAMES))
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "out")
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    names = arguments.names.split(",")
    found: list[dict[str, Any]] = []
    warnings.simplefilter("ignore")
    for entry in [entry for entry in table_entries(arguments.tables) if entry.name in names]:
        found += rows_of(entry.load())
        pd.DataFrame(found).to_csv(arguments.out / "at_size.csv", index=False, float_format="%.4g")
    print(pd.DataFrame(found).groupby("metric")["exponent"].describe().round(3))


if __name__ == "__main__":
    main()
