"""Marginal effects drawn: curves with bands as small multiples, surfaces as shaded maps."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from metalearn.core.short_text import short_value
from metalearn.core.space import Axis
from metalearn.importance.marginals import Marginal
from metalearn.plots.style import BLUE, DARK, LIGHT, figure, log_axis, short_names, styled

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["draw_curves", "draw_surface"]


def draw_curves(curves: Sequence[Marginal], score: str, title: str = "") -> Figure:
    """Draw one panel per hyperparameter, all with the same vertical axis.

    Args:
        curves: Marginals of one hyperparameter each.
        score: What the vertical axis measures.
        title: Title of the figure.
    """
    columns = min(3, len(curves))
    rows = math.ceil(len(curves) / columns)
    low = min(float(curve.low.min()) for curve in curves)
    high = max(float(curve.high.max()) for curve in curves)
    pad = 0.06 * ((high - low) or 1.0)
    with styled():
        drawn, panels = figure(2.4 * columns + 0.4, 2.1 * rows + 0.3, rows, columns)
        for ax, curve in zip(panels, curves, strict=False):
            _draw_curve(ax, curve)
            ax.set_ylim(low - pad, high + pad)
            ax.set_xlabel(short_names(curve.names)[0])
            ax.grid(axis="y", color=LIGHT, lw=0.6)
        for ax in panels[len(curves) :]:
            ax.axis("off")
        drawn.supylabel(score, fontsize=9)
        drawn.suptitle(f"{title}\nband: {curves[0].band}".strip(), fontsize=9.5)
    return drawn


def draw_surface(surface: Marginal, score: str, title: str = "") -> Figure:
    """Draw the expected score over two hyperparameters; lighter is better or worse as labelled."""
    with styled():
        drawn, (ax,) = figure(4.6, 3.6)
        image = ax.pcolormesh(
            np.arange(len(surface.values[0]) + 1), np.arange(len(surface.values[1]) + 1),
            surface.centre.T, cmap="cividis", rasterized=True,
        )  # fmt: skip
        for axis, values, name, target in zip(
            surface.axes, surface.values, short_names(surface.names), ("x", "y"), strict=True
        ):
            places = _few(len(values)) if axis.is_ordered else list(range(len(values)))
            set_ticks, set_label = (
                (ax.set_xticks, ax.set_xlabel) if target == "x" else (ax.set_yticks, ax.set_ylabel)
            )
            set_ticks([place + 0.5 for place in places], [short_value(values[p]) for p in places])
            set_label(name)
        drawn.colorbar(image, label=score)
        if title:
            ax.set_title(title, fontsize=9.5)
    return drawn


def _draw_curve(ax: Axes, curve: Marginal) -> None:
    values, axis = curve.values[0], curve.axes[0]
    if _is_numeric(axis):
        x = np.array([float(value) for value in values if value is not None])
        ax.fill_between(x, curve.low, curve.high, color=LIGHT, lw=0)
        ax.plot(x, curve.centre, color=BLUE, lw=1.6)
        if axis.log:
            log_axis(ax)
        elif axis.shift:
            log_axis(ax, shift=axis.shift)
        return
    places = np.arange(len(values))
    band = [curve.centre - curve.low, curve.high - curve.centre]
    ax.errorbar(
        places, curve.centre, band, fmt="o", color=BLUE, ecolor=DARK, capsize=3, lw=1.0, ms=4
    )
    ax.set_xticks(places, [short_value(value) for value in values])
    ax.set_xlim(-0.5, len(values) - 0.5)
    if max(len(short_value(value)) for value in values) > 8:
        ax.tick_params(axis="x", rotation=25)


def _is_numeric(axis: Axis) -> bool:
    return axis.kind != "category"


def _few(n: int) -> list[int]:
    return sorted({round(i * (n - 1) / 4) for i in range(5)})
