"""The picture of what metalearn does: known tasks, a new table among them, and what to try on it.

python experiments/front_picture/run.py [--out docs/figures/what_it_does.svg]
"""

from __future__ import annotations

import argparse
from pathlib import Path

import pandas as pd
from markupsafe import Markup

import metalearn
from metalearn.pages.charts.map import map_chart
from metalearn.pages.charts.svg import element, text
from metalearn.plots.task_map import task_map_data
from metalearn.workflows.recommend.result import Recommendation

ROOT = Path(__file__).resolve().parents[2]
WIDTH, HEIGHT, LEFT = 860, 330, 400
STYLE = """
svg{background:#fff}text{font:12px system-ui,sans-serif;fill:#1d2328}.soft{fill:#566069}
.title{font-weight:600;font-size:14px}.axis{stroke:#566069;fill:none}
.task{fill:#d5dadf;stroke:#566069;stroke-width:.6}.near{fill:#0068a8;stroke:#fff}
.mark{fill:#b35c00;stroke:#fff}.box{fill:#dfe8ef;stroke:#566069}.bar{fill:#0068a8}
"""


def picture(k: int = 6) -> str:
    """Return the picture as a document of its own."""
    table = pd.read_csv(ROOT / "examples" / "customers.csv").drop(columns="customer")
    kb = ROOT / "data"
    near = metalearn.similar(table, "churned", kb=kb)
    found = metalearn.recommend(table, "churned", k=k, kb=kb)
    drawn = map_chart(task_map_data(near), "map")
    inner = Markup(drawn[drawn.index(">") + 1 : drawn.rindex("</svg>")])  # ours
    parts = [
        text(14, 22, f"{len(near.known)} known tasks; the star is your table", class_="title"),
        element("g", inner, transform="translate(10 26)"),
        text(LEFT, 22, "What to try on it, in this order", class_="title"),
    ]
    ends = min(i.score_low for i in found), max(i.score_high for i in found)
    for row, item in enumerate(found):
        y = 52.0 + 42 * row
        parts += _row(item, y, ends)
    name = found.metric.name.replace("_", " ")
    parts.append(text(LEFT, HEIGHT - 12, f"bar: expected {name} with its 80 % interval",
                      class_="soft"))  # fmt: skip
    shown = element("svg", Markup("<style>") + Markup(STYLE) + Markup("</style>"), *parts,
                    xmlns="http://www.w3.org/2000/svg", viewBox=f"0 0 {WIDTH} {HEIGHT}",
                    role="img", aria_label="What metalearn does")  # fmt: skip
    return f"{shown}\n"


def _row(item: Recommendation, y: float,
         ends: tuple[float, float]) -> list[Markup]:  # fmt: skip
    def at(value: float) -> float:
        return LEFT + 170 + 130 * (value - ends[0]) / (ends[1] - ends[0])

    because = ", ".join(e.task for e in item.evidence[:2])
    return [
        text(LEFT, y, f"{item.rank}  {item.configuration.algorithm.replace('_', ' ')}"),
        text(LEFT + 14, y + 15, f"because of {because}", class_="soft"),
        element("rect", x=at(item.score_low), y=y - 8, width=at(item.score_high)
                - at(item.score_low), height=6.0, class_="box"),
        element("rect", x=at(item.expected_score) - 1.5, y=y - 11, width=3.0, height=12.0,
                class_="bar"),
        text(LEFT + 312, y, f"{item.expected_score:.2f}   {item.expected_seconds:.2g} s"),
    ]  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=ROOT / "docs/figures/what_it_does.svg")
    arguments = parser.parse_args()
    arguments.out.write_text(picture(), encoding="utf-8")


if __name__ == "__main__":
    main()
