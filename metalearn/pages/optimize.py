"""The page of `metalearn optimize --html`: incumbent, front of several objectives, all trials."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

import numpy as np

from metalearn.core.short_text import hyperparameters_text
from metalearn.pages.charts.curves import Curve, curve_chart
from metalearn.pages.parts import (
    Cell,
    Code,
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
from metalearn.plots.front import Fronts, fronts_data
from metalearn.plots.optimization import Incumbents, incumbent_window, incumbents_data
from metalearn.workflows.optimize.front import hypervolumes

if TYPE_CHECKING:
    from metalearn.workflows.optimize.result import Optimization, SearchTrial

__all__ = ["optimize_page"]

_MOST_ROWS = 300


def optimize_page(searches: Mapping[str, Optimization]) -> HtmlPage:
    """Return the page of one search or more, by what they are called; the first is shown whole."""
    found = next(iter(searches.values()))
    best, task = found.best, found.task
    failed = sum(trial.status != "ok" for trial in found.trials)
    data = incumbents_data(searches)
    shown = found.trials[:_MOST_ROWS]
    more = len(found.trials) - len(shown)
    sections = [
        Section(
            "Best configuration",
            (
                Code(f"{best.configuration.algorithm} "
                     f"{hyperparameters_text(best.configuration.hyperparameters)}"),
            ),
            f"{found.metric.name} {best.score:.4f}; {_ended(searches)}.",
        ),
        Section("Best score so far", tuple(_figures(data)), "Faint dots are single trials."),
        Section("Improvements", (_trials(found.improvements, found.metric.name, ""),)),
        Section(
            "Trials",
            (_trials(shown, found.metric.name, f"{more} more." if more else ""),),
            f"{len(found.trials)} trials, {failed} without a score.",
        ),
    ]  # fmt: skip
    if found.objectives:
        sections.insert(1, _front(searches))
    if found.notes:
        sections.append(Section("Notes", (Notes(found.notes),)))
    classes = f", {task.n_classes} classes" if task.n_classes else ""
    return HtmlPage(
        title=f"Searched on {task.name}",
        lead=f"{task.kind}, {task.n_rows:,} rows, {task.n_features:,} columns{classes}; "
        f"{found.optimizer} on {found.searched}, {found.start_in_words}.",
        sections=tuple(sections),
        foot=f"seed {found.seed}, snapshot {found.snapshot or 'none'}",
    )


def _front(searches: Mapping[str, Optimization]) -> Section:
    """Return the front of the first search as a table, and of all as charts."""
    found, data = next(iter(searches.values())), fronts_data(searches)
    shares = hypervolumes([*searches.values()])
    covered = "; ".join(
        f"{name} {share:.3f}" for name, share in zip(searches, shares, strict=True)
    )
    rows = tuple(
        Row(
            (
                number(trial.number or None, "d"),
                *(number(trial.values[o.name], ".3g" if o.is_cost else ".4f")
                  for o in found.objectives),
                trial.origin,
                trial.configuration.algorithm.replace("_", " "),
                Cell(hyperparameters_text(trial.configuration.hyperparameters), is_code=True),
            )
        )
        for trial in found.front
    )  # fmt: skip
    columns = (
        Column("trial", "number"),
        *(Column(objective.name, "number") for objective in found.objectives),
        Column("found by"),
        Column("algorithm"),
        Column("hyperparameters", "long"),
    )
    return Section(
        "Pareto front",
        (*_front_figures(data), PageTable(columns, rows)),
        f"Configurations that no other one beats in every objective; share of hypervolume: "
        f"{covered}.",
    )


def _front_figures(data: Fronts) -> Iterator[Figure]:
    first, *others = data.objectives
    for j, other in enumerate(others, start=1):
        curves = []
        for name, values, front in zip(data.names, data.values, data.is_front, strict=True):
            order = np.argsort(values[:, j], kind="stable")
            y = values[order, 0]
            line = np.where(front[order], y, np.nan)
            curves.append(Curve(name, values[order, j], line, dots=y, is_step=len(others) == 1))
        is_positive = all((curve.x > 0).all() for curve in curves)
        if not any(np.isfinite(curve.y).any() for curve in curves):
            continue
        drawn = curve_chart(
            curves, f"{first.what} against {other.what}", other.what, first.what,
            x_log=other.is_log and is_positive,
        )  # fmt: skip
        table = Data("front.csv", data.to_frame()) if j == 1 else None
        yield Figure(drawn, f"{other.what[0].upper()}{other.what[1:]}.", table)


def _ended(searches: Mapping[str, Optimization]) -> str:
    lines = [
        f"{name} {found.best.score:.4f} after {len(found.trials)} trials in {found.seconds:.1f} s "
        f"({found.end_in_words})"
        for name, found in searches.items()
    ]
    return "; ".join(lines)


def _figures(data: Incumbents) -> Iterator[Figure]:
    label = data.metric.replace("_", " ")
    for places, quantity in ((data.trials, "trials"), (data.elapsed_s, "seconds")):
        curves = [
            Curve(name, np.asarray(x, dtype=np.float64), best, dots=scores, is_step=True)
            for name, x, best, scores in zip(
                data.names, places, data.incumbents, data.scores, strict=True
            )
        ]
        if not any(len(curve.x) for curve in curves):
            continue
        drawn = curve_chart(curves, f"Best {label} over {quantity}", quantity, label,
                            y_range=incumbent_window(data))  # fmt: skip
        table = Data("incumbent.csv", data.to_frame()) if quantity == "trials" else None
        yield Figure(drawn, f"Over {quantity}.", table)


def _trials(
    trials: list[SearchTrial] | tuple[SearchTrial, ...], metric: str, rest: str
) -> PageTable:
    rows = tuple(
        Row(
            (
                number(trial.number or None, "d"),
                number(trial.elapsed_s if trial.number else None, ".1f"),
                number(trial.score, ".4f"),
                trial.origin,
                Cell(trial.status, note=trial.reason),
                trial.configuration.algorithm.replace("_", " "),
                Cell(hyperparameters_text(trial.configuration.hyperparameters), is_code=True),
            )
        )
        for trial in trials
    )
    return PageTable(
        (Column("trial", "number"), Column("at second", "number"), Column(metric, "number"),
         Column("found by"), Column("status"), Column("algorithm"),
         Column("hyperparameters", "long")),
        rows,
        rest=rest,
    )  # fmt: skip
