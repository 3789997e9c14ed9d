"""Are expected seconds right on stored tasks that are left out?

    python experiments/seconds_at_size/stored.py [--kb KB] [--out DIR] [--docs] [--smoke]

Families of tasks are left out in ten folds. The seconds of every stored configuration on them are
compared with those that the model of seconds expects from the other tasks.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd

import metalearn
from metalearn.core.task import Kind
from metalearn.store import Store
from metalearn.workflows.evaluate.folds import task_folds
from metalearn.workflows.recommend.ask import DEFAULT_METRIC
from metalearn.workflows.recommend.expectation import (
    categorical_columns,
    model_of_seconds,
    training_sizes,
)

sys.path.append(str(Path(__file__).resolve().parents[2]))  # for what experiments share
from experiments.pages import write_parts

PAGE = Path(__file__).resolve().parents[2] / "docs" / "evidence" / "recommend.md"
KINDS: tuple[Kind, ...] = ("classification", "regression")


def compared(store: Store, kind: Kind, n_folds: int | None) -> Iterator[pd.DataFrame]:
    """Yield measured and expected seconds of all configurations, task by task."""
    meta = store.meta_dataset(DEFAULT_METRIC[kind], kind=kind)
    rows, columns, _ = training_sizes(store, meta.tasks)
    categorical = categorical_columns(meta)
    algorithms = [configuration.algorithm for configuration in meta.configurations]
    for train, test in task_folds(meta.groups, "10-fold", 0)[:n_folds]:
        rest = meta.take(train)
        model = model_of_seconds(rest, rows[train], columns[train], rest.runtimes_s)
        assert model is not None
        for i in test:
            expected, log_sd = model.predict(
                rows[i], columns[i],
                n_classes=meta.tasks[i].n_classes, n_categorical=categorical[i],
            )  # fmt: skip
            yield pd.DataFrame(
                {"kind": kind, "task": meta.tasks[i].name, "algorithm": algorithms,
                 "measured_s": meta.runtimes_s[i], "expected_s": expected, "log_sd": log_sd}
            )  # fmt: skip


def text(frame: pd.DataFrame) -> str:
    """Return the table of the docs."""
    error = np.log(frame["measured_s"] / frame["expected_s"])
    frame = frame.assign(within=error.abs() < np.log(2.0), inside=error.abs() < 1.2816
                         * frame["log_sd"])  # fmt: skip
    lines = [f"{len(frame):,} stored cells: {frame['within'].mean():.0%} within a factor of 2, "
             f"{frame['inside'].mean():.0%} inside the 80 % interval of the model.", "",
             "| learner | cells | within a factor of 2 |", "| --- | --- | --- |"]  # fmt: skip
    for algorithm, group in frame.groupby("algorithm"):
        lines.append(f"| {algorithm} | {len(group):,} | {group['within'].mean():.0%} |")
    return "\n".join(lines)


def main() -> None:
    """Compare, print and write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kb", default=None)
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "out")
    parser.add_argument("--docs", action="store_true", help="write the table into the page")
    parser.add_argument("--smoke", action="store_true", help="one fold of each kind")
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    with metalearn.open(arguments.kb) as store:
        n_folds = 1 if arguments.smoke else None
        parts = [part for kind in KINDS for part in compared(store, kind, n_folds)]
    frame = pd.concat(parts, ignore_index=True)
    frame = frame[(frame["measured_s"] > 0) & (frame["algorithm"] != "dummy")]
    frame.to_csv(arguments.out / "stored.csv", index=False, float_format="%.4g")
    if arguments.docs:
        write_parts(PAGE, {"stored-seconds": text(frame)})
    print(text(frame))


if __name__ == "__main__":
    main()
