"""Are expected seconds right on stored tasks that are left out?

    python experiments/seconds_at_size/stored.py [--kb KB] [--out DIR] [--docs] [--smoke]

Families of tasks are left out in ten folds. The seconds of every stored configuration on them, and
of the bundled runs at size of the same tables, are compared with those that the model of seconds
expects from the other tasks: corrected by their runs at size, and without.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd

import metalearn
from metalearn.core.meta_dataset import MetaDataset
from metalearn.core.task import Kind
from metalearn.numerics.runtime_model import RuntimeModel
from metalearn.store import Store
from metalearn.workflows.evaluate.folds import task_folds
from metalearn.workflows.recommend.ask import DEFAULT_METRIC
from metalearn.workflows.recommend.at_size import corrected_at_size, runs_at_size
from metalearn.workflows.recommend.seconds import (
    TimedRuns,
    model_of_seconds,
    seconds_of_runs,
    timed_runs,
)

sys.path.append(str(Path(__file__).resolve().parents[2]))  # for what experiments share
from experiments.pages import page_parser, write_parts

PAGE = Path(__file__).resolve().parents[2] / "docs" / "evidence" / "recommend.md"
KINDS: tuple[Kind, ...] = ("classification", "regression")


def compared(store: Store, kind: Kind, n_folds: int | None) -> Iterator[pd.DataFrame]:
    """Yield measured and expected seconds of all configurations, fold by fold."""
    meta = store.meta_dataset(DEFAULT_METRIC[kind], kind=kind)
    runs = timed_runs(store, meta)
    for train, test in task_folds(meta.groups, "10-fold", 0)[:n_folds]:
        known, rest = runs.take(train), meta.take(train)
        without = model_of_seconds(known, meta.configurations)
        assert without is not None
        model = corrected_at_size(without, known, rest, kind)
        at_size, _ = runs_at_size(runs.take(test), meta.take(test), kind)
        for asked, is_at_size in ((runs.take(test), False), (at_size, True)):
            if len(asked.n_rows):
                yield _cells(meta, asked, model, without).assign(kind=kind, at_size=is_at_size)


def _cells(
    meta: MetaDataset, asked: TimedRuns, model: RuntimeModel, without: RuntimeModel
) -> pd.DataFrame:
    """Return one row per task and configuration: measured seconds and what models expect."""
    expected, log_sd = seconds_of_runs(model, asked)
    algorithms = [c.algorithm for c in meta.configurations]
    return pd.DataFrame(
        {"algorithm": algorithms * len(expected),
         "n_rows": np.repeat(asked.n_rows, len(algorithms)),
         "measured_s": asked.seconds.ravel(), "expected_s": expected.ravel(),
         "without_s": seconds_of_runs(without, asked)[0].ravel(), "log_sd": log_sd.ravel()}
    )  # fmt: skip


def within_2(measured: pd.Series, expected: pd.Series) -> float:
    """Return the share of measured seconds between half and twice the expected ones."""
    return float((measured / expected).between(0.5, 2.0).mean())


def text(frame: pd.DataFrame) -> str:
    """Return the table of the docs on the stored scores' seconds."""
    frame = frame[~frame["at_size"]]
    error = np.log(frame["measured_s"] / frame["expected_s"])
    inside = (error.abs() < 1.2816 * frame["log_sd"]).mean()
    within = within_2(frame["measured_s"], frame["expected_s"])
    lines = [f"{len(frame):,} stored cells: {within:.0%} within a factor of 2, {inside:.0%} "
             "inside the 80 % interval of the model.", "",
             "| learner | cells | within a factor of 2 |", "| --- | --- | --- |"]  # fmt: skip
    for algorithm, group in frame.groupby("algorithm"):
        share = within_2(group["measured_s"], group["expected_s"])
        lines.append(f"| {algorithm} | {len(group):,} | {share:.0%} |")
    return "\n".join(lines)


def text_at_size(frame: pd.DataFrame) -> str:
    """Return the table of the docs on the seconds of the runs at size."""
    frame = frame[frame["at_size"]]
    lines = ["| learner | fits | with runs at size of other tables: within a factor of 2, median "
             "of measured / expected | without |", "| --- | --- | --- | --- |"]  # fmt: skip
    for name, group in [("all", frame), *frame.groupby("algorithm")]:
        cells = [
            f"{within_2(group['measured_s'], group[column]):.0%}, "
            f"{(group['measured_s'] / group[column]).median():.2f}"
            for column in ("expected_s", "without_s")
        ]
        lines.append(f"| {name} | {len(group):,} | {' | '.join(cells)} |")
    return "\n".join(lines)


def main() -> None:
    """Compare, print and write."""
    parser = page_parser(__doc__, __file__, smoke="one fold of each kind")
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    with metalearn.open(arguments.kb) as store:
        n_folds = 1 if arguments.smoke else None
        found = [part for kind in KINDS for part in compared(store, kind, n_folds)]
    frame = pd.concat(found, ignore_index=True)
    frame = frame[(frame["measured_s"] > 0) & (frame["algorithm"] != "dummy")]
    frame.to_csv(arguments.out / "stored.csv", index=False, float_format="%.4g")
    if arguments.docs:
        parts = {"stored-seconds": text(frame), "seconds-of-larger": text_at_size(frame)}
        write_parts(PAGE, parts)
    print(text(frame), text_at_size(frame), sep="\n\n")


if __name__ == "__main__":
    main()
