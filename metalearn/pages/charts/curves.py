"""Curves over one quantity, with bands and a legend: regret, incumbents, marginals, densities."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from markupsafe import Markup

from metalearn.core.arrays import Floats
from metalearn.pages.charts.plane import N_STYLES, Plane
from metalearn.pages.charts.scales import categories, scale
from metalearn.pages.charts.svg import chart, cut, element, text

__all__ = ["Curve", "category_chart", "curve_chart"]

_WIDTH = 360.0


@dataclass(frozen=True, slots=True, eq=False)
class Curve:
    """One line.

    Attributes:
        name: What it is called.
        x: `(n,)`.
        y: `(n,)`; NaN is left out.
        low: Lower end of its band, `(n,)`; None for no band.
        high: Upper end.
        dots: Vertical places of dots at `x`, `(n,)`; None for none.
        is_step: Whether each value holds until the next.
        texts: What is said of each point when it is pointed at; empty for nothing. The line can
            be brushed then.
    """

    name: str
    x: Floats
    y: Floats
    low: Floats | None = None
    high: Floats | None = None
    dots: Floats | None = None
    is_step: bool = False
    texts: tuple[str, ...] = ()


def curve_chart(
    curves: Sequence[Curve],
    label: str,
    x_label: str,
    y_label: str,
    *,
    x_log: bool = False,
    y_log: bool = False,
    y_range: tuple[float, float] | None = None,
    height: float = 200.0,
    level: float | None = None,
) -> Markup:
    """Return a chart of curves.

    Args:
        curves: The lines; a legend is drawn for two or more.
        label: What a screen reader says.
        x_label: Label of the horizontal axis.
        y_label: Label of the vertical axis.
        x_log: Whether the horizontal axis is logarithmic.
        y_log: Whether the vertical axis is.
        y_range: Ends of the vertical axis; None takes those of the lines and bands.
        height: Pixels of the plane.
        level: Height of a thin horizontal line; None for none.
    """
    shown = [v for c in curves for v in (c.y, c.low, c.high) if v is not None]
    if level is not None:
        shown.append(np.array([level]))
    values = np.array(y_range) if y_range else np.concatenate(shown)
    plane = Plane(
        scale(np.concatenate([c.x for c in curves]), 46.0, _WIDTH - 8, log=x_log, pad=0.02),
        scale(values, height + 20, 20.0, log=y_log, pad=0.0 if y_range else 0.06),
    )
    plane.frame(x_label, y_label)
    if level is not None:
        plane.line(np.array([plane.x.low, plane.x.high]), np.full(2, level), "floor")
    for i, curve in enumerate(curves):
        if curve.low is not None and curve.high is not None:
            plane.band(curve.x, curve.low, curve.high, "area" if len(curves) == 1 else "band")
        if curve.dots is not None:
            plane.dots(curve.x, curve.dots, f"faint m{i % N_STYLES}")
    styles = [f"s s{i % N_STYLES}" if len(curves) > 1 else "s middle" for i in range(len(curves))]
    for curve, style in zip(curves, styles, strict=True):
        plane.line(curve.x, curve.y, style, is_step=curve.is_step)
        if curve.texts:
            plane.strips(curve.x, curve.y, curve.texts, curve.name)
    end = height + 56
    if len(curves) > 1:
        end = plane.legend([c.name for c in curves], end + 14, styles)
    return chart(_WIDTH, end, label, plane.parts)


def category_chart(
    names: Sequence[str],
    values: Floats,
    label: str,
    x_label: str,
    y_label: str,
    *,
    low: Floats | None = None,
    high: Floats | None = None,
    y_range: tuple[float, float] | None = None,
    height: float = 200.0,
    level: float | None = None,
) -> Markup:
    """Return a chart of a value for each category: dots with their spans, or bars without.

    Args:
        names: The categories.
        values: `(n,)`.
        label: What a screen reader says.
        x_label: Label of the horizontal axis.
        y_label: Label of the vertical axis.
        low: Lower ends of the spans, `(n,)`; None draws bars from 0.
        high: Upper ends.
        y_range: Ends of the vertical axis.
        height: Pixels of the plane.
        level: Height of a thin horizontal line; None for none.
    """
    ends = [v for v in (values, low, high) if v is not None]
    if low is None:
        ends.append(np.zeros(1))
    y = scale(np.array(y_range) if y_range else np.concatenate(ends), height + 20, 20.0,
              pad=0.0 if y_range else 0.06)  # fmt: skip
    plane = Plane(scale([0, 1], 46.0, _WIDTH - 8, pad=0.0), y)
    plane.frame(x_label, y_label, x_ticks=0)
    middles = categories(len(names), 46.0, _WIDTH - 8)
    step = (_WIDTH - 54) / max(len(names), 1)
    for i, (name, at) in enumerate(zip(names, middles, strict=True)):
        place = y(float(values[i]))
        if low is None or high is None:
            base = y(max(0.0, y.low))
            plane.parts.append(element("rect", x=at - 0.3 * step, y=min(place, base),
                                       width=0.6 * step, height=abs(base - place),
                                       class_="bar"))  # fmt: skip
        else:
            span = f"M{at:.1f} {y(float(low[i])):.1f}V{y(float(high[i])):.1f}"
            plane.parts.append(element("path", d=span, class_="thin"))
            plane.parts.append(element("circle", cx=at, cy=place, r=4.0, class_="bar"))
        plane.parts.append(text(at, height + 36, cut(name, step), "middle", "soft"))
    if level is not None:
        d = f"M46 {y(level):.1f}H{_WIDTH - 8:.1f}"
        plane.parts.append(element("path", d=d, class_="floor"))
    return chart(_WIDTH, height + 56, label, plane.parts)
