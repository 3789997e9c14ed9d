"""The Pareto front of searches for several objectives: each cost against the metric."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from metalearn.core.arrays import Bools, Floats
from metalearn.core.objective import Objective
from metalearn.plots.style import LINES, figure, log_axis, save, styled
from metalearn.workflows.optimize.front import losses_of
from metalearn.workflows.optimize.result import Optimization

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["Fronts", "draw_fronts", "fronts_data", "write_fronts"]


@dataclass(frozen=True, slots=True, eq=False)
class Fronts:
    """Finished trials of searches, and which of them are on the front.

    Attributes:
        names: Name of each search.
        objectives: The objectives, the metric first.
        values: For each search, `(n_trials, n_objectives)`, finite.
        is_front: For each search, `(n_trials,)`.
        title: Task, algorithm and optimizer.
    """

    names: tuple[str, ...]
    objectives: tuple[Objective, ...]
    values: tuple[Floats, ...]
    is_front: tuple[Bools, ...]
    title: str

    def to_frame(self) -> pd.DataFrame:
        """Return one row per search and trial."""
        columns = [objective.name for objective in self.objectives]
        parts = [
            pd.DataFrame(values, columns=columns).assign(search=name, front=front)
            for name, values, front in zip(self.names, self.values, self.is_front, strict=True)
        ]
        return pd.concat(parts, ignore_index=True)[["search", *columns, "front"]]


def fronts_data(searches: Mapping[str, Optimization]) -> Fronts:
    """Return the trials of searches for the same objectives on one task, by name of the search."""
    first = next(iter(searches.values()))
    values, is_front = [], []
    for search in searches.values():
        trials = (*search.remembered, *search.trials)
        losses = losses_of(trials, first.objectives)
        kept = [trials[i] for i in np.flatnonzero(np.isfinite(losses).all(axis=1))]
        chosen = {id(trial) for trial in search.front}
        rows = [[t.values[o.name] for o in first.objectives] for t in kept]
        values.append(np.array(rows, dtype=np.float64).reshape(-1, len(first.objectives)))
        is_front.append(np.array([id(trial) in chosen for trial in kept], dtype=np.bool_))
    title = f"{first.optimizer} on {first.searched}, {first.task.name}"
    return Fronts(tuple(searches), first.objectives, tuple(values), tuple(is_front), title)


def draw_fronts(data: Fronts) -> Figure:
    """Draw each further objective against the first; faint points are dominated trials."""
    others = range(1, len(data.objectives))
    with styled():
        drawn, axes = figure(max(4.4, 3.6 * len(others)), 3.4, 1, len(others))
        for ax, j in zip(axes, others, strict=True):
            _draw_pair(ax, data, j)
        axes[0].set_ylabel(data.objectives[0].what)
        if len(data.names) > 1:
            axes[0].legend(frameon=False, fontsize=8)
        drawn.suptitle(data.title, fontsize=9.5)
    return drawn


def write_fronts(searches: Mapping[str, Optimization], folder: Path) -> list[Path]:
    """Write the figure and its data; return the paths.

    Raises:
        MissingPackageError: If matplotlib is not installed.
    """
    data = fronts_data(searches)
    return save(draw_fronts(data), folder, "front", data.to_frame())


def _draw_pair(ax: Axes, data: Fronts, j: int) -> None:
    """Draw objective `j` across and the first one up; a line joins the front if there are two."""
    for i, name in enumerate(data.names):
        colour, dash, marker = LINES[i % len(LINES)]
        values, front = data.values[i], data.is_front[i]
        ax.plot(values[~front, j], values[~front, 0], marker, color=colour, alpha=0.25, ms=3, lw=0)
        best = values[front][np.argsort(values[front][:, j], kind="stable")]
        is_line = len(data.objectives) == 2
        ax.plot(
            best[:, j], best[:, 0], marker, color=colour, ms=5, label=name,
            ls=dash if is_line else "none", lw=1.2, drawstyle="steps-post",
        )  # fmt: skip
    if data.objectives[j].is_log and all((v[:, j] > 0).all() for v in data.values):
        log_axis(ax, "x", most=3)
    ax.set_xlabel(data.objectives[j].what)
