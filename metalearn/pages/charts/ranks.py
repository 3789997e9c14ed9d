"""The critical-difference diagram: average ranks, bars over items that do not differ.

Demsar, JMLR 7 (2006), figure 1; drawn downwards, one line an item, so that it fits narrow screens.
"""

from __future__ import annotations

import math

from markupsafe import Markup

from metalearn.pages.charts.scales import Scale
from metalearn.pages.charts.svg import chart, cut, element, text
from metalearn.plots.critical_difference import CriticalDifference

__all__ = ["rank_chart"]

_WIDTH, _LABELS, _STEP = 360.0, 138.0, 20.0


def rank_chart(data: CriticalDifference, label: str, counted: str = "tasks") -> Markup:
    """Return the diagram; bars on the right join items without significant difference.

    Args:
        data: The ranks.
        label: What a screen reader says.
        counted: What the ranks are averaged over.
    """
    n = len(data.names)
    groups = data.groups[:8]
    right = _WIDTH - 12 - 9.0 * len(groups)
    across = Scale(1.0, float(max(n, 2)), _LABELS + 4, right)
    top = 34.0
    bottom = top + _STEP * n
    parts = [text(_LABELS + 4, 12.0, f"average rank over {data.n_tasks} {counted}; 1 is best")]
    step = max(1, -(-n // 8))
    for place in range(1, n + 1, step):
        at = across(float(place))
        parts.append(element("path", d=f"M{at:.1f} {top - 4:.1f}V{bottom:.1f}", class_="grid"))
        parts.append(text(at, top - 8, str(place), "middle", "soft"))
    for i, (name, rank) in enumerate(zip(data.names, data.mean_ranks, strict=True)):
        y, at = top + _STEP * (i + 0.5), across(rank)
        tip = f"{name}: average rank {rank:.2f}"
        parts.append(text(_LABELS - 4, y + 4, cut(name, _LABELS - 8), "end"))
        parts.append(element("path", d=f"M{across(1.0):.1f} {y:.1f}H{at:.1f}", class_="axis"))
        parts.append(element("circle", element("title", tip), cx=at, cy=y, r=4.0, class_="bar",
                             data_tip=tip))  # fmt: skip
    for column, (first, last) in enumerate(groups):
        x = right + 12 + 9.0 * column
        a, b = top + _STEP * (first + 0.2), top + _STEP * (last + 0.8)
        parts.append(element("path", d=f"M{x:.1f} {a:.1f}V{b:.1f}", class_="bold"))
    end = bottom + 8
    if not math.isnan(data.critical_difference):
        width = across(1.0 + data.critical_difference) - across(1.0)
        parts.append(element("path", d=f"M{across(1.0):.1f} {end + 8:.1f}h{width:.1f}",
                             class_="bold"))  # fmt: skip
        parts.append(text(4.0, end + 12, f"CD {data.critical_difference:.2f}, alpha "
                          f"{data.alpha:g}"))  # fmt: skip
        end += 20
    return chart(_WIDTH, end, label, parts)
