"""A surface: expected score over two hyperparameters, as shades with a key."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from markupsafe import Markup

from metalearn.core.arrays import Floats
from metalearn.core.short_text import short_value
from metalearn.pages.charts.heat import shade_key, shade_paths
from metalearn.pages.charts.svg import chart, cut, element, text

__all__ = ["surface_chart"]

_LEFT, _TOP, _WIDTH, _HEIGHT, _TICKS = 78.0, 24.0, 274.0, 200.0, 5


def surface_chart(
    values: Floats, ticks: tuple[Sequence[object], Sequence[object]], names: tuple[str, str],
    label: str, quantity: str,
) -> Markup:  # fmt: skip
    """Return the chart; a window on it follows what is brushed on the curves of its axes.

    Args:
        values: `(n, m)` expected scores; rows are values of the horizontal axis.
        ticks: Values of the two hyperparameters, `n` and `m`.
        names: Their names.
        label: What a screen reader says.
        quantity: What is measured.
    """
    low, high = float(np.nanmin(values)), float(np.nanmax(values))
    shares = (values - low) / ((high - low) or 1.0)
    wide, high_cell = _WIDTH / values.shape[0], _HEIGHT / values.shape[1]
    parts = [text(4.0, 12.0, names[1])]
    parts += shade_paths(shares.T[::-1], _LEFT, _TOP, wide, high_cell)
    bottom = _TOP + _HEIGHT
    for place, name in _ticks(ticks[0]):
        x = _LEFT + wide * (place + 0.5)
        parts.append(text(x, bottom + 14, cut(name, 60.0), "middle", "soft"))
    for place, name in _ticks(ticks[1]):
        y = bottom - high_cell * (place + 0.5) + 4
        parts.append(text(_LEFT - 5, y, cut(name, _LEFT - 8), "end", "soft"))
    parts.append(text(_LEFT + _WIDTH / 2, bottom + 30, names[0], "middle"))
    for name, along in zip(names, ("x", "y"), strict=True):
        parts.append(
            element("rect", x=_LEFT, y=_TOP, width=_WIDTH, height=_HEIGHT, class_="window",
                    data_axis=name, data_along=along)
        )  # fmt: skip
    parts.append(text(4.0, bottom + 48, quantity, "start", "soft"))
    end = shade_key(parts, bottom + 54, (short_value(low), short_value(high)))
    return chart(_LEFT + _WIDTH + 8, end, label, parts)


def _ticks(values: Sequence[object]) -> list[tuple[int, str]]:
    """Return places and texts of a few values."""
    n = len(values)
    places = sorted({round(i * (n - 1) / (_TICKS - 1)) for i in range(_TICKS)})
    return [(place, short_value(values[place])) for place in places]
