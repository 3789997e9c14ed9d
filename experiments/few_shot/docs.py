"""Parts of the page on learned surrogates, from the files that `run.py` keeps."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from experiments.few_shot.paired import paired_table, searched_table
from experiments.few_shot.tables import SETS, coverage_table, summary, table
from experiments.pages import write_parts

__all__ = ["parts_of", "write_docs"]

PAGE = Path(__file__).resolve().parents[2] / "docs" / "evidence" / "learned.md"
SEARCH_SET = "tst-svm"
SEARCHED = ("recurrent", "recurrent-long", "design", "gaussian-process")  # on tasks of their own


def parts_of(curves: pd.DataFrame, name: str) -> dict[str, str]:
    """Return the parts of the page that the searches of one set fill, by name.

    The search that a network does has parts of its own, on the tasks that it was played on; its
    table is one of all its methods.
    """
    apart = SEARCHED if name == SEARCH_SET else SEARCHED[:3]
    parts = {name: table(summary(curves[~curves["method"].isin(apart)]))}
    have, compared = set(curves["method"]), ("default", *SEARCHED, "random")
    if name == SEARCH_SET and set(compared) <= have:
        parts["recurrent"] = table(summary(curves[curves["method"].isin(compared)]))
    if name == SEARCH_SET and set(SEARCHED[2:]) <= have:
        parts["recurrent paired"] = searched_table(curves)
    return parts


def write_docs(out: Path) -> None:
    """Write the tables of all sets that were played into the page."""
    parts: dict[str, str] = {}
    played = {
        path.parent.name: pd.read_csv(path, dtype={"task": str})
        for path in sorted(out.glob("*/curves.csv"))
    }
    for name, curves in played.items():
        parts |= parts_of(curves, name)
    parts["paired"] = paired_table({name: played[name] for name in SETS if name in played})
    covered = [pd.read_csv(path) for path in sorted(out.glob("*/coverage.csv"))]
    if covered:
        parts["coverage"] = coverage_table(pd.concat(covered))
    write_parts(PAGE, parts, only_known=True)
