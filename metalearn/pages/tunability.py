"""The page of `metalearn tunability --html`: gains of tuning, ranges, and defaults to paste."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

import numpy as np

from metalearn.pages.charts.boxes import box_chart
from metalearn.pages.notes import remarks_by_kind, task_notes_by_kind
from metalearn.pages.parts import (
    Code,
    Column,
    Data,
    Figure,
    Heading,
    HtmlPage,
    Notes,
    PageTable,
    Row,
    Section,
    number,
)
from metalearn.plots.style import short_names
from metalearn.plots.tunability_report import gains_data

if TYPE_CHECKING:
    from metalearn.importance import SymbolicTable, TunabilityTable

__all__ = ["pasteable", "tunability_page", "tunability_sections"]


def tunability_page(
    table: TunabilityTable, snapshot: str, margin: float, symbolic: SymbolicTable | None = None
) -> HtmlPage:
    """Return the page.

    Args:
        table: The analysis.
        snapshot: Digest of the snapshot of the store.
        margin: Loss of score that does not matter.
        symbolic: Formulas as defaults; None for none.
    """
    sections = list(tunability_sections(table, margin))
    if symbolic is not None:
        frame = symbolic.to_frame().drop(columns="depth")
        columns = tuple(Column(str(name).replace("_", " ")) for name in frame.columns)
        rows = tuple(Row(tuple(str(v) for v in row)) for row in frame.itertuples(index=False))
        sections.append(
            Section("Formulas as defaults", (PageTable(columns, rows),),
                    "Judged on tasks that did not choose them.")
        )  # fmt: skip
    notes = [*remarks_by_kind(table.remarks), *task_notes_by_kind(table.notes)]
    if notes:
        sections.append(Section("Notes", (Notes(tuple(notes)),)))
    return HtmlPage(
        title=f"What tuning {table.algorithm.replace('_', ' ')} gains",
        lead=f"Gain of {table.metric.name} over the optimal default on {len(table.tasks)} tasks.",
        sections=tuple(sections),
        foot=f"snapshot {snapshot}",
    )


def tunability_sections(
    table: TunabilityTable, margin: float, prefix: str = ""
) -> Iterator[Section]:
    """Yield gains, ranges of the optima, the optimal default, and the default set.

    Args:
        table: The analysis.
        margin: Loss of score that does not matter.
        prefix: What the names of files begin with; "" for the name of the algorithm.
    """
    if table.default is None:
        return
    prefix = prefix or table.algorithm
    figures = tuple(
        Figure(box_chart(boxes, f"Gains of tuning {table.algorithm}"),
               "Gain over the optimal default, each box over tasks.",
               Data(f"{prefix}_{name}.csv", boxes.columns()))
        for name, boxes in gains_data(table)
    )  # fmt: skip
    yield Section("Tunability", (*figures, _gains(table, margin, prefix)))
    yield Section("Ranges of the optima", (_ranges(table),), "Where the optima of tasks lie.")
    defaults = [dict(step.configuration.hyperparameters) for step in table.default_set]
    steps = PageTable(
        (Column("rank", "number"), Column(f"mean {table.metric.name} so far", "number"),
         Column("regret so far", "number"), Column("hyperparameters", "long")),
        tuple(
            Row((number(step.rank, "d"), number(step.mean_score, ".4f"), number(step.regret),
                 pasteable(step.configuration.hyperparameters)))
            for step in table.default_set
        ),
        caption="Default set, to try in this order",
    )  # fmt: skip
    yield Section(
        "Defaults to paste",
        (
            Code(pasteable(table.default.hyperparameters), "Optimal default, the best mean:"),
            steps,
            Heading("The default set as JSON"),
            Code(json.dumps(defaults, indent=1)),
        ),
    )


def pasteable(hyperparameters: Mapping[str, object]) -> str:
    """Return hyperparameters as JSON on one line, numbers to four digits."""
    return json.dumps(
        {name: float(f"{value:.4g}") if isinstance(value, float) else value
         for name, value in hyperparameters.items()}
    )  # fmt: skip


def _gains(table: TunabilityTable, margin: float, prefix: str) -> PageTable:
    summary = table.summary(margin=margin)
    names = short_names(tuple(map(str, summary["item"])))
    columns = ("tunability", "low", "high", "corrected", "held_out", "risk")
    rows = tuple(
        Row((name, *(number(float(getattr(row, column)), ".4f") for column in columns)))
        for name, row in zip(names, summary.itertuples(), strict=True)
    )
    return PageTable(
        (Column("hyperparameters"), *(Column(c.replace("_", " "), "number") for c in columns)),
        rows,
        caption="Mean gains with 95 % intervals over tasks",
        data=Data(f"{prefix}_tunability_summary.csv", summary),
    )


def _ranges(table: TunabilityTable) -> PageTable:
    def end(value: object) -> str:
        if value is None or (isinstance(value, float) and np.isnan(value)):
            return "-"
        return f"{value:.4g}" if isinstance(value, float) else str(value)

    rows = (
        Row((r.name, end(r.low), end(r.high),
             ", ".join(f"{value} ({share:.0%})" for value, share in r.levels)))
        for r in table.ranges
    )  # fmt: skip
    columns = (Column("hyperparameter"), Column("low", "number"), Column("high", "number"))
    return PageTable((*columns, Column("levels", "long")), tuple(rows))
