"""Do the 80 % intervals of `recommend` hold on tables larger than all that are known?

    python experiments/interval_coverage/largest.py [--kb KB] [--out DIR] [--docs] [--smoke]

The tenth of the tasks with the most classes, columns or rows, or with the fewest rows, is left out
at once. What `recommend` would say of them from the others is compared with the stored scores.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd

import metalearn
from metalearn.core.arrays import Floats
from metalearn.core.meta_dataset import MetaDataset
from metalearn.core.metric import metric_named
from metalearn.workflows.recommend.ask import DEFAULT_METRIC, RecommendRequest
from metalearn.workflows.recommend.known import Known, known_for

sys.path.append(str(Path(__file__).resolve().parents[2]))  # for what experiments share
from experiments.interval_coverage.held_out import split_rows
from experiments.pages import page_parser, write_parts

PAGE = Path(__file__).resolve().parents[2] / "docs" / "evidence" / "recommend.md"
PLACES = ("first", "first five", "all")
SHARE = 0.1


def sizes_of(meta: MetaDataset) -> dict[str, Floats]:
    """Return what is largest on the tasks that are left out, by name, `(n_tasks,)` each."""
    rows, columns, classes = (
        np.array([getattr(task, name) or 1 for task in meta.tasks], dtype=np.float64)
        for name in ("n_rows", "n_features", "n_classes")
    )
    sizes = {"most columns": columns, "most rows": rows, "fewest rows": -rows}
    return sizes if np.ptp(classes) == 0 else {"most classes": classes} | sizes


def compared(known: Known) -> Iterator[pd.DataFrame]:
    """Yield coverage on the tasks that are left out, for each kind of size."""
    for name, sizes in sizes_of(known.meta).items():
        is_large = sizes >= np.quantile(sizes, 1.0 - SHARE)
        rows = split_rows(known, np.flatnonzero(~is_large), np.flatnonzero(is_large))
        yield pd.DataFrame(rows).assign(left_out=name)


def text(frame: pd.DataFrame) -> str:
    """Return the table of the docs."""
    lines = ["| metric | left out | tasks | first line | first five | any configuration |",
             "| --- | --- | --- | --- | --- | --- |"]  # fmt: skip
    for (metric, name), part in frame.groupby(["metric", "left_out"], sort=False):
        inside = part.groupby("place")["inside"].mean()
        shares = " | ".join(f"{inside[place]:.0%}" for place in PLACES)
        lines.append(f"| {metric} | {name} | {part['task'].nunique()} | {shares} |")
    return "\n".join(lines)


def main() -> None:
    """Compare, print and write."""
    parser = page_parser(__doc__, __file__, smoke="regression alone")
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    parts: list[pd.DataFrame] = []
    with metalearn.open(arguments.kb) as store:
        for kind, metric in DEFAULT_METRIC.items():
            if not (arguments.smoke and kind == "classification"):
                known = known_for(store, kind, metric_named(metric), RecommendRequest())
                parts += compared(known)
    frame = pd.concat(parts, ignore_index=True)
    frame.round(5).to_csv(arguments.out / "largest.csv", index=False)
    if arguments.docs:
        write_parts(PAGE, {"largest": text(frame)})
    print(text(frame))


if __name__ == "__main__":
    main()
