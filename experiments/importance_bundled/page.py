"""Writes what `run.py` found into the documentation: two tables and a figure.

    python experiments/importance_bundled/page.py OUT docs

OUT is the folder that `run.py` wrote. The part of `docs/evidence/importance.md` between the two
markers is replaced, and the figure is copied beside the others.
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import pandas as pd

sys.path.append(str(Path(__file__).resolve().parents[2]))  # for what experiments share
from experiments.pages import write_parts

CAPTION = """Draws from the prior of the other tasks against uniform ones, mean normalized regret
of the best (in brackets: tasks won and lost):"""


def verdict_table(verdicts: pd.DataFrame) -> str:
    """Return algorithms with an answer as a table, the others as a sentence."""
    lines = ["| | tasks | configurations | fit of a task | fit pooled | verdict |",
             "| --- | --- | --- | --- | --- | --- |"]  # fmt: skip
    for row in verdicts[verdicts["verdict"] != "too few"].itertuples():
        lines.append(
            f"| {row.analysis} | {row.tasks} | {row.distinct_configurations} | "
            f"{row.fit_of_a_task:.2f} | {row.fit_pooled:.2f} | {row.verdict} |"
        )
    few = verdicts[verdicts["verdict"] == "too few"]
    named = ", ".join(f"{row.analysis.replace(', ', ' ')} ({row.distinct_configurations})"
                      for row in few.itertuples())  # fmt: skip
    return "\n".join(lines) + f"\n\nToo few configurations for any number: {named}.\n"


def prior_table(priors: pd.DataFrame) -> str:
    """Return regret of draws from the prior and uniform ones, with tasks won and lost."""
    lengths = sorted(set(priors["k"]))
    lines = [f"| configurations drawn | {' | '.join(map(str, lengths))} |",
             "| --- |" + " --- |" * len(lengths)]  # fmt: skip
    for name, part in priors.groupby("analysis", sort=False):
        for sampler, rows in part.groupby("sampler", sort=False):
            cells = rows.set_index("k").reindex(lengths)
            texts = ["" if pd.isna(v) else f"{v:.3f}" for v in cells["regret"]]
            if sampler == "prior":
                texts = [
                    text and f"{text} ({won:.0f} / {lost:.0f})"
                    for text, won, lost in zip(texts, cells["wins"], cells["losses"], strict=True)
                ]
            lines.append(f"| {name}: {sampler} | {' | '.join(texts)} |")
    return "\n".join(lines) + "\n"


def main() -> None:
    """Replace the part of the page."""
    out, docs = Path(sys.argv[1]), Path(sys.argv[2])
    parts = [verdict_table(pd.read_csv(out / "verdicts.csv"))]
    if (out / "importance_bundled.svg").exists():
        shutil.copy(out / "importance_bundled.svg", docs / "figures")
        parts += [
            "![Shares of variance on the bundled data](../figures/importance_bundled.svg)",
            "",
        ]
    if (out / "priors_held_out.csv").exists():
        parts += [CAPTION, "", prior_table(pd.read_csv(out / "priors_held_out.csv"))]
    write_parts(docs / "evidence" / "importance.md", {"bundled data": "\n".join(parts)})


if __name__ == "__main__":
    main()
