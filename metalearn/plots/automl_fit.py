"""An AutoML fit as a plot: loss against seconds, and the weights of the members."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from metalearn.errors import MissingPackageError
from metalearn.plots.style import BLUE, DARK, LIGHT

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

__all__ = ["FitData", "draw_fit", "fit_data", "plot_fit"]

_MOST_MEMBERS = 12


@dataclass(frozen=True, slots=True)
class FitData:
    """What the plot shows.

    Attributes:
        metric: Name of the metric.
        seconds: When each finished trial ended, since the fit began.
        losses: Out-of-fold loss of each.
        best: The lowest loss until then.
        members: Algorithms of the ensemble's members, largest weight first.
        weights: Their weights.
    """

    metric: str
    seconds: tuple[float, ...]
    losses: tuple[float, ...]
    best: tuple[float, ...]
    members: tuple[str, ...]
    weights: tuple[float, ...]


def fit_data(leaderboard: pd.DataFrame, trials: pd.DataFrame, metric: str) -> FitData:
    """Return the data of the plot from the tables that a fit leaves."""
    done = trials[trials["status"] == "ok"].sort_values("ended_s")
    losses = done["loss"].to_numpy(dtype=np.float64)
    members = leaderboard[leaderboard["weight"] > 0].sort_values("weight", ascending=False)
    members = members.head(_MOST_MEMBERS)
    return FitData(
        metric,
        tuple(map(float, done["ended_s"])),
        tuple(map(float, losses)),
        tuple(map(float, np.minimum.accumulate(losses))),
        tuple(
            f"{rank}  {name}"
            for rank, name in zip(members["rank"], members["algorithm"], strict=True)
        ),
        tuple(map(float, members["weight"])),
    )


def draw_fit(data: FitData, axes: Any = None) -> tuple[Axes, Axes]:
    """Draw the course of the fit and the members; return both axes.

    Args:
        data: What to draw.
        axes: Two matplotlib axes; new ones if None.

    Raises:
        MissingPackageError: If matplotlib is not installed.
    """
    try:
        import matplotlib.pyplot as plt
    except ImportError as error:
        raise MissingPackageError("matplotlib", "plots", "plotting") from error

    if axes is None:
        _, axes = plt.subplots(1, 2, figsize=(9.6, 3.6), layout="constrained")
    course, members = axes
    course.plot(data.seconds, data.losses, "o", color=LIGHT, markeredgecolor=DARK, markersize=4)
    course.step(data.seconds, data.best, where="post", color=BLUE, label="best so far")
    course.set_xlabel("seconds")
    course.set_ylabel(f"out-of-fold loss ({data.metric})")
    if data.losses:
        low, high = min(data.losses), _upper(data.losses)
        margin = 0.08 * max(high - low, 1e-9)
        course.set_ylim(low - margin, high + margin)
        course.legend(frameon=False)
    rows = range(len(data.members))
    members.barh(rows, data.weights, color=BLUE)
    members.set_yticks(rows, data.members)
    members.invert_yaxis()
    members.set_xlabel("weight in the ensemble")
    for ax in (course, members):
        for side in ("top", "right"):
            ax.spines[side].set_visible(False)
    return course, members


def plot_fit(fitted: Any, axes: Any = None) -> tuple[Axes, Axes]:
    """Draw the fit of an AutoML estimator; `fitted` has its tables and the name of its metric."""
    return draw_fit(fit_data(fitted.leaderboard_, fitted.trials_, fitted.metric_), axes)


def _upper(losses: tuple[float, ...]) -> float:
    """Return the largest loss to show: of many, not the worst tenth."""
    return float(np.quantile(losses, 0.9)) if len(losses) >= 10 else max(losses)
