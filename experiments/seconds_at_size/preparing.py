"""Does a column of many categories, or of dates, make the preparation of a table slow?

    python experiments/seconds_at_size/preparing.py [--docs] [--smoke]

Tables of four numbers, seven columns of four categories and one of 39 to 1,000 categories, or of
dates in text, are prepared for trees and for scaled learners, by the preparation as it is and with
skrub's `TableVectorizer` for every column. Both return the same matrix.
Processor seconds of fitting and transforming the same rows, the less of two runs, in turns.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from metalearn.learners.columns import ColumnVectorizer, skrub_vectorizer
from metalearn.learners.preparation import Preparation, preparation_pipeline

sys.path.append(str(Path(__file__).resolve().parents[2]))  # for what experiments share
from experiments.pages import write_parts

PAGE = Path(__file__).resolve().parents[2] / "docs" / "evidence" / "recommend.md"
ROWS = (1000, 10_000)
CATEGORIES = (39, 40, 1000)
DATES = {"2026-11-30": "%Y-%m-%d", "30.11.2026": "%d.%m.%Y"}
KINDS: tuple[Preparation, ...] = ("ordinal", "scaled")
N_RUNS = 2


def table(n_rows: int, last: int | str) -> pd.DataFrame:
    """Return a table whose last column has that many categories, or dates of that form."""
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(rng.normal(size=(n_rows, 4))).add_prefix("x")
    for j in range(7):
        frame[f"few{j}"] = pd.Categorical(rng.choice(["red", "green", "blue", "grey"], n_rows))
    if isinstance(last, str):
        days = pd.Timestamp("2020-01-01") + pd.to_timedelta(rng.integers(0, 2000, n_rows), "D")
        return frame.assign(last=days.strftime(DATES[last]).to_numpy(dtype=object))
    codes = rng.permutation(np.arange(n_rows) % last)  # each of them is there
    names = [f"city {i}" for i in range(last)]
    return frame.assign(last=pd.Categorical.from_codes(codes, categories=names))


def with_skrub(kind: Preparation) -> Any:  # an untyped scikit-learn Pipeline
    """Return the preparation with skrub's vectorizer in the place of ours."""
    pipeline = preparation_pipeline(kind)
    places = [
        i for i, (_, step) in enumerate(pipeline.steps) if isinstance(step, ColumnVectorizer)
    ]
    for i in places:
        name, step = pipeline.steps[i]
        pipeline.steps[i] = (name, skrub_vectorizer(step.encoding))
    return pipeline


def measured() -> Iterator[dict[str, Any]]:
    """Yield the seconds of both ways for every size."""
    for n_rows in ROWS:
        for last in (*CATEGORIES, *DATES):
            frame = table(n_rows, last)
            name = last if isinstance(last, str) else f"{last:,} categories"
            row: dict[str, Any] = {"rows": n_rows, "last": name}
            for kind in KINDS:
                times: dict[str, list[float]] = {"skrub": [], "ours": []}
                for _ in range(N_RUNS):
                    for way, pipeline in (("skrub", with_skrub(kind)),
                                          ("ours", preparation_pipeline(kind))):  # fmt: skip
                        started = time.process_time()
                        pipeline.fit_transform(frame)
                        times[way].append(time.process_time() - started)
                row |= {f"{kind} {way}": min(found) for way, found in times.items()}
            yield row


def text(rows: list[dict[str, Any]]) -> str:
    """Return the table of the docs."""
    lines = ["| rows | last column | for trees: skrub, ours | scaled: skrub, ours |",
             "| --- | --- | --- | --- |"]  # fmt: skip
    for row in rows:
        seconds = [f"{row[f'{kind} skrub']:.3f}, {row[f'{kind} ours']:.3f}" for kind in KINDS]
        lines.append(f"| {row['rows']:,} | {row['last']} | {' | '.join(seconds)} |")
    return "\n".join(lines)


def main() -> None:
    """Measure, print and write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--docs", action="store_true", help="write the table into the page")
    parser.add_argument("--smoke", action="store_true", help="the smallest table")
    arguments = parser.parse_args()
    rows = []
    for row in measured():
        rows.append(row)
        print(row, flush=True)
        if arguments.smoke:
            break
    if arguments.docs:
        write_parts(PAGE, {"preparing": text(rows)})
    print(text(rows))


if __name__ == "__main__":
    main()
