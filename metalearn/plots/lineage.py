"""The lineage of a population: the score of each member over the rounds, and who copied whom."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from metalearn.optimizers.population import lineage_of
from metalearn.plots.style import BLUE, DARK, ORANGE, figure, save, styled
from metalearn.workflows.population import PopulationTraining

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["Lineage", "draw_lineage", "lineage_data", "write_lineage"]


@dataclass(frozen=True, slots=True, eq=False)
class Lineage:
    """Trials of a population.

    Attributes:
        table: One row per trial: trial, parent, round, score, copied, is_best (whether it is an
            ancestor of the final model).
        unit: `epochs` or `trees`.
        resource: Units in a round.
        metric: Name of the metric.
        title: Learner and task.
    """

    table: pd.DataFrame
    unit: str
    resource: int
    metric: str
    title: str


def lineage_data(found: PopulationTraining) -> Lineage:
    """Return the trials, and which lead to the final model."""
    table = found.to_frame().drop(columns="configuration")
    path = {trial.number for trial in lineage_of(found.trials, found.best)}
    table["is_best"] = table["trial"].isin(path)
    title = f"population of {found.learner}, {found.task.name}"
    return Lineage(table, found.unit, found.resource, found.metric.name, title)


def draw_lineage(data: Lineage) -> Figure:
    """Draw a segment from each trial to its parent; copies and the final path stand out."""
    trials = data.table["trial"].tolist()
    at = data.table["round"].to_numpy(np.float64) * data.resource
    scores = data.table["score"].to_numpy(np.float64)
    place = {trial: i for i, trial in enumerate(trials)}
    parents = [place.get(parent, -1) for parent in data.table["parent"].tolist()]
    is_best, copied = data.table["is_best"].to_numpy(), data.table["copied"].to_numpy()
    with styled():
        drawn, (ax,) = figure(6.4, 3.6)
        for kind, colour, width, shown in (
            ("member", DARK, 0.6, ~is_best & ~copied),
            ("copy", ORANGE, 1.0, ~is_best & copied),
            ("path of the final model", BLUE, 2.0, is_best),
        ):
            children = [i for i, parent in enumerate(parents) if parent >= 0 and shown[i]]
            ends = [[parents[i], i] for i in children]
            x = [np.append(at[pair], np.nan) for pair in ends]
            y = [np.append(scores[pair], np.nan) for pair in ends]
            if x:
                ax.plot(np.concatenate(x), np.concatenate(y), color=colour, lw=width, label=kind)
        ax.set_xlabel(data.unit)
        ax.set_ylabel(data.metric.replace("_", " "))
        ax.set_title(data.title, fontsize=9.5)
        ax.legend(frameon=False, fontsize=8)
    return drawn


def write_lineage(found: PopulationTraining, folder: Path) -> list[Path]:
    """Write the figure and its data; return the paths.

    Raises:
        MissingPackageError: If matplotlib is not installed.
    """
    data = lineage_data(found)
    return save(draw_lineage(data), folder, "lineage", data.table)
