"""Horizontal bars, with their spreads or without, and one bar in parts."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from markupsafe import Markup

from metalearn.core.arrays import Floats
from metalearn.pages.charts.scales import scale
from metalearn.pages.charts.svg import chart, cut, element, text

__all__ = ["bar_chart", "parts_chart"]

_WIDTH, _LABELS, _STEP = 360.0, 140.0, 18.0


def bar_chart(
    names: Sequence[str],
    values: Floats,
    label: str,
    quantity: str,
    *,
    spreads: Floats | None = None,
    form: str = ".3g",
) -> Markup:
    """Return bars from zero, with the value of each as its text.

    Args:
        names: What the bars are.
        values: `(n,)`; NaN is drawn as nothing.
        label: What a screen reader says.
        quantity: What the bars measure.
        spreads: `(n,)` half lengths of the lines at their ends; None for none.
        form: Format of the values.
    """
    values = np.asarray(values, dtype=np.float64)
    spread = np.zeros(len(values)) if spreads is None else np.nan_to_num(spreads)
    ends = np.concatenate([values - spread, values + spread, [0.0]])
    across = scale(ends, _LABELS, _WIDTH - 8, pad=0.02)
    bottom = 6 + _STEP * len(names)
    parts = []
    for value, name in across.ticks(5):
        at = across(value)
        parts.append(element("path", d=f"M{at:.1f} 2V{bottom:.1f}", class_="grid"))
        parts.append(text(at, bottom + 13, name, "middle", "soft"))
    for i, name in enumerate(names):
        y = 6 + _STEP * i
        parts.append(text(_LABELS - 6, y + 11, cut(name, _LABELS - 8), "end"))
        if not np.isfinite(values[i]):
            continue
        a, b = sorted((across(0.0), across(float(values[i]))))
        tip = f"{name}: {format(float(values[i]), form)}"
        parts.append(element("rect", element("title", tip), x=a, y=y + 2, width=max(b - a, 0.6),
                             height=_STEP - 6, class_="bar", data_tip=tip))  # fmt: skip
        if spread[i] > 0:
            low, high = across(float(values[i] - spread[i])), across(float(values[i] + spread[i]))
            parts.append(element("path", d=f"M{low:.1f} {y + 8:.1f}H{high:.1f}", class_="thin"))
    zero = across(0.0)
    parts.append(element("path", d=f"M{zero:.1f} 2V{bottom:.1f}", class_="axis"))
    parts.append(text(_WIDTH - 8, bottom + 29, quantity, "end"))
    return chart(_WIDTH, bottom + 36, label, parts)


def parts_chart(parts: Sequence[tuple[str, float]], label: str, form: str = "{:.1f} s") -> Markup:
    """Return one bar whose parts are as long as their values, with a legend; four at most."""
    total = sum(value for _, value in parts) or 1.0
    drawn, at = [], 4.0
    for i, (name, value) in enumerate(parts):
        width = (_WIDTH - 8) * value / total
        says = f"{name}: {form.format(value)}"
        drawn.append(element("rect", element("title", says), x=at, y=4.0, width=width, height=18.0,
                             class_=f"p{i}"))  # fmt: skip
        y = 40 + 17 * i
        drawn.append(element("rect", x=4.0, y=y - 10, width=11.0, height=11.0, class_=f"p{i}"))
        drawn.append(text(21.0, y, says))
        at += width
    return chart(_WIDTH, 30 + 17 * len(parts), label, drawn)
