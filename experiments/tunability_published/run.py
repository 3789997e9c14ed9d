"""Do our formulas give the published tunability, cell by cell?

    python experiments/tunability_published/run.py DATA [--out DIR] [--smoke]

DATA is a folder with `tunability/`: predictions per data set of the default, of the optimum, and
of the best value of each hyperparameter and pair, published with Probst, Boulesteix, Bischl,
"Tunability" (JMLR 2019): 38 data sets, 6 learners, 3 measures, 2 reference configurations. From
these predictions we recompute tunability, its means, joint gains and tuning ranges, and compare
every cell that is published. `--smoke` takes AUC alone.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import pandas as pd

from metalearn.importance.tuning_gain import (
    gains,
    joint_gain,
    mean_interval,
    numeric_range,
)
from metalearn.plots.boxes import box_data, draw_boxes
from metalearn.plots.style import save

KEY = ["measure", "algorithm", "reference"]
INACTIVE = -11.0


def overall(frame: pd.DataFrame) -> tuple[pd.DataFrame, float]:
    """Return mean tunability per learner with its interval, and the largest cell difference."""
    rows, worst = [], 0.0
    for key, part in frame.groupby(KEY):
        found = gains(part["default_score"].to_numpy(), part["optimum_score"].to_numpy())
        worst = max(worst, float(np.abs(found - part["tunability"]).max()))
        mean = mean_interval(found)
        rows.append((*key, mean.mean, mean.low, mean.high, mean.n_tasks))
    columns = [*KEY, "tunability", "low", "high", "n_tasks"]
    return pd.DataFrame(rows, columns=columns), worst


def single(frame: pd.DataFrame, defaults: pd.DataFrame) -> tuple[pd.DataFrame, float]:
    """Return mean tunability per hyperparameter, and the largest cell difference."""
    both = frame.merge(defaults[[*KEY, "data_id", "default_score"]], on=[*KEY, "data_id"])
    both["ours"] = gains(both["default_score"].to_numpy(), both["best_score"].to_numpy())
    worst = float((both["ours"] - both["tunability"]).abs().max())
    means = both.groupby([*KEY, "hyperparameter"], as_index=False)["ours"].mean()
    return means.rename(columns={"ours": "tunability"}), worst


def pairs(frame: pd.DataFrame, one: pd.DataFrame, defaults: pd.DataFrame) -> pd.DataFrame:
    """Return mean tunability and joint gain per pair."""
    on = [*KEY, "data_id"]
    both = frame.merge(defaults[[*on, "default_score"]], on=on)
    for place in ("1", "2"):
        part = one.rename(columns={"hyperparameter": f"hyperparameter_{place}",
                                   "best_score": f"best_{place}"})  # fmt: skip
        columns = [*on, f"hyperparameter_{place}", f"best_{place}"]
        both = both.merge(part[columns], on=[*on, f"hyperparameter_{place}"])
    gain = {name: gains(both["default_score"].to_numpy(), both[column].to_numpy())
            for name, column in (("pair", "best_score"), ("1", "best_1"), ("2", "best_2"))
            }  # fmt: skip
    both["tunability"] = gain["pair"]
    both["joint_gain"] = joint_gain(gain["pair"], gain["1"], gain["2"])
    names = [*KEY, "hyperparameter_1", "hyperparameter_2"]
    return both.groupby(names, as_index=False)[["tunability", "joint_gain"]].mean()


def ranges(optima: pd.DataFrame, published: pd.DataFrame) -> tuple[pd.DataFrame, float]:
    """Return our 5 % and 95 % quantiles beside the published ones, and the largest difference."""
    rows = []
    numeric = published.dropna(subset=["q05"])
    for row in numeric.itertuples():
        part = optima[(optima["measure"] == row.measure) & (optima["algorithm"] == row.algorithm)
                      & (optima["hyperparameter"] == row.hyperparameter)]  # fmt: skip
        values = pd.to_numeric(part["value"]).to_numpy(np.float64)
        low, high = numeric_range(np.where(values == INACTIVE, np.nan, values))
        rows.append((row.measure, row.algorithm, row.hyperparameter, low, row.q05, high, row.q95))
    columns = ["measure", "algorithm", "hyperparameter", "low", "q05", "high", "q95"]
    frame = pd.DataFrame(rows, columns=columns)
    scale = frame[["q05", "q95"]].abs().max(axis=1).clip(lower=1e-12)
    worst = np.maximum((frame["low"] - frame["q05"]).abs(), (frame["high"] - frame["q95"]).abs())
    return frame, float((worst / scale).max())


def main() -> None:
    """Recompute, compare, draw."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "out")
    parser.add_argument("--smoke", action="store_true")
    arguments = parser.parse_args()
    names = ["overall.csv.gz", "per_hyperparameter.csv.gz", "pairs.csv.gz",
             "optimum_configurations.csv.gz", "tuning_space.csv"]  # fmt: skip
    tables = [pd.read_csv(arguments.data / "tunability" / name) for name in names]
    if arguments.smoke:
        tables = [table[table["measure"] == "auc"] for table in tables]
    all_means, worst_overall = overall(tables[0])
    one_means, worst_single = single(tables[1], tables[0])
    pair_means = pairs(tables[2], tables[1], tables[0])
    found_ranges, worst_range = ranges(tables[3], tables[4])
    out = arguments.out
    out.mkdir(parents=True, exist_ok=True)
    for name, frame in (("overall", all_means), ("hyperparameters", one_means),
                        ("pairs", pair_means), ("ranges", found_ranges)):  # fmt: skip
        frame.to_csv(out / f"{name}.csv", index=False, float_format="%.6g")
    auc = tables[0].query("measure == 'auc' and reference == 'computed_default'")
    wide = auc.pivot_table(index="data_id", columns="algorithm", values="tunability")
    boxes = box_data(tuple(wide.columns), wide.to_numpy(), "AUC gained over the optimal default")
    save(draw_boxes(boxes, "tunability of six learners, 38 data sets"), out, "tunability",
         boxes.to_frame())  # fmt: skip
    result = pd.DataFrame(
        [("tunability per data set", len(tables[0]), worst_overall),
         ("tunability per hyperparameter and data set", len(tables[1]), worst_single),
         ("tuning ranges (relative)", 2 * len(found_ranges), worst_range)],
        columns=["compared", "cells", "largest_difference"],
    )  # fmt: skip
    result.to_csv(out / "result.csv", index=False, float_format="%.3g")
    print(result.to_string(index=False))
    shown = all_means[all_means["measure"] == "auc"]
    print(shown.round(4).to_string(index=False))


if __name__ == "__main__":
    main()
