"""The incumbent of a search after each trial, several searches in one figure (warm, cold)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from metalearn.core.arrays import Floats, Ints
from metalearn.plots.style import LINES, figure, save, styled
from metalearn.workflows.optimize.result import Optimization

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = [
    "Incumbents",
    "draw_incumbents",
    "incumbent_window",
    "incumbents_data",
    "write_optimization",
]


@dataclass(frozen=True, slots=True, eq=False)
class Incumbents:
    """Best score so far, one line a search.

    Attributes:
        names: What each search is called.
        trials: For each, the numbers of the trials, `(n_trials,)`.
        elapsed_s: For each, seconds on the clock at the end of each trial.
        incumbents: For each, the best score after each trial; NaN before the first success.
        scores: For each, the score of each trial; NaN where it failed.
        metric: Name of the metric.
        title: Task, algorithm and optimizer.
    """

    names: tuple[str, ...]
    trials: tuple[Ints, ...]
    elapsed_s: tuple[Floats, ...]
    incumbents: tuple[Floats, ...]
    scores: tuple[Floats, ...]
    metric: str
    title: str

    def to_frame(self) -> pd.DataFrame:
        """Return one row per search and trial."""
        parts = zip(
            self.names, self.trials, self.elapsed_s, self.scores, self.incumbents, strict=True
        )
        names = ("trial", "elapsed_s", "score", "incumbent")
        return pd.concat(
            [
                pd.DataFrame({"search": name, **dict(zip(names, columns, strict=True))})
                for name, *columns in parts
            ],
            ignore_index=True,
        )


def incumbents_data(searches: Mapping[str, Optimization]) -> Incumbents:
    """Return the curves of searches on one task, by what they are called."""
    frames = [search.to_frame() for search in searches.values()]
    first = next(iter(searches.values()))
    return Incumbents(
        tuple(searches),
        tuple(frame["trial"].to_numpy(np.int64) for frame in frames),
        tuple(frame["elapsed_s"].to_numpy(np.float64) for frame in frames),
        tuple(frame["incumbent"].to_numpy(np.float64) for frame in frames),
        tuple(frame["score"].to_numpy(np.float64) for frame in frames),
        first.metric.name,
        f"{first.optimizer} on {first.searched}, {first.task.name}",
    )


def draw_incumbents(data: Incumbents) -> Figure:
    """Draw the incumbents over trials and over seconds; faint points are single trials."""
    with styled():
        drawn, axes = figure(8.4, 3.4, 1, 2)
        for ax, places, label in zip(
            axes, (data.trials, data.elapsed_s), ("trials", "seconds"), strict=True
        ):
            for i, name in enumerate(data.names):
                colour, dash, marker = LINES[i % len(LINES)]
                ax.plot(places[i], data.scores[i], marker, color=colour, alpha=0.25, ms=3, lw=0)
                ax.step(
                    places[i], data.incumbents[i], where="post", color=colour, ls=dash, lw=1.4,
                    label=name,
                )  # fmt: skip
            ax.set_xlabel(label)
            ax.set_ylim(*incumbent_window(data))
        axes[0].set_ylabel(data.metric.replace("_", " "))
        axes[0].legend(frameon=False, fontsize=8, loc="center right")
        drawn.suptitle(data.title, fontsize=9.5)
    return drawn


def incumbent_window(data: Incumbents) -> tuple[float, float]:
    """Return limits that show the incumbents and the better half of the trials."""
    scores = np.concatenate(data.scores)
    shown = np.concatenate([*data.incumbents, [np.nanmedian(scores)]])
    low, high = float(np.nanmin(shown)), float(np.nanmax(shown))
    pad = 0.06 * (high - low) or 0.01
    return low - pad, high + pad


def write_optimization(searches: Mapping[str, Optimization], folder: Path) -> list[Path]:
    """Write the figure, its data, all trials (CSV) and the whole result (JSON); return the paths.

    Raises:
        MissingPackageError: If matplotlib is not installed.
    """
    data = incumbents_data(searches)
    paths = save(draw_incumbents(data), folder, "incumbent", data.to_frame())
    for name, search in searches.items():
        end = "" if len(searches) == 1 else f"_{name}"
        paths += [folder / f"trials{end}.csv", folder / f"optimization{end}.json"]
        trials = search.to_frame()
        trials["configuration"] = [c.canonical for c in trials["configuration"]]
        trials.to_csv(paths[-2], index=False, float_format="%.6g")
        paths[-1].write_text(json.dumps(search.to_dict(), indent=1) + "\n")
    return paths
