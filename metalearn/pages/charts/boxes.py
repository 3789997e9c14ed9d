"""Horizontal box plots: quartiles, whiskers, outliers, and a second figure as a diamond."""

from __future__ import annotations

import numpy as np
from markupsafe import Markup

from metalearn.core.arrays import Floats
from metalearn.pages.charts.plane import Plane
from metalearn.pages.charts.scales import Scale, scale
from metalearn.pages.charts.svg import chart, cut, element, text
from metalearn.plots.boxes import BoxPlot, quartiles

__all__ = ["box_chart"]

_WIDTH, _LABELS, _STEP = 360.0, 130.0, 22.0
_MOST_OUTLIERS = 40


def box_chart(data: BoxPlot, label: str, counted: str = "tasks") -> Markup:
    """Return the chart of the box plots; whiskers reach 1.5 times the quartiles' distance.

    Args:
        data: The boxes.
        label: What a screen reader says.
        counted: What the values of a box belong to.
    """
    n = len(data.names)
    bottom = 8 + _STEP * n
    values = np.concatenate([*data.values, np.array(data.marks, dtype=np.float64)])
    across = scale(values, _LABELS, _WIDTH - 8, pad=0.03)
    plane = Plane(across, Scale(0.0, 1.0, bottom, 8.0))
    for value, name in across.ticks(5):
        at = across(value)
        plane.parts.append(element("path", d=f"M{at:.1f} 4V{bottom:.1f}", class_="grid"))
        plane.parts.append(text(at, bottom + 13, name, "middle", "soft"))
    plane.parts.append(text(_WIDTH - 8, bottom + 29, data.quantity, "end"))
    for i, (name, found) in enumerate(zip(data.names, data.values, strict=True)):
        y = 8 + _STEP * (i + 0.5)
        plane.parts.append(text(_LABELS - 6, y + 4, cut(name, _LABELS - 8), "end"))
        plane.parts += _box(across, found, y, name, counted)
        if data.marks and np.isfinite(data.marks[i]):
            plane.parts.append(_diamond(across(data.marks[i]), y))
    end = bottom + 38
    if data.marks:
        plane.parts.append(_diamond(_LABELS + 6, end + 6))
        plane.parts.append(text(_LABELS + 16, end + 10, f"mean, {data.mark}"))
        end += 18
    return chart(_WIDTH, end, label, plane.parts)


def _box(across: Scale, values: Floats, y: float, name: str, counted: str) -> list[Markup]:
    low, middle, high = quartiles(values)
    reach = 1.5 * (high - low)
    inside = values[(values >= low - reach) & (values <= high + reach)]
    first, last = float(inside.min()), float(inside.max())
    outside = values[(values < first) | (values > last)]
    of = f"{len(values)} {counted}"
    tip = f"{name}: median {middle:.3g}, quartiles {low:.3g} to {high:.3g}, {of}"
    left, right = across(low), across(high)
    dots = "".join(
        f"M{across(float(v)) - 2:.1f} {y:.1f}a2 2 0 1 0 4 0a2 2 0 1 0 -4 0"
        for v in outside[:: max(len(outside) // _MOST_OUTLIERS, 1)]
    )
    return [
        element("path", d=f"M{across(first):.1f} {y:.1f}H{across(last):.1f}", class_="axis"),
        *([element("path", d=dots, class_="faint")] if dots else []),
        element("rect", element("title", tip), x=left, y=y - 6.5, width=max(right - left, 1.0),
                height=13.0, class_="box", data_tip=tip),
        element("path", d=f"M{across(middle):.1f} {y - 6.5:.1f}v13", class_="middle"),
    ]  # fmt: skip


def _diamond(x: float, y: float) -> Markup:
    return element("path", d=f"M{x - 5:.1f} {y:.1f}l5 -5l5 5l-5 5z", class_="mark")
