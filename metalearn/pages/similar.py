"""The page of `metalearn similar --html`: the map of tasks, and why the nearest are near."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from metalearn.pages.charts.map import map_chart
from metalearn.pages.parts import (
    Block,
    Cell,
    Column,
    Data,
    Figure,
    HtmlPage,
    Line,
    Notes,
    PageTable,
    Row,
    Section,
    number,
)
from metalearn.plots.task_map import task_map_data

if TYPE_CHECKING:
    from metalearn.workflows.similar import Neighbour, SimilarTasks

__all__ = ["map_figure", "neighbour_table", "similar_page"]


def similar_page(found: SimilarTasks, notes: Sequence[str] = ()) -> HtmlPage:
    """Return the page.

    Args:
        found: The neighbours.
        notes: What was done when the table was read.
    """
    weights = "learned from performance" if found.is_learned else "equal"
    blocks: list[Block] = [map_figure(found), neighbour_table(found.neighbours)]
    if notes:
        blocks.append(Notes(tuple(notes), title="Notes"))
    return HtmlPage(
        title=f"Tasks like {found.task.name}",
        lead=f"Among {len(found.known)} known tasks; weights of the meta-features: {weights}.",
        sections=(Section("", tuple(blocks)),),
        foot=f"snapshot {found.snapshot}",
    )


def map_figure(found: SimilarTasks) -> Figure:
    """Return the map of the known tasks, with the new one on it."""
    data = task_map_data(found)
    drawn = map_chart(
        data, f"Map of {len(found.known)} known tasks and {found.task.name}",
        keys=tuple(task.key for task in found.known),
    )  # fmt: skip
    caption = "Near on the map means similar weighted meta-features; the star is the new task."
    return Figure(drawn, caption, Data("map.csv", data.to_frame()))


def neighbour_table(
    neighbours: tuple[Neighbour, ...], hrefs: dict[str, str] | None = None
) -> PageTable:
    """Return neighbours with the meta-features in which they agree and differ.

    Args:
        neighbours: The most similar first.
        hrefs: Addresses of the pages of tasks, by key.
    """
    links = hrefs or {}
    return PageTable(
        (Column("rank", "number"), Column("task"), Column("similarity", "number"),
         Column("similar in (here, there)", "long"), Column("different in (here, there)", "long")),
        tuple(
            Row(
                (
                    number(rank, "d"),
                    Cell(near.task.name, href=links.get(near.task.key, "")),
                    number(near.similarity, ".2f"),
                    Cell(lines=tuple(Line(str(item)) for item in near.closer)),
                    Cell(lines=tuple(Line(str(item)) for item in near.apart)),
                ),
                key=near.task.key,
            )
            for rank, near in enumerate(neighbours, start=1)
        ),
        caption="Most similar tasks",
    )  # fmt: skip
