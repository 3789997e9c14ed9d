"""A map of the known tasks and the new one; near on the map means similar meta-features."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from metalearn.core.arrays import Floats, frozen_array
from metalearn.plots.style import BLUE, DARK, LIGHT, ORANGE, figure, styled

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from metalearn.workflows.similar import SimilarTasks

__all__ = ["TaskMap", "draw_task_map", "label_places", "task_map_data"]

_WIDTH_PT = 320.0  # of the map, roughly
_REACH_PT = (9.0, 14.0, 20.0, 27.0)  # how far a number may be from its mark
_ROOM_PT = 8.0  # that a number needs on each side


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
    """Draw the map: known tasks grey, neighbours numbered and listed, the new task a star."""
    from matplotlib.lines import Line2D

    frame = data.to_frame()
    with styled():
        drawn, (ax,) = figure(7.4, 4.6)
        others, near = frame[frame["rank"] == 0], frame[frame["rank"] > 0]
        here = frame[frame["rank"] < 0]
        marks = [
            ax.scatter(others["x"], others["y"], s=16, color=LIGHT, edgecolors="#999999", lw=0.4,
                       label="known tasks"),
            ax.scatter(here["x"], here["y"], s=120, color=ORANGE, marker="*", edgecolors="black",
                       lw=0.6, label=str(here["task"].iloc[0]), zorder=3),
            ax.scatter(near["x"], near["y"], s=26, color=BLUE, marker="s", label="most similar:"),
        ]  # fmt: skip
        where = label_places(data)
        listed = []
        for k, (x, y) in where.items():  # in order of rank
            rank = str(data.ranks[k])
            ax.annotate(rank, (data.places[k, 0], data.places[k, 1]), xytext=(x, y),
                        textcoords="offset points", fontsize=8, ha="center", va="center",
                        arrowprops={"arrowstyle": "-", "lw": 0.4, "color": "#777777"})  # fmt: skip
            listed.append(Line2D([], [], ls="", marker=f"${rank}$", ms=4 + 2 * len(rank), mew=0.2,
                                 color=DARK, label=data.names[k]))  # fmt: skip
        ax.set_aspect("equal", adjustable="datalim")
        ax.set(xticks=[], yticks=[])
        ax.spines[:].set_visible(False)
        ax.set_xlabel("near on the map = similar weighted meta-features", fontsize=8)
        drawn.legend(handles=[*marks, *listed], loc="outside right upper", frameon=False,
                     fontsize=8)  # fmt: skip
    return drawn


def label_places(data: TaskMap) -> dict[int, tuple[float, float]]:
    """Return where the number of each neighbour goes, in points from its mark.

    Each takes, in order of rank, the nearest place around its mark that has room between all
    marks and the numbers placed before; if none has, the one with the most room.
    """
    points = data.places * _WIDTH_PT / max(float(np.ptp(data.places, axis=0).max()), 1e-12)
    angles = np.arange(16) * np.pi / 8
    around = np.concatenate(
        [radius * np.column_stack([np.cos(angles), np.sin(angles)]) for radius in _REACH_PT]
    )
    taken, found = points, {}
    for k in sorted(np.flatnonzero(data.ranks), key=lambda k: data.ranks[k]):
        tried = points[k] + around
        room = np.linalg.norm(tried[:, None] - taken[None], axis=2).min(axis=1)
        best = int(np.argmax(np.minimum(room, _ROOM_PT)))  # the nearest place with enough room
        taken = np.vstack([taken, tried[best]])
        found[int(k)] = (float(around[best, 0]), float(around[best, 1]))
    return found
