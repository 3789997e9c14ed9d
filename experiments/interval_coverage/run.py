"""How often does the 80 % interval hold the score of a configuration on a task left out?

    python experiments/interval_coverage/run.py [--kb KB] [--out DIR]

Leaves out one family of tasks at a time, fits the expectation on the others, and counts over all
configurations, and over the ten that would be recommended, how often the score lies inside.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import pandas as pd

import metalearn
from metalearn.core.meta_dataset import MetaDataset
from metalearn.core.task import TargetTask
from metalearn.recommenders.expected_score import expected_score
from metalearn.recommenders.forest_portfolio import ForestPortfolio

METRICS = {
    "classification": ("balanced_accuracy", "accuracy", "roc_auc", "log_loss"),
    "regression": ("r2",),
}


def coverage(meta: MetaDataset, tasks: range) -> dict[str, float]:
    """Return coverage, width and error over the tasks left out, one at a time."""
    rows = []
    for i in tasks:
        rest = meta.take(meta.groups != meta.groups[i])
        target = TargetTask(meta.meta_features[i])
        found = expected_score(rest, np.random.default_rng(0)).predict(target)
        losses = meta.losses[i]
        inside = (losses >= found.low) & (losses <= found.high)
        seen = np.isfinite(losses)
        order = np.argsort(ForestPortfolio().fit(rest, np.random.default_rng(0)).score(target))
        top = order[:10][seen[order[:10]]]
        plain = np.abs(np.nanmean(rest.losses, axis=0) - losses)
        rows.append(
            {
                "coverage": inside[seen].mean(),
                "coverage_top_10": inside[top].mean(),
                "width": (found.high - found.low)[seen].mean(),
                "error": np.abs(found.mean - losses)[seen].mean(),
                "error_of_the_mean": plain[seen].mean(),
            }
        )
    return {"n_tasks": len(rows), **pd.DataFrame(rows).mean().to_dict()}


def main() -> None:
    """Run over kinds and metrics and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kb", default=None)
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "out")
    parser.add_argument("--smoke", action="store_true", help="three tasks, one metric")
    arguments = parser.parse_args()
    rows = []
    with metalearn.open(arguments.kb) as store:
        for kind, metrics in METRICS.items():
            for metric in metrics[:1] if arguments.smoke else metrics:
                meta = store.meta_dataset(metric, kind=kind).with_failures_imputed()
                meta = meta.with_outliers_clipped()
                meta = meta.take(None, np.isfinite(meta.losses).any(axis=0))
                tasks = range(3 if arguments.smoke else meta.n_tasks)
                rows.append({"metric": metric, **coverage(meta, tasks)})
                print(rows[-1], flush=True)
    arguments.out.mkdir(parents=True, exist_ok=True)
    pd.DataFrame(rows).round(4).to_csv(arguments.out / "coverage.csv", index=False)


if __name__ == "__main__":
    main()
