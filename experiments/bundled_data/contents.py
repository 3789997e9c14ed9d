"""Write how many configurations of each learner the bundled data hold into their reference page.

python experiments/bundled_data/contents.py
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from experiments.pages import write_parts
from metalearn.core.dummy import DUMMY
from metalearn.learners import names
from metalearn.store import open_store

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "reference" / "bundled_data.md"
KINDS = ("classification", "regression")


def counts(folder: Path) -> pd.DataFrame:
    """Return the number of configurations, learner x kind of task."""
    with open_store(folder) as store:
        found = store.sql("""
            SELECT e.algorithm, t.kind, count(DISTINCT e.configuration) AS n
            FROM evaluation e JOIN task t USING (task) GROUP BY ALL
        """)
    table = found.pivot_table(index="algorithm", columns="kind", values="n", fill_value=0)
    return table.drop(index=DUMMY).reindex([*names()]).dropna().astype(int)[[*KINDS]]


def as_markdown(table: pd.DataFrame) -> str:
    """Return the table with its sums; a kind that a learner cannot do stays empty."""
    lines = ["| learner | configurations, classification | regression |", "| --- | --- | --- |"]
    for name, row in table.iterrows():
        lines.append(f"| `{name}` | {row.iloc[0] or ''} | {row.iloc[1] or ''} |")
    total = table.sum()
    return "\n".join([*lines, f"| together | {total.iloc[0]} | {total.iloc[1]} |"])


if __name__ == "__main__":
    write_parts(PAGE, {"configurations": as_markdown(counts(ROOT / "data"))})
