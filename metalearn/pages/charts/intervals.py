"""A score with its interval as a small bar in a cell of a table, all on one scale."""

from __future__ import annotations

import math

from markupsafe import Markup

from metalearn.pages.charts.svg import element

__all__ = ["interval_chart"]


def interval_chart(
    value: float, low: float, high: float, ends: tuple[float, float], floor: float = math.nan
) -> Markup:
    """Return the bar.

    Args:
        value: The dot.
        low: Lower end of the interval.
        high: Upper end.
        ends: Values at the left and right edge.
        floor: Place of a dotted line; NaN for none.
    """
    span = (ends[1] - ends[0]) or 1.0

    def at(v: float) -> float:
        return 2 + 96 * min(max((v - ends[0]) / span, 0.0), 1.0)

    parts = []
    if math.isfinite(floor):
        parts.append(element("path", d=f"M{at(floor):.1f} 0v10", class_="floor"))
    if math.isfinite(low) and math.isfinite(high):
        parts.append(element("rect", x=at(low), y=3.5, width=max(at(high) - at(low), 1.0),
                             height=3.0, class_="box"))  # fmt: skip
    if math.isfinite(value):
        parts.append(element("rect", x=at(value) - 1.2, y=1.5, width=2.4, height=7.0,
                             class_="bar"))  # fmt: skip
    label = f"{value:.3f}, {low:.3f} to {high:.3f}"
    return element("svg", *parts, class_="interval", viewBox="0 0 100 10",
                   preserveAspectRatio="none", role="img", aria_label=label)  # fmt: skip
