"""Are expected seconds right from 100 to 30,000 rows, on the machine that runs?

    python experiments/seconds_at_size/run.py TABLES [--names adult,pol] [--out DIR] [--smoke]

Each table is cut to several numbers of rows. The first configurations of each learner are fitted
on all of them, and their processor seconds are compared with those that `recommend` expects from
the bundled data, the table's own experience and its family's left out.
"""

from __future__ import annotations

import argparse
import time
import warnings
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from metalearn.core.configuration import Configuration
from metalearn.core.metric import metric_named
from metalearn.learners import get
from metalearn.learners.tables import Table
from metalearn.store import open_store
from metalearn.workflows.recommend.ask import DEFAULT_METRIC, RecommendRequest
from metalearn.workflows.recommend.known import Known, known_for
from metalearn.workflows.tables.index import table_entries

NAMES = ("adult", "letter", "pendigits", "cal-housing", "fried", "pol")
SIZES = (100, 300, 1000, 3000, 10_000, 30_000)
LIMIT_S = 40.0  # of processor time; longer expected or measured fits end a learner's series


def rows_of(table: Table, known: Known, n_each: int, sizes: tuple[int, ...]) -> Iterator[Any]:
    """Yield expected and measured seconds by configuration and number of rows."""
    rng = np.random.default_rng(0)
    order = rng.permutation(len(table.y))
    chosen: dict[str, list[int]] = {}
    for j, configuration in enumerate(known.meta.configurations):
        chosen.setdefault(configuration.algorithm, []).append(j)
    for algorithm, columns in chosen.items():
        for j in columns[:n_each]:
            for n in [n for n in sizes if n <= len(order)]:
                rows = order[:n]
                cut = replace(table, X=table.X.iloc[rows], y=table.y.iloc[rows])
                expected = float(known.expected_seconds(cut)[j])
                measured = seconds_of(cut, known.meta.configurations[j])
                yield {"table": table.name, "kind": table.kind, "algorithm": algorithm,
                       "configuration": j, "n_rows": n, "expected_s": expected,
                       "measured_s": measured}  # fmt: skip
                if measured > LIMIT_S / 6:
                    break


def seconds_of(table: Table, configuration: Configuration) -> float:
    """Return the processor seconds of preparation and fit; the least of two for short ones."""
    y = table.y
    if table.kind == "classification":
        y = pd.Series(pd.factorize(y.astype(str), sort=True)[0], index=y.index)
    times: list[float] = []
    while len(times) < 2 and sum(times) < 1.0:
        model = get(configuration.algorithm).pipeline(table.kind, configuration)
        started = time.process_time()
        model.fit(table.X, y)
        times.append(time.process_time() - started)
    return min(times)


def summary(frame: pd.DataFrame, by: list[str]) -> pd.DataFrame:
    """Return the share of fits within a factor of two, and quantiles of measured / expected."""
    ratio = frame.assign(ratio=frame["measured_s"] / frame["expected_s"])
    grouped = ratio.groupby(by)["ratio"]
    return pd.DataFrame(
        {"fits": grouped.size(), "within_2": grouped.apply(lambda r: r.between(0.5, 2.0).mean()),
         "q10": grouped.quantile(0.1), "median": grouped.median(), "q90": grouped.quantile(0.9)}
    ).round(3)  # fmt: skip


def main() -> None:
    """Fit, print and write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("tables", type=Path, help="index CSV")
    parser.add_argument("--names", default=",".join(NAMES))
    parser.add_argument("--each", type=int, default=2, help="configurations of each learner")
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "out")
    parser.add_argument("--smoke", action="store_true", help="one table, up to 300 rows")
    arguments = parser.parse_args()
    names = ["pol"] if arguments.smoke else arguments.names.split(",")
    sizes = SIZES[:2] if arguments.smoke else SIZES
    arguments.out.mkdir(parents=True, exist_ok=True)
    frame = pd.DataFrame()
    for entry in [entry for entry in table_entries(arguments.tables) if entry.name in names]:
        table = entry.load()
        metric = DEFAULT_METRIC[table.kind]
        with open_store(None) as store:
            known = known_for(
                store, table.kind, metric_named(metric), RecommendRequest(exclude=entry.name)
            )
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            found = pd.DataFrame(rows_of(table, known, arguments.each, sizes))
        frame = pd.concat([frame, found], ignore_index=True)
        frame.to_csv(arguments.out / "fits.csv", index=False, float_format="%.4g")
        print(entry.name, summary(found, ["n_rows"]), sep="\n", flush=True)
    for by in (["n_rows"], ["algorithm"], ["kind"]):
        print(summary(frame, by))
        summary(frame, by).to_csv(arguments.out / f"by_{by[0]}.csv")


if __name__ == "__main__":
    main()
