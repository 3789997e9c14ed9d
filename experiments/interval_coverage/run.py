"""How often do the 80 % intervals of `recommend` hold the scores on tables never seen?

    python experiments/interval_coverage/run.py [--kb KB] [--data ../shared/data/metadatasets]
        [--metrics M,...] [--out DIR] [--docs] [--smoke]

Families of tasks are left out in ten folds. What `recommend` would say of a task left out, its
first line, its first five, and all configurations, is compared with the stored scores.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd

import metalearn
from metalearn.core.arrays import Floats
from metalearn.core.metric import metric_named
from metalearn.workflows.recommend.ask import RecommendRequest
from metalearn.workflows.recommend.known import Known, known_for

sys.path.append(str(Path(__file__).resolve().parents[2]))  # for what experiments share
from experiments.interval_coverage.held_out import SINGLE_FOLDS, fold_losses, held_out_rows
from experiments.pages import page_parser, write_parts
from experiments.recommenders.sets import load

PAGE = Path(__file__).resolve().parents[2] / "docs" / "evidence" / "recommend.md"
METRICS = {
    "classification": ("balanced_accuracy", "accuracy", "roc_auc", "log_loss"),
    "regression": ("r2", "rmse", "mae"),
}
PUBLISHED = ("oboe", "pimp-rf", "tst-svm")
PLACES = ("first", "first five", "all", SINGLE_FOLDS)


def sources(
    kb: str | None, data: Path | None, metrics: set[str]
) -> Iterator[tuple[str, Known, Floats | None]]:
    """Yield the bundled data under each metric, then the published sets, with a name each.

    The last value holds the losses of single folds; None for published sets.
    """
    with metalearn.open(kb) as store:
        for kind, names in METRICS.items():
            for name in [name for name in names if not metrics or name in metrics]:
                metric = metric_named(name)
                known = known_for(store, kind, metric, RecommendRequest())  # type: ignore[arg-type]
                yield name, known, fold_losses(store, known)
    for name in PUBLISHED if data else ():
        meta = load(name, data)  # type: ignore[arg-type]
        floor = np.full(meta.n_tasks, np.nan)
        degenerate = np.zeros(meta.n_configurations, dtype=np.bool_)
        yield name, Known("", meta, (), floor, degenerate, None, ()), None


def summary(frame: pd.DataFrame) -> pd.DataFrame:
    """Return means over tasks by set of data and place, and the number of tasks."""
    grouped = frame.groupby(["set", "place"], sort=False)
    means = grouped[["inside", "better", "worse", "width", "error", "bias"]].mean()
    return means.assign(tasks=grouped.size())


def table(means: pd.DataFrame) -> str:
    """Return the table of the docs: one line a set, three shares by place."""
    lines = ["| scores of | tasks | first line | first five | any configuration | first line, "
             "single folds |", "| --- | --- | --- | --- | --- | --- |"]  # fmt: skip
    for name in means.index.unique("set"):
        inside = means.loc[name]["inside"]
        shares = [f"{inside[place]:.0%}" if place in inside else "" for place in PLACES]
        n = int(means.loc[(name, "all"), "tasks"])
        lines.append(f"| {name} | {n} | {' | '.join(shares)} |")
    return "\n".join(lines)


def main() -> None:
    """Run over sets, print, and write."""
    parser = page_parser(__doc__, __file__, smoke="one fold of one metric")
    parser.add_argument("--data", type=Path, help="folder of published meta-datasets")
    parser.add_argument("--metrics", default="", help="only these")
    arguments = parser.parse_args()
    wanted = {"r2"} if arguments.smoke else set(filter(None, arguments.metrics.split(",")))
    arguments.out.mkdir(parents=True, exist_ok=True)
    frame = pd.DataFrame()
    for name, known, by_fold in sources(arguments.kb, arguments.data, wanted):
        rows = held_out_rows(known, n_folds=1 if arguments.smoke else None, by_fold=by_fold)
        found = pd.DataFrame(rows).assign(set=name)
        print(summary(found).round(3), flush=True)
        frame = pd.concat([frame, found], ignore_index=True)
        frame.round(5).to_csv(arguments.out / "coverage.csv", index=False)
    if arguments.docs:
        write_parts(PAGE, {"intervals": table(summary(frame))})
    print(table(summary(frame)))


if __name__ == "__main__":
    main()
