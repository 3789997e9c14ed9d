"""Is the default ahead of the best simple recommender, at every k and on every set?

    python experiments/recommenders/paired.py [--out DIR] [--docs]

Reads what `run.py` has written. At each k the best simple method is the one of least mean regret
on that very set, so it is chosen with hindsight and the default is not. Differences are paired
over tasks; their error is the standard error of the mean.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import numpy as np
import pandas as pd

sys.path.append(str(Path(__file__).resolve().parents[2]))  # for what experiments share
from experiments.pages import write_parts

PAGE = Path(__file__).resolve().parents[2] / "docs" / "evidence" / "recommenders.md"
SIMPLE = ("average-rank", "portfolio", "nearest-tasks", "forest-portfolio", "kernel-portfolio")


def paired(per_task: pd.DataFrame) -> pd.DataFrame:
    """Return the default's regret minus the best simple one's, by k.

    Args:
        per_task: Columns `task`, `recommender`, `k`, `regret`.
    """
    lines = []
    for k, some in per_task.groupby("k"):
        regret = some.pivot_table(index="task", columns="recommender", values="regret")
        best = regret[[name for name in SIMPLE if name in regret]].mean().idxmin()
        gap = (regret["default"] - regret[best]).to_numpy()
        error = float(gap.std(ddof=1) / np.sqrt(len(gap)))
        lines.append({"k": int(k), "best": best, "gap": float(gap.mean()), "error": error})
    return pd.DataFrame(lines)


def as_markdown(found: dict[str, pd.DataFrame]) -> str:
    """Return one row per set: difference ± standard error, and the simple method."""
    ks = sorted({k for table in found.values() for k in table["k"]})
    lines = [
        "| set | " + " | ".join(f"k = {k}" for k in ks) + " |",
        "| --- |" + " --- |" * len(ks),
    ]
    for name, table in found.items():
        rows = table.set_index("k")
        cells = [
            f"{rows.loc[k, 'gap']:+.4f} ± {rows.loc[k, 'error']:.4f} ({rows.loc[k, 'best']})"
            if k in rows.index
            else ""
            for k in ks
        ]
        lines.append(f"| {name} | " + " | ".join(cells) + " |")
    worse = sum(int((table["gap"] > table["error"]).sum()) for table in found.values())
    n = sum(len(table) for table in found.values())
    return "\n".join(
        [*lines, "", f"Behind by more than the standard error in {worse} of {n} cells."]
    )


def main() -> None:
    """Read, print, write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "out")
    parser.add_argument("--docs", action="store_true", help="write the table of the docs")
    arguments = parser.parse_args()
    found = {
        path.parent.name: paired(pd.read_csv(path))
        for path in sorted(arguments.out.glob("*/per_task.csv"))
    }
    print(as_markdown(found))
    if arguments.docs:
        write_parts(PAGE, {"paired": as_markdown(found)})


if __name__ == "__main__":
    main()
