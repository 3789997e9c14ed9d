"""The page of `metalearn evaluate --html`: regret curves, average ranks, and the table."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from metalearn.pages.charts.curves import Curve, curve_chart
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
from metalearn.plots.evaluation import regret_curves_data

if TYPE_CHECKING:
    from metalearn.workflows.evaluate.result import EvaluationResult

__all__ = ["evaluate_page", "evaluation_sections"]

_MOST_CURVES = 7  # lines that can be told apart in grey
_BOUNDS = {
    "random": "a random order (exact expectation)",
    "random x4": "random search with four evaluations a step",
    "oracle": "the best known configuration at once",
}


def evaluate_page(result: EvaluationResult, what: str = "Recommenders") -> HtmlPage:
    """Return the page.

    Args:
        result: The evaluation.
        what: What was compared, as the first word of the title.
    """
    protocol = result.protocol
    sections = list(evaluation_sections(result))
    skipped = [f"{name}: {reason}" for name, reason in result.skipped.items()]
    if skipped:
        sections.append(Section("Not played", (Notes(tuple(skipped)),)))
    return HtmlPage(
        title=f"{what} compared on {protocol.n_tasks} tasks",
        lead=f"{protocol.metric}, {protocol.n_configurations} configurations, {protocol.split} "
        "over tasks: what was learned on the other tasks is tested on those held out.",
        sections=tuple(sections),
        foot=f"seed {protocol.seed}, snapshot {protocol.snapshot or 'none'}",
    )


def evaluation_sections(result: EvaluationResult) -> Iterator[Section]:
    """Yield regret after each evaluation, average ranks, all results, and paired tests."""
    yield Section("Regret", (_curves(result), _results(result)),
                  "Mean normalized regret: 0 is the best known configuration of each "
                  "task.")  # fmt: skip
    diagrams = tuple(_diagrams(result))
    if diagrams:
        yield Section("Average ranks", diagrams,
                      "Bars join methods without significant difference (Nemenyi).")  # fmt: skip
    if result.comparisons:
        yield Section(f"Against {result.reference}", (_comparisons(result),),
                      "Paired over tasks; a positive difference is worse.")  # fmt: skip


def _curves(result: EvaluationResult) -> Figure:
    data = regret_curves_data(result)
    steps = np.arange(1, data.mean.shape[1] + 1, dtype=np.float64)
    order = np.argsort(data.mean[:, -1], kind="stable")[:_MOST_CURVES]
    named = [i for i, name in enumerate(data.recommenders) if name in (result.reference, "random")]
    shown = list(dict.fromkeys([*named, *order.tolist()]))[:_MOST_CURVES]
    curves = [
        Curve(
            data.recommenders[i], steps, np.maximum(data.mean[i], 1e-6),
            *((data.low[i], data.high[i]) if data.recommenders[i] == result.reference else ()),
        )
        for i in shown
    ]  # fmt: skip
    left = len(data.recommenders) - len(shown)
    drawn = curve_chart(curves, "Mean normalized regret after each evaluation", "evaluations",
                        "mean normalized regret")  # fmt: skip
    rest = f" {left} more methods are in the table." if left else ""
    return Figure(drawn, f"{data.n_tasks} tasks; band: 95 % interval of {result.reference}.{rest}",
                  Data("regret_curves.csv", data.to_frame()))  # fmt: skip


def _results(result: EvaluationResult) -> PageTable:
    by_name: dict[str, list[str]] = {}
    sorts: dict[str, list[float]] = {}
    for row in result.rows:
        text = f"{row.regret_mean:.4f} [{row.regret_low:.3f}, {row.regret_high:.3f}]"
        by_name.setdefault(row.recommender, []).append(text)
        sorts.setdefault(row.recommender, []).append(row.regret_mean)
    bounds = [f"{name}: {what}" for name, what in _BOUNDS.items() if name in by_name]
    rows = tuple(
        Row((name, *(Cell(text, sort=f"{value:.10g}")
                     for text, value in zip(texts, sorts[name], strict=True))))
        for name, texts in by_name.items()
    )  # fmt: skip
    return PageTable(
        (Column("method", "line"), *(Column(f"k={k}", "number") for k in result.ks)),
        rows,
        caption="Mean normalized regret after k evaluations, with 95 % intervals over tasks",
        rest=f"{'; '.join(bounds)}.",
        data=Data("results.csv", pd.DataFrame(result.rows)),
    )


def _diagrams(result: EvaluationResult) -> Iterator[Block]:
    names = result.recommenders[:-1]
    for k in result.ks if len(names) > 1 and len(result.tasks) > 1 else ():
        ranks = critical_difference_data(names, np.round(result.regret(k)[:, :-1], 9))
        times = "1 evaluation" if k == 1 else f"{k} evaluations"
        yield Figure(rank_chart(ranks, f"Average ranks after {times}"), f"After {times}.",
                     Data(f"critical_difference_{k}.csv", ranks.to_frame()))  # fmt: skip


def _comparisons(result: EvaluationResult) -> PageTable:
    rows = tuple(
        Row((c.recommender, number(c.k, "d"), number(c.difference, "+.4f"),
             f"{c.difference_low:+.4f} to {c.difference_high:+.4f}", number(c.p_value, ".2g"),
             f"{c.wins}/{c.ties}/{c.losses}"))
        for c in result.comparisons
    )  # fmt: skip
    return PageTable(
        (Column("method", "line"), Column("k", "number"), Column("difference", "number"),
         Column("95 % interval", "line"), Column("p (Wilcoxon)", "number"),
         Column("wins/ties/losses", "line")),
        rows,
        data=Data("comparisons.csv", pd.DataFrame(result.comparisons)),
    )  # fmt: skip
