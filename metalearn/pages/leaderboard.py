"""The page of `metalearn leaderboard --html`: members and trials of a saved model."""

from __future__ import annotations

from typing import Any

import numpy as np

from metalearn.core.short_text import hyperparameters_text, score_form
from metalearn.pages.charts.bars import bar_chart
from metalearn.pages.parts import (
    Block,
    Cell,
    Column,
    Facts,
    Figure,
    HtmlPage,
    Notes,
    PageTable,
    Row,
    Section,
    moment,
    number,
)
from metalearn.workflows.fit.in_words import fit_in_words

__all__ = ["leaderboard_page", "leaderboard_table", "weights_figure"]

_MOST_ROWS = 60


def leaderboard_page(document: dict[str, Any]) -> HtmlPage:
    """Return the page.

    Args:
        document: Of `metalearn leaderboard --json`.
    """
    facts = (
        ("fitted", moment(document["created"]) if document["created"] else "not known"),
        ("target", document["task"]["target"] or "not known"),
    )
    blocks: list[Block] = [Facts(facts)]
    if document["leaderboard"]:
        blocks += [weights_figure(document), leaderboard_table(document)]
    if document["notes"]:
        blocks.append(Notes(tuple(document["notes"]), title="Notes"))
    snapshot = (document["snapshot"] or "")[:12] or "none"
    return HtmlPage(
        title=f"Leaderboard of {document['task']['name'] or 'a model'}",
        lead=fit_in_words(document),
        sections=(Section("", tuple(blocks)),),
        foot=f"advice came from snapshot {snapshot}",
    )


def leaderboard_table(document: dict[str, Any]) -> PageTable:
    """Return the finished configurations, members of the ensemble shaded.

    Args:
        document: Of `metalearn fit --json` or `metalearn leaderboard --json`.
    """
    board = document["leaderboard"]
    shown = [row for row in board if row["rank"] <= _MOST_ROWS or row["weight"] > 0]
    rows = tuple(
        Row(
            (
                number(row["rank"], "d"),
                row["algorithm"].replace("_", " "),
                number(row["score"], score_form(row["score"])),
                number(row["weight"] or None, ".1%"),
                number(row["seconds"], ".2g"),
                row["source"],
                Cell(hyperparameters_text(row["hyperparameters"]), is_code=True),
            ),
            is_marked=row["weight"] > 0,
        )
        for row in shown
    )
    return PageTable(
        (Column("rank", "number"), Column("algorithm"), Column(document["metric"], "number"),
         Column("weight", "number"), Column("seconds", "number"), Column("from"),
         Column("hyperparameters", "long")),
        rows,
        caption="Finished configurations, best first",
        rest=f"{len(board) - len(shown)} more." if len(shown) < len(board) else "",
    )  # fmt: skip


def weights_figure(document: dict[str, Any]) -> Figure:
    """Return the weights of the members as bars.

    Args:
        document: As for `leaderboard_table`.
    """
    members = [row for row in document["leaderboard"] if row["weight"] > 0]
    names = [f"{row['rank']}. {row['algorithm'].replace('_', ' ')}" for row in members]
    weights = np.array([row["weight"] for row in members])
    drawn = bar_chart(names, weights, "Weights of the members", "weight")
    return Figure(drawn, "Members of the ensemble, by rank on the leaderboard.")
