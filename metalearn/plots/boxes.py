"""Box plots of items over tasks: importance shares, interactions, tunability."""

from __future__ import annotations

from dataclasses import dataclass
from textwrap import fill
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from metalearn.core.arrays import Columns, Floats
from metalearn.errors import NotEnoughMetaDataError
from metalearn.plots.style import BLUE, DARK, DOUBT, LIGHT, ORANGE, figure, styled

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["BoxPlot", "box_data", "draw_boxes", "quartiles"]


@dataclass(frozen=True, slots=True, eq=False)
class BoxPlot:
    """What the plot shows.

    Attributes:
        names: Items, largest median first.
        values: For each item its finite values over tasks, sorted.
        quantity: What is measured.
        marks: A second figure of each item, drawn as a diamond; empty for none.
        mark: What the diamonds are.
        doubt: Why the figures are to be taken with care, drawn below the title; "" for nothing.
    """

    names: tuple[str, ...]
    values: tuple[Floats, ...]
    quantity: str
    marks: tuple[float, ...] = ()
    mark: str = ""
    doubt: str = ""

    def to_frame(self) -> pd.DataFrame:
        """Return one row per item: item, n, minimum, quartiles, maximum, mean."""
        return pd.DataFrame(self.columns())

    def columns(self, item: str = "item", counted: str = "tasks") -> Columns:
        """Return the columns of `to_frame`.

        Args:
            item: What the items are.
            counted: What the values of an item belong to.
        """
        low, middle, high = np.array([quartiles(values) for values in self.values]).T
        found = {
            item: np.array(self.names, dtype=object),
            f"n_{counted}": np.array([len(values) for values in self.values]),
            "minimum": np.array([values[0] for values in self.values]),
            "lower_quartile": low,
            "median": middle,
            "upper_quartile": high,
            "maximum": np.array([values[-1] for values in self.values]),
            "mean": np.array([values.mean() for values in self.values]),
        }
        return {**found, self.mark: np.array(self.marks)} if self.marks else found


def box_data(
    names: tuple[str, ...],
    values: Floats,
    quantity: str,
    *,
    at_most: int = 12,
    marks: Floats | None = None,
    mark: str = "",
    doubt: str = "",
) -> BoxPlot:
    """Return the box plot of the items with the largest medians.

    Args:
        names: Names of the items.
        values: `(n_tasks, n_items)`; NaN is left out.
        quantity: What is measured, for the axis label.
        at_most: Number of items shown.
        marks: `(n_items,)` a second figure of each item, such as the corrected gain.
        mark: What it is, in one word.
        doubt: Why the figures are to be taken with care; "" for nothing.

    Raises:
        NotEnoughMetaDataError: If no item has a value.
    """
    finite = [np.sort(column[np.isfinite(column)]) for column in values.T]
    shown = [i for i, column in enumerate(finite) if len(column)]
    if not shown:
        raise NotEnoughMetaDataError(f"no task has a value of {quantity}; nothing to draw")
    shown.sort(key=lambda i: (-quartiles(finite[i])[1], -float(finite[i].mean())))
    shown = shown[:at_most]
    return BoxPlot(
        tuple(names[i] for i in shown), tuple(finite[i] for i in shown), quantity,
        () if marks is None else tuple(float(marks[i]) for i in shown), mark, doubt,
    )  # fmt: skip


def quartiles(ascending: Floats) -> tuple[float, float, float]:
    """Return the quartiles of sorted values, linear between neighbours; at least one value.

    >>> quartiles(np.array([1.0, 2.0, 4.0]))
    (1.5, 2.0, 3.0)
    """
    low, middle, high = (_between(ascending, share) for share in (0.25, 0.5, 0.75))
    return low, middle, high


def _between(ascending: Floats, share: float) -> float:
    place = share * (len(ascending) - 1)
    before = int(place)
    value = float(ascending[before])
    if place == before:
        return value
    return value + (float(ascending[before + 1]) - value) * (place - before)


def draw_boxes(data: BoxPlot, title: str = "") -> Figure:
    """Draw horizontal boxes: quartiles, whiskers at 1.5 times their distance, outliers as dots."""
    n = len(data.names)
    lines = fill(data.doubt, 88) if data.doubt else ""
    with styled():
        drawn, (ax,) = figure(6.4, 0.9 + 0.3 * n + 0.18 * len(lines.splitlines()))
        parts = ax.boxplot(
            list(data.values), orientation="horizontal", widths=0.55, patch_artist=True,
            medianprops={"color": BLUE, "lw": 2.0}, boxprops={"facecolor": LIGHT, "lw": 0.8},
            whiskerprops={"lw": 0.8}, capprops={"lw": 0.8},
            flierprops={"marker": "o", "ms": 2.5, "mfc": "none", "mec": DARK, "mew": 0.5},
        )  # fmt: skip
        for box in parts["boxes"]:
            box.set_edgecolor(DARK)
        ax.set_yticks(range(1, n + 1), data.names)
        if data.marks:
            ax.plot(data.marks, range(1, n + 1), "D", color=ORANGE, mec=DARK, mew=0.6, ms=5,
                    zorder=4, label=f"mean, {data.mark}")  # fmt: skip
            ax.legend(loc="best", frameon=False, fontsize=8)
        ax.set_ylim(n + 0.5, 0.5)
        ax.set_xlabel(data.quantity)
        ax.grid(axis="x", color=LIGHT, lw=0.6)
        ax.set_axisbelow(True)
        if title or lines:
            ax.set_title(title, fontsize=9.5, pad=6 + 11 * len(lines.splitlines()))
        if lines:
            ax.annotate(lines, (0.5, 1), (0, 4), xycoords="axes fraction", ha="center",
                        textcoords="offset points", fontsize=8, color=DOUBT)  # fmt: skip
    return drawn
