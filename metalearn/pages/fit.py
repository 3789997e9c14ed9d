"""The page of `metalearn fit --html`: budget, course, errors, columns, leaderboard."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from metalearn.core.short_text import score_form
from metalearn.pages.charts.bars import bar_chart, parts_chart
from metalearn.pages.charts.curves import Curve, curve_chart
from metalearn.pages.charts.heat import cell_chart
from metalearn.pages.charts.points import point_chart
from metalearn.pages.leaderboard import leaderboard_table, weights_figure
from metalearn.pages.parts import (
    Block,
    Data,
    Figure,
    HtmlPage,
    Notes,
    Section,
    sentence,
)
from metalearn.plots.automl_fit import fit_data
from metalearn.plots.fit_report import confusion_data, residual_data
from metalearn.workflows.fit.in_words import fit_in_words

if TYPE_CHECKING:
    from metalearn.automl.held_out import ColumnImportance, HeldOut
    from metalearn.workflows.fit.report import Expected, FitReport

__all__ = ["fit_page"]

_MOST_COLUMNS = 20


def fit_page(report: FitReport) -> HtmlPage:
    """Return the page; it needs no further package."""
    document = report.document
    snapshot = document["snapshot"][:12] or "none"
    return HtmlPage(
        title=f"What was fitted to {document['task']['name']}",
        lead=fit_in_words(document),
        sections=tuple(_sections(report)),
        foot=f"advice came from snapshot {snapshot}",
    )


def _sections(report: FitReport) -> Iterator[Section]:
    """Yield each section that there is something to show for."""
    document, found = report.document, report.found
    yield Section(
        "Budget",
        (Figure(parts_chart(report.phases, "Seconds of each phase"), "Where the seconds went."),),
        f"{found.seconds:.1f} seconds of {found.budget_s:g}.",
    )
    if document["leaderboard"]:
        yield Section(
            "Loss against seconds, and the members", tuple(_course(report)),
            "Each dot is a configuration; the line is the lowest loss until then.",
        )  # fmt: skip
    if report.held_out is not None:
        yield _errors(report.held_out)
    if report.importance is not None and report.importance.names:
        yield _columns(report.importance, document["metric"])
    if report.expected:
        yield _expectations(report.expected, document["metric"])
    if document["leaderboard"]:
        yield Section(
            "Leaderboard", (leaderboard_table(document),), "Members of the ensemble are shaded."
        )
    yield Section("What was remembered", (), sentence(report.remembered))
    if document["notes"]:
        yield Section("Notes", (Notes(tuple(document["notes"])),))


def _course(report: FitReport) -> Iterator[Block]:
    model = report.found.model
    data = fit_data(model.leaderboard_, model.trials_, model.metric_)
    seconds, losses = np.array(data.seconds), np.array(data.losses)
    if len(losses):
        shown = np.quantile(losses, 0.9) if len(losses) >= 10 else losses.max()
        low = float(losses.min())
        pad = 0.08 * max(float(shown) - low, 0.1 * abs(low), 1e-9)
        curve = Curve("best so far", seconds, np.array(data.best), is_step=True,
                      dots=np.where(losses <= shown, losses, np.nan))  # fmt: skip
        drawn = curve_chart([curve], "Lowest loss against seconds", "seconds",
                            f"out-of-fold loss ({data.metric})",
                            y_range=(low - pad, float(shown) + pad))  # fmt: skip
        hidden = int((losses > shown).sum())
        worse = "1 worse one is" if hidden == 1 else f"{hidden} worse ones are"
        rest = f"; {worse} not shown" if hidden else ""
        yield Figure(drawn, f"{len(losses)} configurations{rest}.",
                     Data("trials.csv", model.trials_.drop(columns="configuration",
                                                           errors="ignore")))  # fmt: skip
    if data.members:
        yield weights_figure(report.document)


def _errors(found: HeldOut) -> Section:
    text = "Rows that the models had not seen, each from the fold that left it out"
    if found.classes is None:
        data = residual_data(found)
        residuals = data.true - data.predicted
        return Section(
            "Residuals",
            (
                Figure(point_chart(data.true, data.predicted, "Predicted against true", "true",
                                   "predicted out of fold", line="diagonal"),
                       "Predicted against true."),
                Figure(point_chart(data.predicted, residuals, "Residuals against predicted",
                                   "predicted out of fold", "true - predicted", line="zero"),
                       "Residuals against predicted."),
            ),
            f"{text}.",
        )  # fmt: skip
    table = confusion_data(found)
    shares = table.counts / np.maximum(table.counts.sum(axis=1, keepdims=True), 1)
    texts = [[f"{n:,}" for n in row] for row in table.counts.tolist()]
    drawn = cell_chart(shares, texts, table.labels, table.labels, "Confusion matrix", "true",
                       "predicted")  # fmt: skip
    caption = "Counts, shaded by share of the true class."
    return Section("Confusion matrix", (Figure(drawn, caption),), f"{text}.")


def _columns(found: ColumnImportance, metric: str) -> Section:
    some = "" if found.is_complete else ", as far as the time for it went"
    loss = format(found.loss, score_form(found.loss))
    times = "once" if found.n_shuffles == 1 else f"{found.n_shuffles} times"
    text = (
        f"How much the loss ({metric}) of {found.n_rows:,} training rows rises when a "
        f"column is shuffled ({times}{some}); without shuffling it is {loss}. Columns "
        "that say the same share their importance."
    )
    n = _MOST_COLUMNS
    drawn = bar_chart(found.names[:n], found.means[:n], "Importance of columns",
                      "rise of the loss", spreads=found.spreads[:n])  # fmt: skip
    if len(found.names) > n:
        shown = f"The {n} most important of {len(found.names)} columns."
    else:
        shown = "Every column." if found.is_complete else "The columns that were shuffled."
    return Section("Importance of columns", (Figure(drawn, shown),), text)


def _expectations(found: tuple[Expected, ...], metric: str) -> Section:
    expected = np.array([e.expected for e in found])
    achieved = np.array([e.achieved for e in found])
    spans = np.array([e.low for e in found]), np.array([e.high for e in found])
    tips = [
        f"{e.algorithm.replace('_', ' ')}: expected {e.expected:{form}}, "
        f"achieved {e.achieved:{form}}"
        for e, form in zip(found, map(score_form, expected), strict=True)
    ]
    drawn = point_chart(expected, achieved, "Achieved against expected scores",
                        f"{metric} expected by the memory", f"{metric} achieved",
                        line="diagonal", spans=spans, tips=tips)  # fmt: skip
    text = (
        "What the memory expected of configurations before they were tried on this table, with "
        "its 80 % interval, and what they achieved."
    )
    return Section("Expected and achieved", (Figure(drawn, "On the line: as expected."),), text)
