"""Points over two quantities: expected and achieved scores, true and predicted numbers."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from markupsafe import Markup

from metalearn.core.arrays import Floats
from metalearn.pages.charts.plane import Plane
from metalearn.pages.charts.scales import scale
from metalearn.pages.charts.svg import chart, element

__all__ = ["point_chart"]

_WIDTH = 360.0


def point_chart(
    x: Floats,
    y: Floats,
    label: str,
    x_label: str,
    y_label: str,
    *,
    line: str = "",
    spans: tuple[Floats, Floats] | None = None,
    tips: Sequence[str] = (),
    height: float = 220.0,
) -> Markup:
    """Return a chart of points.

    Args:
        x: `(n,)`.
        y: `(n,)`.
        label: What a screen reader says.
        x_label: Label of the horizontal axis.
        y_label: Label of the vertical axis.
        line: `diagonal`, `zero` (horizontal) or "".
        spans: Lower and upper ends of horizontal lines through the points.
        tips: A text for each point; "" for none.
        height: Pixels of the plane.
    """
    both = np.concatenate([x, y]) if line == "diagonal" else None
    wide = np.concatenate([x if both is None else both, *(spans or ())])
    across = scale(wide, 50.0, _WIDTH - 10)
    plane = Plane(across, scale(y if both is None else both, height + 20, 20.0))
    plane.frame(x_label, y_label)
    ends = np.array([plane.x.low, plane.x.high])
    if line:
        plane.line(ends, ends if line == "diagonal" else np.zeros(2), "grid")
    if spans is not None:
        for low, high, at in zip(*spans, y, strict=True):
            if np.isfinite(low) and np.isfinite(high):
                place = plane.y(float(at))
                d = f"M{plane.x(float(low)):.1f} {place:.1f}H{plane.x(float(high)):.1f}"
                plane.parts.append(element("path", d=d, class_="axis"))
    if tips:
        for a, b, tip in zip(x, y, tips, strict=True):
            plane.parts.append(element("circle", element("title", tip), cx=plane.x(float(a)),
                                       cy=plane.y(float(b)), r=4.0, class_="dot",
                                       data_tip=tip))  # fmt: skip
    else:
        plane.dots(x, y)
    return chart(_WIDTH, height + 56, label, plane.parts)
