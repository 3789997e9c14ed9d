"""A map of the known tasks, with the new one on it: near on the map is near in meta-features."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd

from metalearn.core.arrays import Floats, frozen_array
from metalearn.plots.style import BLUE, LIGHT, ORANGE, figure, styled

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from metalearn.workflows.similar import SimilarTasks

__all__ = ["TaskMap", "draw_task_map", "task_map_data"]


@dataclass(frozen=True, slots=True)
class TaskMap:
    """What the map shows.

    Attributes:
        names: Known tasks, then the new one.
        places: `(n_tasks + 1, 2)`.
        ranks: Rank of each known task among the neighbours, from 1; 0 = none of them.
    """

    names: tuple[str, ...]
    places: Floats
    ranks: tuple[int, ...]

    def __post_init__(self) -> None:
        places = frozen_array("places", self.places, (len(self.names), 2))
        object.__setattr__(self, "places", places)

    def to_frame(self) -> pd.DataFrame:
        """Return one row a task: task, x, y, rank (0 = no neighbour, -1 = the new task)."""
        return pd.DataFrame(
            {
                "task": self.names,
                "x": self.places[:, 0],
                "y": self.places[:, 1],
                "rank": (*self.ranks, -1),
            }
        )


def task_map_data(found: SimilarTasks) -> TaskMap:
    """Return the map of what `similar` found."""
    rank = {near.task: place for place, near in enumerate(found.neighbours, start=1)}
    names = (*(task.name for task in found.known), found.task.name)
    return TaskMap(names, found.places, tuple(rank.get(task, 0) for task in found.known))


def draw_task_map(data: TaskMap) -> Figure:
    """Draw the map: known tasks grey, neighbours named, the new task a star."""
    frame = data.to_frame()
    with styled():
        drawn, (ax,) = figure(6.4, 5.0)
        others, near = frame[frame["rank"] == 0], frame[frame["rank"] > 0]
        here = frame[frame["rank"] < 0]
        ax.scatter(others["x"], others["y"], s=16, color=LIGHT, edgecolors="#999999", lw=0.4,
                   label="known tasks")  # fmt: skip
        ax.scatter(near["x"], near["y"], s=26, color=BLUE, marker="s", label="nearest")
        ax.scatter(here["x"], here["y"], s=140, color=ORANGE, marker="*", edgecolors="black",
                   lw=0.6, label=str(here["task"].iloc[0]), zorder=3)  # fmt: skip
        for k in near.index:
            ax.annotate(data.names[k], (data.places[k, 0], data.places[k, 1]), xytext=(4, 3),
                        textcoords="offset points", fontsize=7)  # fmt: skip
        ax.set_aspect("equal", adjustable="datalim")
        ax.set_xticks([])
        ax.set_yticks([])
        ax.set_xlabel("distances on the map are near those of the weighted meta-features")
        ax.legend(frameon=False, fontsize=8, loc="best")
    return drawn
