"""How many runs should a leaf hold, if there are hundreds or thousands of runs?

    python experiments/importance_analytic/leaves.py [--out DIR] [--seeds N] [--smoke]

The functions, designs, noises and error of `run.py`, with 600 to 5,000 runs and all axes tried at
each split. The rule is chosen on seven functions and reported on ten others, with other seeds:
leaves of one run against the rule. `--smoke`: two functions a part, 600 runs.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import numpy as np
import pandas as pd

from metalearn.importance.forest import ForestSettings

sys.path.append(str(Path(__file__).resolve().parents[2]))  # for what experiments share
from experiments.importance_analytic.functions import CHOOSE, REPORT
from experiments.importance_analytic.run import cases, ours, row

SIZES = (600, 1000, 5000)
LEAVES = (1, 3, 5, 10)
RULE = "one for each 300 runs, 1 to 5"


def measured(n_seeds: int, smoke: bool) -> pd.DataFrame:
    """Return the raw table: every size of leaves on every case."""
    sizes, n_functions = ((600,), 2) if smoke else (SIZES, None)
    forests = {f"{leaf}": ForestSettings(min_leaf=leaf) for leaf in LEAVES}
    parts = (
        ("chosen on", CHOOSE, 0, forests),
        ("reported on", REPORT, 100, {"1": forests["1"], RULE: ForestSettings()}),
    )
    rows = [
        row(part, leaves, case, ours(case, forest))
        for part, functions, first, tried in parts
        for case in cases(functions[:n_functions], range(first, first + n_seeds), sizes)
        for leaves, forest in tried.items()
    ]
    return pd.DataFrame(rows).rename(columns={"tool": "leaves"})


def summary(raw: pd.DataFrame) -> pd.DataFrame:
    """Return mean errors: in all, without and with noise, and by number of runs."""
    index = ["part", "leaves"]
    named = raw.assign(noise=np.where(raw["noise"] > 0, "noise", "no noise"))
    tables = [named.groupby(index, sort=False)["error"].mean().rename("all")]
    for column in ("noise", "runs"):
        tables.append(named.pivot_table(index=index, columns=column, values="error", sort=False))
    return pd.concat(tables, axis=1).reset_index()


def main() -> None:
    """Measure, print and write the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "out")
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--smoke", action="store_true")
    arguments = parser.parse_args()
    result = summary(measured(arguments.seeds, arguments.smoke))
    arguments.out.mkdir(parents=True, exist_ok=True)
    result.to_csv(arguments.out / "leaves.csv", index=False, float_format="%.4g")
    print(result.round(3).to_string(index=False))


if __name__ == "__main__":
    main()
