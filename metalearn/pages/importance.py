"""The page of `metalearn importance --html`: main effects, interactions, ranks, marginals."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np

from metalearn.core.short_text import short_value
from metalearn.errors import NotEnoughMetaDataError
from metalearn.importance import importance_summary
from metalearn.pages.charts.boxes import box_chart
from metalearn.pages.charts.curves import Curve, category_chart, curve_chart
from metalearn.pages.charts.ranks import rank_chart
from metalearn.pages.charts.surface import surface_chart
from metalearn.pages.notes import remarks_by_kind, task_notes_by_kind
from metalearn.pages.parts import (
    Block,
    Column,
    Data,
    Figure,
    HtmlPage,
    Notes,
    PageTable,
    Row,
    Section,
    number,
)
from metalearn.pages.rendering import asset
from metalearn.plots.boxes import box_data
from metalearn.plots.critical_difference import critical_difference_data
from metalearn.plots.importance_report import doubt_of
from metalearn.plots.style import short_names

if TYPE_CHECKING:
    from metalearn.importance import ImportanceTable, Marginal

__all__ = ["importance_page", "importance_sections", "marginal_figures", "surface_figures"]

_BRUSH = "Drag along a marginal, or use the arrow keys on it, to see a range here too."
_LABEL = {"fanova": "share of variance", "ped-anova": "share of divergence"}


def importance_page(
    table: ImportanceTable, snapshot: str, curves: Sequence[Marginal] = (), score: str = "",
    surfaces: Sequence[Marginal] = (),
) -> HtmlPage:  # fmt: skip
    """Return the page.

    Args:
        table: The analysis.
        snapshot: Digest of the snapshot of the store.
        curves: Marginals of single hyperparameters.
        score: What the marginals measure.
        surfaces: Marginals of pairs.
    """
    sections = list(importance_sections(table))
    if curves:
        figures = tuple(marginal_figures(curves, score, table.algorithm))
        sections.append(Section("Marginals", figures, f"Bands: {curves[0].band}."))
    if surfaces:
        figures = tuple(surface_figures(surfaces, score, table.algorithm))
        sections.append(Section("Surfaces of pairs", figures, _BRUSH))
    notes = notes_of(table)
    if notes:
        sections.append(Section("Notes", (Notes(tuple(notes)),)))
    return HtmlPage(
        title=f"What matters in {table.algorithm.replace('_', ' ')}",
        lead=f"{table.method} of {table.metric} on {len(table.valid)} of {len(table.tasks)} "
        "tasks.",
        sections=tuple(sections),
        foot=f"snapshot {snapshot}",
        program=asset("brush.js") if curves else None,
    )


def importance_sections(table: ImportanceTable, prefix: str = "") -> Iterator[Section]:
    """Yield what an analysis found: box plots, average ranks, and all items as a table.

    Args:
        table: The analysis.
        prefix: What the names of files begin with; "" for the name of the algorithm.
    """
    prefix = prefix or table.algorithm
    blocks: list[Block] = []
    titles = ((1, "Main effects"), (2, "Interactions of pairs"))
    for size, title in titles if table.valid else ():
        part = table.of_size(size)
        if not part.items:
            continue
        try:
            boxes = box_data(short_names(part.names), part.share, _LABEL[table.method],
                             at_most=10, doubt=doubt_of(table))  # fmt: skip
        except NotEnoughMetaDataError:
            continue
        caption = f"{title}, each box over tasks{'; ' if boxes.doubt else ''}{boxes.doubt}."
        name = title.split()[0].lower()
        blocks.append(Figure(box_chart(boxes, f"{title} of {table.algorithm}"), caption,
                             Data(f"{prefix}_{name}.csv", boxes.columns())))  # fmt: skip
    main = table.of_size(1)
    if len(table.valid) > 1 and len(main.items) > 1:
        try:
            ranks = critical_difference_data(short_names(main.names), -main.share)
        except NotEnoughMetaDataError:
            ranks = None
        if ranks is not None:
            caption = "Average ranks; bars join hyperparameters without significant difference."
            drawn = rank_chart(ranks, f"Average ranks, {table.algorithm}")
            data = Data(f"{prefix}_ranks.csv", ranks.to_frame())
            blocks.append(Figure(drawn, caption, data))
    yield Section("Importance", (*blocks, _items(table, prefix)))


def marginal_figures(curves: Sequence[Marginal], score: str, algorithm: str) -> Iterator[Figure]:
    """Yield a chart for each hyperparameter: expected score along it, with its band."""
    low = min(float(curve.low.min()) for curve in curves)
    high = max(float(curve.high.max()) for curve in curves)
    pad = 0.06 * ((high - low) or 1.0)
    ends = (low - pad, high + pad)
    for curve in curves:
        name = short_names(curve.names)[0]
        label = f"Expected {score} along {name}"
        axis, values = curve.axes[0], curve.values[0]
        data = Data(f"{algorithm}_{name}.csv", curve.to_frame())
        if axis.kind == "category":
            drawn = category_chart([str(v) for v in values], curve.centre, label, name, score,
                                    low=curve.low, high=curve.high, y_range=ends,
                                    height=150.0)  # fmt: skip
        else:
            known = [i for i, v in enumerate(values) if isinstance(v, (int, float))]
            x = np.array([float(str(values[i])) for i in known])
            line = Curve(name, x, curve.centre[known], curve.low[known], curve.high[known],
                         texts=tuple(_said(curve, name, i) for i in known))  # fmt: skip
            drawn = curve_chart([line], label, name, score, x_log=axis.log and bool((x > 0).all()),
                                y_range=ends, height=150.0)  # fmt: skip
        yield Figure(drawn, f"{name}, {curve.n_tasks} tasks.", data)


def surface_figures(surfaces: Sequence[Marginal], score: str, algorithm: str) -> Iterator[Figure]:
    """Yield a chart for each pair of hyperparameters: expected score as shades."""
    for surface in surfaces:
        x, y = short_names(surface.names)
        drawn = surface_chart(surface.centre, (surface.values[0], surface.values[1]), (x, y),
                             f"Expected {score} over {x} and {y}", score)  # fmt: skip
        data = Data(f"{algorithm}_{x}_{y}.csv", surface.to_frame())
        yield Figure(drawn, f"{x} and {y}, {surface.n_tasks} tasks; darker is higher.", data)


def _said(curve: Marginal, name: str, i: int) -> str:
    """Return what is said of a point of a curve."""
    low, high = float(curve.low[i]), float(curve.high[i])
    return (
        f"{name} = {short_value(curve.values[0][i])}: {curve.centre[i]:.3g} "
        f"({low:.3g} to {high:.3g})"
    )


def notes_of(table: ImportanceTable) -> list[str]:
    """Return remarks and notes of an analysis, one of each kind."""
    by_task = dict(zip(table.tasks, table.notes, strict=True))
    return [*remarks_by_kind(table.remarks), *task_notes_by_kind(by_task)]


def _items(table: ImportanceTable, prefix: str) -> PageTable:
    summary = importance_summary(table)
    names = short_names(tuple(map(str, summary["item"])))
    columns = ("median", "lower_quartile", "upper_quartile", "mean_rank", "top_on")
    forms = (".3f", ".3f", ".3f", ".2f", ".0f")
    values = summary.loc[:, list(columns)].to_numpy(dtype=np.float64).tolist()
    rows = tuple(
        Row((name, *(number(value, form) for value, form in zip(row, forms, strict=True))))
        for name, row in zip(names, values, strict=True)
    )
    heads = ("median", "lower quartile", "upper quartile", "mean rank", "first on tasks")
    return PageTable(
        (Column("hyperparameters"), *(Column(name, "number") for name in heads)),
        rows,
        caption=f"{_LABEL[table.method].capitalize()} over {len(table.valid)} tasks",
        data=Data(f"{prefix}_{table.method}.csv", summary),
    )
