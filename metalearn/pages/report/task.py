"""The page of one task: its best configurations, its neighbours and why, what was tried."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

import numpy as np
import pandas as pd

from metalearn.core.arrays import Columns
from metalearn.core.short_text import hyperparameters_text
from metalearn.pages.charts.boxes import box_chart
from metalearn.pages.parts import (
    Cell,
    Column,
    Data,
    Facts,
    Figure,
    HtmlPage,
    PageTable,
    Row,
    Section,
    Text,
    number,
)
from metalearn.pages.similar import neighbour_table
from metalearn.plots.boxes import box_data
from metalearn.workflows.report.memory import KindMemory
from metalearn.workflows.similar import Neighbour

__all__ = ["task_page"]

_MOST_ROWS = 100
_N_BEST = 5
_NOTHING = (
    "No score is known here: nothing was evaluated on this task, or every evaluation failed, or "
    "the algorithms are not installed. The notes of the overview say more."
)
_IN_CSV = ("configuration", "algorithm", "hyperparameters", "value", "status", "runtime_s")
_SHOWN = ("algorithm", "value", "runtime_s", "status", "hyperparameters")


def task_page(
    task: Mapping[str, Any], kind: KindMemory | None, neighbours: tuple[Neighbour, ...],
    hrefs: Mapping[str, str], name: str,
) -> HtmlPage:  # fmt: skip
    """Return the page.

    Args:
        task: Its row of the store.
        kind: What is known of its kind; None for nothing.
        neighbours: The most similar known tasks.
        hrefs: Addresses of the pages of tasks, by key, as seen from this page.
        name: Name of its CSV, without the ending.
    """
    rows = None if kind is None else kind.by_task.get(task["task"])
    sections = [Section("", (_facts(task),))]
    if kind is not None and rows is not None:
        sections += list(_scores(rows, kind, name))
    else:
        sections.append(Section("", (Text(_NOTHING),)))
    if neighbours:
        sections.append(
            Section("Similar tasks", (neighbour_table(neighbours, dict(hrefs)),),
                    "By the task weights of the recommender, which has seen this task; values "
                    "in brackets are those of the two tasks.")
        )  # fmt: skip
    if kind is not None and rows is not None:
        sections.append(Section("What was tried", (_tried(rows, kind, name),)))
    what = "" if kind is None else f", scores are {kind.metric.name}"
    return HtmlPage(task["name"], f"{task['kind']}{what}", tuple(sections))


def _facts(task: Mapping[str, Any]) -> Facts:
    sizes = [
        f"{int(task[column]):,} {word}"
        for column, word in (("n_rows", "rows"), ("n_features", "columns"),
                             ("n_classes", "classes"))
        if task[column] is not None and not pd.isna(task[column])
    ]  # fmt: skip
    items: list[tuple[str, Cell | str]] = [
        ("key", Cell(task["task"], is_code=True)),
        ("data set", Cell(task["dataset"], is_code=True)),
        ("target", task["target"]),
        ("size", ", ".join(sizes) or "not known"),
        ("estimation", Cell(task["procedure"], is_code=True)),
    ]
    if task["family"]:
        items.append(("near-duplicates", Cell(task["family"], is_code=True)))
    return Facts(tuple(items))


def _scores(rows: Columns, kind: KindMemory, name: str) -> Iterator[Section]:
    known = np.isfinite(rows["value"])
    if not known.any():
        return
    scores, found = rows["value"][known], rows["algorithm"][known]
    groups = [(str(name), scores[found == name]) for name in sorted(set(found))]
    values = np.full((max(len(v) for _, v in groups), len(groups)), np.nan)
    for j, (_, own) in enumerate(groups):
        values[: len(own), j] = own
    if not kind.metric.greater_is_better:
        values = -values
    boxes = box_data(tuple(a.replace("_", " ") for a, _ in groups), values,
                     kind.metric.name if kind.metric.greater_is_better
                     else f"-{kind.metric.name}", at_most=20)  # fmt: skip
    figure = Figure(box_chart(boxes, f"{kind.metric.name} by algorithm", "configurations"),
                    "Scores of each algorithm's configurations.",
                    Data(f"{name}_algorithms.csv",
                         boxes.columns("algorithm", "configurations")))  # fmt: skip
    best = {column: values[known][:_N_BEST] for column, values in rows.items()}
    yield Section("Best configurations", (_table(best, kind, ""), figure))


def _tried(rows: Columns, kind: KindMemory, name: str) -> PageTable:
    shown = {column: values[:_MOST_ROWS] for column, values in rows.items()}
    left = len(rows["value"]) - len(shown["value"])
    rest = f"{left:,} more are in the CSV." if left else ""
    return _table(shown, kind, rest, Data(f"{name}.csv", {c: rows[c] for c in _IN_CSV}))


def _table(rows: Columns, kind: KindMemory, rest: str, data: Data | None = None) -> PageTable:
    return PageTable(
        (Column("rank", "number"), Column("algorithm"), Column(kind.metric.name, "number"),
         Column("seconds a fold", "number"), Column("status"), Column("hyperparameters", "long")),
        tuple(
            Row((
                _rank(rank), algorithm.replace("_", " "), number(value, ".4f"),
                number(seconds, ".2g"), status, _code(hyperparameters),
            ))
            for rank, (algorithm, value, seconds, status, hyperparameters) in enumerate(
                zip(*(rows[name].tolist() for name in _SHOWN), strict=True), start=1)
        ),
        rest=rest,
        data=data,
    )  # fmt: skip


@lru_cache(maxsize=_MOST_ROWS)
def _rank(rank: int) -> Cell:
    return number(rank, "d")


@lru_cache(maxsize=20_000)  # most configurations were tried on many tasks
def _code(hyperparameters: str) -> Cell:
    shown = hyperparameters
    try:
        values = json.loads(hyperparameters)
    except ValueError:
        pass
    else:
        shown = hyperparameters_text(values) if isinstance(values, dict) else hyperparameters
    return Cell(shown, is_code=True)
