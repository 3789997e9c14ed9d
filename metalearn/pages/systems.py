"""The page of `metalearn evaluate --systems --html`: ranks, losses over seconds, wins, tables."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from metalearn.pages.charts.curves import Curve, curve_chart
from metalearn.pages.charts.plane import N_STYLES
from metalearn.pages.charts.ranks import rank_chart
from metalearn.pages.parts import (
    Block,
    Cell,
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
from metalearn.plots.critical_difference import critical_difference_data
from metalearn.plots.system_evaluation import system_curves_data

if TYPE_CHECKING:
    from metalearn.workflows.evaluate.systems.result import SystemEvaluation

__all__ = ["systems_page"]


def systems_page(found: SystemEvaluation) -> HtmlPage:
    """Return the page of a comparison of AutoML systems."""
    n = len(found.tables)
    sections = [
        Section("Test loss", tuple(_ranked(found)),
                "Ranks on each table, 1 is best; the scaled loss is 0 for the best system of a "
                "table and 1 for the worst. A fit that failed is last."),
        *_seconds(found),
        *(Section(f"Against {reference}", (_against(found, reference),),
                  "Paired over tables; a tie counts as half a table ahead.")
          for reference in found.references),
        Section("Tables", (_tables(found),)),
    ]  # fmt: skip
    failures = [f"{fit['system']} on {fit['table']}: {fit['error']}" for fit in found.fits
                if fit.get("error")]  # fmt: skip
    if failures:
        sections.append(Section("Fits with an error", (Notes(tuple(dict.fromkeys(failures))),)))
    return HtmlPage(
        title=f"AutoML systems compared on {n} table{'s' if n > 1 else ''}",
        lead=f"{found.budget_s:g} seconds a fit, one thread; rows that were kept aside, in "
        f"{found.n_splits} split{'s' if found.n_splits > 1 else ''} of each table, measure the "
        "loss.",
        sections=tuple(sections),
        foot=f"seed {found.seed}",
    )


def _ranked(found: SystemEvaluation) -> Iterator[Block]:
    """Yield the diagram of average ranks, if there are enough tables, and the table of systems."""
    if not math.isnan(found.critical_difference):
        ranks = critical_difference_data(found.systems, found.ranks)
        caption = "Average ranks; bars join systems without significant difference (Nemenyi)."
        yield Figure(rank_chart(ranks, "Average ranks of the systems", "tables"), caption,
                     Data("critical_difference.csv", ranks.to_frame()))  # fmt: skip
    rows = tuple(
        Row((
            row.system,
            Cell(f"{row.rank_mean:.2f} [{row.rank_low:.2f}, {row.rank_high:.2f}]",
                 sort=f"{row.rank_mean:.10g}"),
            number(row.loss_mean), number(row.fit_s, ".1f"), number(row.cpu_s, ".1f"),
            number(row.n_trials, ".0f"), number(row.n_failed, "d"), number(row.n_late, "d"),
        ))
        for row in found.rows
    )  # fmt: skip
    yield PageTable(
        (Column("system", "line"), Column("mean rank [95 %]", "number"),
         Column("scaled loss", "number"), Column("seconds", "number"),
         Column("processor seconds", "number"), Column("trials", "number"),
         Column("failed", "number"), Column("late", "number")),
        rows,
        caption="Systems, best mean rank first; intervals over tables",
        data=Data("results.csv", pd.DataFrame(found.rows)),
    )  # fmt: skip


def _seconds(found: SystemEvaluation) -> Iterator[Section]:
    """Yield the section of losses over seconds, if a system makes trials."""
    data = system_curves_data(found)
    if not data.systems:
        return
    order = np.argsort(data.loss[:, -1], kind="stable").tolist()
    named = [i for i, name in enumerate(data.systems) if name in found.references]
    shown = list(dict.fromkeys([*named, *order]))[:N_STYLES]
    curves = [Curve(data.systems[i], data.seconds, data.loss[i], is_step=True) for i in shown]
    left = len(data.systems) - len(shown)
    rest = f" {left} more systems are in the CSV." if left else ""
    drawn = curve_chart(curves, "Scaled loss of the best trial over the seconds of a fit",
                        "seconds", "scaled out-of-fold loss")  # fmt: skip
    yield Section(
        "Loss over seconds",
        (Figure(drawn, f"Mean over {data.n_tables} tables.{rest}",
                Data("seconds.csv", data.to_frame())),),
        "Of the best trial so far: 0 is the lowest loss of any trial on a table, 1 the highest of "
        "the first trials.",
    )  # fmt: skip


def _against(found: SystemEvaluation, reference: str) -> PageTable:
    compared = found.against(reference)
    rows = tuple(
        Row((c.system, f"{c.wins}/{c.ties}/{c.losses}", number(c.ahead, ".2f"),
             f"{c.ahead_low:.2f} to {c.ahead_high:.2f}"))
        for c in compared
    )  # fmt: skip
    return PageTable(
        (Column("system", "line"), Column("wins/ties/losses", "line"),
         Column("share ahead", "number"), Column("95 % interval", "line")),
        rows,
        data=Data(f"against_{reference}.csv", pd.DataFrame(compared)),
    )  # fmt: skip


def _tables(found: SystemEvaluation) -> PageTable:
    """Return the best system of each table, beside the references."""
    references = [found.systems.index(name) for name in found.references]
    best = np.argmin(found.losses, axis=1)
    rows = tuple(
        Row((table, found.systems[best[i]], number(float(found.losses[i, best[i]]), ".4f"),
             *(number(float(found.losses[i, j]), ".4f") for j in references)))
        for i, table in enumerate(found.tables)
    )  # fmt: skip
    return PageTable(
        (Column("table", "line"), Column("best system", "line"), Column("its loss", "number"),
         *(Column(f"loss of {name}", "number") for name in found.references)),
        rows,
        caption="Test loss on each table",
        data=Data("per_table.csv", found.per_table()),
    )  # fmt: skip
