"""What should a fit try until the recommender is ready?

    python experiments/automl/beginnings.py [--docs]

The fits in the bundled store are replayed: tables of `run.py` and their families are left out, and
each group of near-duplicate tasks is predicted from the others. A beginning is a list of
configurations. It is tried in its order for three seconds, a configuration taking the measured
seconds of three folds. The curve of the best loss so far, scaled per task (1: the dummy, 0: the
best configuration of the store), has an area between 0 and 1. Lists are the defaults that fits
began with before, all defaults, and greedy portfolios of the other tasks by gain per power of the
median seconds (`metalearn.automl.quick_list`). `--docs` writes the table of the evidence page.
"""

from __future__ import annotations

import argparse
import runpy
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

sys.path.append(str(Path(__file__).resolve().parents[2]))  # for what experiments share
from experiments.pages import write_parts
from metalearn.core.arrays import Floats
from metalearn.core.metric import metric_named
from metalearn.learners import CATALOGUE, get
from metalearn.learners.evaluation import Procedure
from metalearn.numerics.matrix.set_gain import greedy_order
from metalearn.recommenders.prepared_meta import prepared_meta
from metalearn.workflows.recommend.ask import RecommendRequest
from metalearn.workflows.recommend.known import known_for

HERE = Path(__file__).parent
PAGE = HERE.parents[1] / "docs" / "evidence" / "automl.md"
RUN = runpy.run_path(str(HERE / "run.py"))
KINDS = {"classification": "log_loss", "regression": "rmse"}
BEFORE = {
    "classification": ("logistic_regression", "lightgbm", "extra_trees"),
    "regression": ("ridge", "lightgbm", "extra_trees"),
}
POWERS = (0.0, 0.25, 0.5, 1.0)
_SECONDS, _LENGTH = 3.0, 8
_FOLDS, _OVERHEAD_S = 3, 0.05


def area(losses: Floats, seconds: Floats, order: Sequence[int]) -> float:
    """Return the area of one task: scaled losses and seconds of all configurations, `(n,)`."""
    at, best, found = 0.0, 1.0, 0.0
    for j in order:
        ends = min(at + seconds[j], _SECONDS)
        found += best * (ends - at)
        at = ends
        if at >= _SECONDS:
            break
        best = min(best, losses[j])
    return (found + best * (_SECONDS - at)) / _SECONDS


def areas_of(kind: str, store: Any) -> pd.DataFrame:
    """Return the area of each beginning on each task."""
    related = {name for table in RUN["NAMES"] for name in RUN["family_of"](table)}
    mine = set(store.tasks().query("kind == @kind")["name"])
    request = RecommendRequest(metric=KINDS[kind], exclude=tuple(sorted(related & mine)))
    known = known_for(store, kind, metric_named(KINDS[kind]), request)
    meta, imputed = known.meta, known.imputed
    best = np.nanmin(meta.losses, axis=1, keepdims=True)
    worst = np.where(np.isfinite(known.floor), known.floor, np.nanmax(meta.losses, axis=1))
    scaled = (meta.losses - best) / np.maximum(worst[:, None] - best, 1e-12)
    scaled = np.nan_to_num(scaled, nan=1.0).clip(0.0, 1.0)
    rows_of = store.tasks().set_index("task")["n_rows"]
    n_folds = np.array([Procedure().folds_of(int(rows_of[task.key])) for task in meta.tasks])
    fold_s = np.nan_to_num(meta.runtimes_s, nan=1.0) / n_folds[:, None]
    seconds = _FOLDS * (fold_s + _OVERHEAD_S)
    position = {c: j for j, c in enumerate(meta.configurations)}
    defaults = {
        name: position[c]
        for name in CATALOGUE.names()
        if kind in get(name).kinds and (c := get(name).space(kind).default()) in position
    }
    rows = []
    for group in np.unique(meta.groups):
        others = np.flatnonzero(meta.groups != group)
        prepared = prepared_meta(imputed.take(tasks=others), "beginnings")
        lists = {
            "three defaults": [defaults[name] for name in BEFORE[kind]],
            "all defaults": list(defaults.values()),
        }
        for power in POWERS:
            lists[f"gain per second^{power:g}"] = list(
                greedy_order(
                    prepared.utility, prepared.weights, fallback=prepared.fallback,
                    price=np.median(seconds[others], axis=0) ** power,
                    available=~known.is_degenerate, n=_LENGTH,
                )[:_LENGTH]
            )  # fmt: skip
        for i in np.flatnonzero(meta.groups == group):
            found = {name: area(scaled[i], seconds[i], order) for name, order in lists.items()}
            rows.append({"kind": kind, "task": meta.tasks[i].name, **found})
    return pd.DataFrame(rows)


def as_markdown(rows: pd.DataFrame) -> str:
    """Return mean areas by beginning and kind as a table in Markdown."""
    mean = rows.drop(columns="task").groupby("kind").mean()
    counts = rows["kind"].value_counts()
    titles = [f"{kind} ({counts[kind]} tasks)" for kind in KINDS]
    lines = [f"| beginning | {' | '.join(titles)} |", "| --- | ---: | ---: |"]
    for name in mean.columns:
        cells = " | ".join(f"{mean.loc[kind, name]:.2f}" for kind in KINDS)
        lines.append(f"| {name} | {cells} |")
    return "\n".join(lines)


def main(arguments: Sequence[str] | None = None) -> pd.DataFrame:
    """Replay all beginnings, print the table, write it where asked."""
    import metalearn

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--docs", action="store_true", help="write the table of the docs")
    asked = parser.parse_args(arguments)
    with metalearn.open() as store:
        rows = pd.concat([areas_of(kind, store) for kind in KINDS], ignore_index=True)
    table = as_markdown(rows)
    print(table)
    if asked.docs:
        write_parts(PAGE, {"beginnings": table})
    return rows


if __name__ == "__main__":
    main()
