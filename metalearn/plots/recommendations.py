"""Recommendations as a plot: expected scores with their intervals, best first."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from metalearn.errors import MissingPackageError

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from metalearn.workflows.recommend.result import Recommendations

__all__ = [
    "RecommendationsData",
    "draw_recommendations",
    "plot_recommendations",
    "recommendations_data",
]


@dataclass(frozen=True, slots=True)
class RecommendationsData:
    """What the plot shows, one entry a recommendation, best first."""

    title: str
    metric: str
    labels: tuple[str, ...]
    expected: tuple[float, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]


def recommendations_data(found: Recommendations) -> RecommendationsData:
    """Return the data of the plot."""
    return RecommendationsData(
        f"What to try on {found.task.name}",
        found.metric.name,
        tuple(f"{item.rank}  {item.configuration.algorithm}" for item in found),
        tuple(item.expected_score for item in found),
        tuple(item.score_low for item in found),
        tuple(item.score_high for item in found),
    )


def draw_recommendations(data: RecommendationsData, ax: Axes | None = None) -> Axes:
    """Draw intervals and expected scores; returns the axes.

    Raises:
        MissingPackageError: If matplotlib is not installed.
    """
    try:
        import matplotlib.pyplot as plt
    except ImportError as error:
        raise MissingPackageError("matplotlib", "plots", "plotting") from error

    if ax is None:
        _, ax = plt.subplots(figsize=(6.4, 0.8 + 0.32 * len(data.labels)), layout="constrained")
    rows = range(len(data.labels))
    ax.hlines(rows, data.low, data.high, color="#8aa9ad", linewidth=4)
    ax.plot(data.expected, rows, "o", color="#12343b", markersize=6)
    ax.set_yticks(rows, data.labels)
    ax.invert_yaxis()
    ax.set_xlabel(f"{data.metric}: expected, and the interval that holds 80 %")
    ax.set_title(data.title, loc="left", fontsize=11)
    for side in ("top", "right", "left"):
        ax.spines[side].set_visible(False)
    ax.tick_params(axis="y", length=0)
    ax.grid(axis="x", color="#e5e5e5")
    ax.set_axisbelow(True)
    return ax


def plot_recommendations(found: Recommendations, ax: Axes | None = None) -> Axes:
    """Draw recommendations on the given axes, or on new ones; returns the axes."""
    return draw_recommendations(recommendations_data(found), ax)
