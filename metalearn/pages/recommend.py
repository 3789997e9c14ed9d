"""The page of `metalearn recommend --html`, and the same list for notebooks."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from metalearn.core.short_text import hyperparameters_text
from metalearn.pages.charts.intervals import interval_chart
from metalearn.pages.parts import (
    Block,
    Cell,
    Code,
    Column,
    Data,
    HtmlPage,
    Line,
    Notes,
    PageTable,
    Row,
    Section,
    number,
)
from metalearn.pages.rendering import render_fragment
from metalearn.pages.similar import map_figure, neighbour_table

if TYPE_CHECKING:
    from metalearn.workflows.recommend.result import Evidence, Recommendation, Recommendations
    from metalearn.workflows.similar import SimilarTasks

__all__ = ["fragment", "recommend_page"]

_N_TRIED = 5


def recommend_page(found: Recommendations, near: SimilarTasks | None = None) -> HtmlPage:
    """Return the page: the list with intervals, seconds and evidence, and how to fit the best.

    Args:
        found: The list.
        near: The most similar known tasks, for the map; None for no map.
    """
    sections = [Section("", tuple(_blocks(found)))]
    if near is not None:
        sections.append(
            Section("Where the table lies", (map_figure(near), neighbour_table(near.neighbours)),
                    "What did well on similar tasks counts more.")
        )  # fmt: skip
    if found.items:
        sections.append(
            Section("Fit it", (Code(_CODE),), "In Python, with the table as a data frame.")
        )
    return HtmlPage(
        title=f"What to try on {found.task.name}",
        lead=_lead(found),
        sections=tuple(sections),
        foot=f"recommender {found.recommender}, snapshot {found.snapshot}",
    )


def fragment(found: Recommendations) -> str:
    """Return the list as a piece of HTML for notebooks."""
    return render_fragment(_lead(found), _blocks(found))


_CODE = """import metalearn

recommendations = metalearn.recommend(X, y)
model = recommendations[0].build().fit(X, y)"""


def _lead(found: Recommendations) -> str:
    task = found.task
    classes = f", {task.n_classes} classes" if task.n_classes else ""
    dummy = found.dummy_score
    floor = f"scores {dummy:.3g}" if math.isfinite(dummy) else "has no known score"
    return (
        f"{task.kind}, {task.n_rows:,} rows, {task.n_features:,} columns{classes}; expected "
        f"{found.metric.name} with the interval that holds 80 % of the scores; a dummy (constant "
        f"prediction, the dotted line) {floor}; recommender {found.recommender}, snapshot "
        f"{found.snapshot[:12]}"
    )


def _blocks(found: Recommendations) -> list[Block]:
    known = [v for item in found for v in (item.score_low, item.score_high)]
    known = [v for v in (*known, found.dummy_score) if math.isfinite(v)]
    ends = (min(known), max(known)) if known else (0.0, 1.0)
    blocks: list[Block] = [
        PageTable(
            (
                Column("rank", "number"), Column("algorithm"), Column("expected", "number"),
                Column(f"{ends[0]:.3g} to {ends[1]:.3g}"),
                *(Column(name, "number") for name in _costs(found) or ["seconds"]),
                Column("hyperparameters", "long"), Column("because of", "long"),
            ),
            tuple(_row(item, ends, found.dummy_score, _costs(found)) for item in found),
            caption="Configurations to try, best first",
            data=Data("recommendations.csv", found.to_frame().drop(columns="configuration")),
        )
    ]  # fmt: skip
    if found.tried:
        tried = (
            Cell(f"{t.configuration.algorithm.replace('_', ' ')}: {t.score:.3f}",
                 note=hyperparameters_text(t.configuration.hyperparameters))
            for t in found.tried[:_N_TRIED]
        )  # fmt: skip
        blocks.append(Notes(tuple(tried), title="Tried on this table before"))
    if found.notes:
        blocks.append(Notes(found.notes, title="Notes"))
    return blocks


def _costs(found: Recommendations) -> list[str]:
    """Return the names of the costs of a front."""
    return [objective.name for objective in found.objectives[1:]]


def _row(item: Recommendation, ends: tuple[float, float], dummy: float, costs: list[str]) -> Row:
    configuration = item.configuration
    seconds = [item.values[name] for name in costs] or [item.expected_seconds]
    bar = interval_chart(item.expected_score, item.score_low, item.score_high, ends, dummy)
    return Row(
        (
            number(item.rank, "d"),
            configuration.algorithm.replace("_", " "),
            number(item.expected_score),
            Cell(drawn=bar, sort=f"{item.expected_score:.10g}"),
            *(number(value, ".2g") for value in seconds),
            Cell(hyperparameters_text(configuration.hyperparameters), is_code=True),
            Cell(lines=tuple(_because(evidence) for evidence in item.evidence)),
        )
    )


def _because(evidence: Evidence) -> Line:
    score = f"scored {evidence.score:.3f}"
    if evidence.relative_score is not None:  # the score is in the unit of another target
        score = f"scored {evidence.relative_score:.2f} of the dummy's"
    return Line(evidence.task, f"{score}, similarity {evidence.similarity:.2f}")
