"""Are expected seconds right from 100 to 100,000 rows, on the machine that runs?

    python experiments/seconds_at_size/run.py TABLES [--kb KB] [--names adult,fried] [--out DIR]
        [--measured FITS] [--docs] [--smoke]

Each table is cut to several numbers of rows. One configuration of each learner is fitted on all of
them, and the processor seconds are compared with those that `recommend` expects from the stored
experience, the table's own left out. With `--measured`, the fits of an earlier run are compared
with the present expectations, and nothing is fitted.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd

from metalearn.core.configuration import Configuration
from metalearn.core.metric import metric_named
from metalearn.learners.tables import Table
from metalearn.store import open_store
from metalearn.workflows.recommend.ask import DEFAULT_METRIC, RecommendRequest
from metalearn.workflows.recommend.known import Known, known_for
from metalearn.workflows.tables.index import TableEntry, table_entries

sys.path.append(str(Path(__file__).resolve().parents[2]))  # for what experiments share
from experiments.pages import write_parts
from experiments.seconds_at_size.measured import cut, measured_rows

PAGE = Path(__file__).resolve().parents[2] / "docs" / "evidence" / "recommend.md"
NAMES = ("adult", "pendigits", "fried", "pol")
SIZES = (100, 300, 1000, 3000, 10_000, 30_000, 100_000)
BY = {"n_rows": "rows", "algorithm": "learner"}


def known_without(entry: TableEntry, table: Table, kb: str | None) -> Known:
    """Return what the store knows without a table."""
    with open_store(kb) as store:
        request = RecommendRequest(exclude=entry.name)
        return known_for(store, table.kind, metric_named(DEFAULT_METRIC[table.kind]), request)


def chosen(known: Known, seed: int) -> dict[str, Configuration]:
    """Return one random configuration of each learner, by key."""
    rng = np.random.default_rng(seed)
    by_algorithm: dict[str, list[Configuration]] = {}
    for configuration in known.meta.configurations:
        by_algorithm.setdefault(configuration.algorithm, []).append(configuration)
    picked = [found[rng.integers(len(found))] for found in by_algorithm.values()]
    return {configuration.key: configuration for configuration in picked}


def with_expected(measured: pd.DataFrame, table: Table, known: Known) -> Iterator[pd.DataFrame]:
    """Yield the measured fits of a table with the seconds that are expected, size by size.

    The speed of the machine is that of the moment of each fit, where it was measured.
    """
    column = {c.key: j for j, c in enumerate(known.meta.configurations)}
    for n, fits in measured.groupby("n_rows"):
        fits = fits[fits["configuration"].isin(column)]
        slowness = fits["slowness"] if "slowness" in fits else pd.Series(np.nan, fits.index)
        expected = known.expected_seconds(cut(table, int(n))) / known.machine_factor
        expected = expected[fits["configuration"].map(column).to_numpy(int)]
        yield fits.assign(expected_s=expected * slowness.fillna(known.machine_factor))


def summary(frame: pd.DataFrame, by: str) -> pd.DataFrame:
    """Return the share of fits within a factor of two, and quantiles of measured / expected."""
    ratio = frame.assign(ratio=frame["measured_s"] / frame["expected_s"])
    grouped = ratio.groupby(by)["ratio"]
    return pd.DataFrame(
        {"fits": grouped.size(), "within_2": grouped.apply(lambda r: r.between(0.5, 2.0).mean()),
         "q10": grouped.quantile(0.1), "median": grouped.median(), "q90": grouped.quantile(0.9)}
    ).round(3)  # fmt: skip


def text(frame: pd.DataFrame) -> str:
    """Return the tables of the docs."""
    within = (frame["measured_s"] / frame["expected_s"]).between(0.5, 2.0).mean()
    lines = [f"{len(frame)} fits; {within:.0%} took between half and twice the expected seconds."]
    for by, title in BY.items():
        lines += ["", f"| {title} | fits | within a factor of 2 | measured / expected: 10 %, "
                  "median, 90 % |", "| --- | --- | --- | --- |"]  # fmt: skip
        for row in summary(frame, by).itertuples():
            label = f"{row.Index:,}" if by == "n_rows" else row.Index
            quantiles = f"{row.q10:.2f}, {row.median:.2f}, {row.q90:.2f}"
            lines.append(f"| {label} | {row.fits} | {row.within_2:.0%} | {quantiles} |")
    return "\n".join(lines)


def main() -> None:
    """Fit, compare, print and write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("tables", type=Path, help="index CSV")
    parser.add_argument("--kb", default=None)
    parser.add_argument("--names", default=",".join(NAMES))
    parser.add_argument("--seed", type=int, default=0, help="of the configurations")
    parser.add_argument("--limit", type=float, default=6.0, help="processor seconds of a fit")
    parser.add_argument("--measured", type=Path, help="fits.csv of an earlier run")
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "out")
    parser.add_argument("--docs", action="store_true", help="write the tables into the page")
    parser.add_argument("--smoke", action="store_true", help="one table, up to 300 rows")
    arguments = parser.parse_args()
    names = ["pol"] if arguments.smoke else arguments.names.split(",")
    sizes = SIZES[:2] if arguments.smoke else SIZES
    arguments.out.mkdir(parents=True, exist_ok=True)
    earlier = pd.read_csv(arguments.measured) if arguments.measured else None
    frame = pd.DataFrame()
    for entry in [entry for entry in table_entries(arguments.tables) if entry.name in names]:
        table = entry.load()
        known = known_without(entry, table, arguments.kb)
        if earlier is None:
            fits = measured_rows(table, chosen(known, arguments.seed), sizes, arguments.limit)
            measured = pd.DataFrame(fits)
        else:
            measured = earlier[earlier["table"] == entry.name].drop(columns="expected_s")
        frame = pd.concat([frame, *with_expected(measured, table, known)], ignore_index=True)
        frame.to_csv(arguments.out / "fits.csv", index=False, float_format="%.4g")
        print(entry.name, summary(frame[frame["table"] == entry.name], "n_rows"), flush=True)
    if arguments.docs:
        write_parts(PAGE, {"seconds": text(frame)})
    print(text(frame))


if __name__ == "__main__":
    main()
