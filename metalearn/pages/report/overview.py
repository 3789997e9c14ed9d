"""The first pages of the site: what the store holds, all tasks, all algorithms, all loads."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
import pandas as pd

from metalearn.pages.charts.heat import shade_chart
from metalearn.pages.charts.map import map_chart
from metalearn.pages.parts import (
    Block,
    Cell,
    Column,
    Data,
    Facts,
    Figure,
    HtmlPage,
    Notes,
    PageTable,
    Row,
    Section,
    Text,
    moment,
    number,
)
from metalearn.plots.task_map import TaskMap
from metalearn.workflows.report.memory import KindMemory, Memory

__all__ = ["algorithms_page", "loads_page", "overview_page", "tasks_page"]

_MOST_DRAWN = 400  # tasks in the picture of what is known
_MOST_LISTED = 1000  # tasks in the table
_FILL = (
    "Nothing is stored here yet. Fill the store from your tables (metalearn collect TABLES --kb "
    "KB), or from another one (metalearn kb merge OTHER --kb KB); then write the report again."
)


def overview_page(memory: Memory) -> HtmlPage:
    """Return the first page: counts, metrics, sources, and what is known as a picture."""
    info, rows = memory.info, memory.info.rows
    facts = Facts(
        (
            ("tasks", Cell(f"{rows['task']:,}", href="tasks.html")),
            ("algorithms", Cell(f"{len(memory.algorithms):,}", href="algorithms.html")),
            ("configurations", f"{rows['configuration']:,}"),
            ("evaluations", f"{rows['evaluation']:,}, {info.n_failed:,} of them failed"),
            ("meta-features", f"{rows['meta_feature']:,} values"),
            ("size", f"{info.size_bytes / 1e6:,.1f} MB, form {info.form}"),
            ("snapshot", Cell(info.snapshot or "none", is_code=True)),
        )
    )
    metrics = PageTable(
        (Column("metric"), Column("evaluations", "number")),
        tuple(Row((name, number(n, ",d"))) for name, n in info.metrics.items()),
        caption="Evaluations by metric",
    )
    sources = PageTable(
        (Column("source"), Column("evaluations", "number")),
        tuple(Row((name, number(n, ",d"))) for name, n in info.sources.items()),
        caption="Where they come from",
        rest="Every evaluation keeps its source, the digest of its page, and the time.",
    )
    sections = [Section("", (facts,)), _coverage(memory)]
    if metrics.rows or sources.rows:
        sections.append(Section("Content", (metrics, sources)))
    notes = [*memory.notes, *(note for kind in memory.kinds for note in kind.notes)]
    if notes:
        sections.append(Section("Notes", (Notes(tuple(dict.fromkeys(notes))),)))
    return HtmlPage(
        title="What the memory knows",
        lead="Scores of configurations on tasks, and what can be learned from them.",
        sections=tuple(sections),
    )


def tasks_page(memory: Memory, hrefs: Mapping[str, str]) -> HtmlPage:
    """Return the page of all tasks: maps, and a table.

    Args:
        memory: What the store holds.
        hrefs: Addresses of the pages of tasks, by key.
    """
    figures = tuple(_maps(memory, hrefs))
    sections = (
        [Section("Maps of tasks", figures, "Near on a map means similar weighted meta-features.")]
        if figures
        else []
    )
    sections.append(Section("All tasks", (_filled(_task_table(memory, hrefs)),)))
    return HtmlPage(
        title="Tasks",
        lead="What was evaluated on each, and which configuration was best.",
        sections=tuple(sections),
    )  # fmt: skip


def algorithms_page(memory: Memory, hrefs: Mapping[str, str]) -> HtmlPage:
    """Return the page of all algorithms: how much is known, and on how many tasks each is best."""
    best = _wins(memory)
    rows = tuple(
        Row((
            Cell(row["algorithm"].replace("_", " "), href=hrefs.get(row["algorithm"], "")),
            Cell(row["library"] or "", note=row["version"] or ""),
            number(row["n_configurations"], ",d"),
            number(row["n_tasks"], ",d"),
            number(row["n_evaluations"], ",d"),
            number(best.get(row["algorithm"], 0), "d"),
        ))
        for row in memory.algorithms.to_dict("records")
    )  # fmt: skip
    table = PageTable(
        (Column("algorithm", "line"), Column("library", "line"),
         Column("configurations", "number"), Column("tasks", "number"),
         Column("evaluations", "number"), Column("best on tasks", "number")),
        rows,
        caption="Algorithms; ties count for each",
        data=Data("algorithms.csv", memory.algorithms),
    )  # fmt: skip
    return HtmlPage("Algorithms", "What each hyperparameter does, and where good values lie.",
                (Section("", (_filled(table),)),))  # fmt: skip


def loads_page(memory: Memory) -> HtmlPage:
    """Return the page of what was stored when: fits, searches, collections, harvests."""
    loads = memory.loads
    rows = tuple(
        Row((
            moment(row["time"]), row["source"], Cell(row["location"] or "", is_code=True),
            number(row["n_tasks"], ",d"), number(row["n_evaluations"], ",d"),
            number(row["n_failed"], ",d"),
        ))
        for row in loads.to_dict("records")
    )  # fmt: skip
    table = PageTable(
        (Column("time", "line"), Column("source"), Column("location", "long"),
         Column("tasks", "number"), Column("evaluations", "number"), Column("failed", "number")),
        rows,
        caption="Loads, the latest first",
        rest="Fits of AutoML have the source automl, searches warm-start." if len(rows) else "",
        data=Data("loads.csv", loads),
    )  # fmt: skip
    lead = "What was stored when: fits, searches, collections and harvests."
    return HtmlPage("Recent fits and loads", lead, (Section("", (_filled(table),)),))


def _filled(table: PageTable) -> Block:
    """Return a table; without rows, how the store is filled."""
    return table if table.rows else Text(_FILL)


def _coverage(memory: Memory) -> Section:
    shares = memory.coverage
    if not shares.size:
        return Section("Coverage", (Text(_FILL),))
    algorithms = list(memory.algorithms["algorithm"])
    order = np.lexsort((memory.tasks["task"], -np.nansum(shares, axis=1), memory.tasks["kind"]))
    step = -(-len(order) // _MOST_DRAWN) or 1
    shown = order[::step]
    kinds = memory.tasks["kind"].to_numpy()[shown]
    names = [kind if i == 0 or kind != kinds[i - 1] else "" for i, kind in enumerate(kinds)]
    drawn = shade_chart(
        shares[shown], names, [name.replace("_", " ") for name in algorithms],
        "Share of configurations evaluated, tasks by algorithms", row_label="tasks",
        column_label="algorithms", ends=("none", "all"), cell=(14.0, min(14.0, 500 / len(shown))),
    )  # fmt: skip
    frame = pd.DataFrame(shares, columns=algorithms)
    frame.insert(0, "task", memory.tasks["task"].to_numpy())
    caption = "Share of each algorithm's configurations, of the task's kind, that was evaluated"
    caption += "." if step == 1 else f"; one of {step} tasks is drawn."
    return Section("Coverage", (Figure(drawn, caption, Data("coverage.csv", frame)),))


def _maps(memory: Memory, hrefs: Mapping[str, str]) -> Iterator[Block]:
    for kind in memory.kinds:
        near = kind.neighbourhood
        if near is None:
            continue
        tasks = near.meta.tasks
        places = near.places()
        data = TaskMap(tuple(t.name for t in tasks), places, (0,) * len(tasks))
        drawn = map_chart(data, f"Map of {len(tasks)} {kind.kind} tasks",
                         keys=tuple(t.key for t in tasks), hrefs=hrefs)  # fmt: skip
        frame = pd.DataFrame({"task": [t.key for t in tasks], "x": places[:, 0],
                              "y": places[:, 1]})  # fmt: skip
        yield Figure(drawn, f"{len(tasks)} tasks of {kind.kind}.",
                     Data(f"map_{kind.kind}.csv", frame))  # fmt: skip


def _task_table(memory: Memory, hrefs: Mapping[str, str]) -> PageTable:
    rows = []
    best = {key: _best(kind, key) for kind in memory.kinds for key in kind.by_task}
    for task in memory.tasks.head(_MOST_LISTED).to_dict("records"):
        score, algorithm, n = best.get(task["task"], (Cell(), "", 0))
        rows.append(
            Row((
                Cell(task["name"], href=hrefs.get(task["task"], "")), task["kind"],
                _count(task["n_rows"]), _count(task["n_features"]), _count(task["n_classes"]),
                number(n, ",d"), score, algorithm,
            ), key=task["task"])
        )  # fmt: skip
    metrics = " or ".join(kind.metric.name for kind in memory.kinds)
    left = len(memory.tasks) - len(rows)
    return PageTable(
        (Column("task"), Column("kind"), Column("rows", "number"), Column("columns", "number"),
         Column("classes", "number"), Column("configurations", "number"),
         Column("best score", "number"), Column("by", "line")),
        tuple(rows),
        caption=f"Best score: {metrics}" if metrics else "",
        rest=f"{left:,} more tasks are in the CSV." if left else "",
        data=Data("tasks.csv", memory.tasks),
    )  # fmt: skip


def _best(kind: KindMemory, key: str) -> tuple[Cell, str, int]:
    values, algorithms = (kind.by_task[key][name] for name in ("value", "algorithm"))
    return number(float(values[0])), str(algorithms[0]).replace("_", " "), len(values)


def _wins(memory: Memory) -> dict[str, int]:
    """Return on how many tasks an algorithm has the best known score."""
    won: dict[str, int] = {}
    for kind in memory.kinds:
        for rows in kind.by_task.values():
            for algorithm in set(rows["algorithm"][rows["value"] == rows["value"][0]]):
                won[algorithm] = won.get(algorithm, 0) + 1
    return won


def _count(value: object) -> Cell:
    return number(float(value) if isinstance(value, (int, float)) else None, ",.0f")
