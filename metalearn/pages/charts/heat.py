"""Shaded tables: confusion matrices, and how many evaluations each cell of a table has."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from markupsafe import Markup

from metalearn.core.arrays import Floats
from metalearn.pages.charts.svg import chart, cut, element, text

__all__ = ["cell_chart", "shade_chart", "shade_key", "shade_paths"]

_WIDTH = 360.0
_LEVELS = 10
_DARK_LEVEL = 6


def cell_chart(
    shares: Floats, texts: Sequence[Sequence[str]], rows: Sequence[str], columns: Sequence[str],
    label: str, row_label: str, column_label: str,
) -> Markup:  # fmt: skip
    """Return a small table with a text in each cell.

    Args:
        shares: `(n_rows, n_columns)` shades in [0, 1].
        texts: What stands in the cells.
        rows: Names of the rows.
        columns: Names of the columns.
        label: What a screen reader says.
        row_label: What the rows are.
        column_label: What the columns are.
    """
    n, m = shares.shape
    left, top = 100.0, 74.0 if m > 3 else 34.0
    wide = min((_WIDTH - left - 4) / m, 72.0)
    high = min(wide, 34.0)
    parts = [text(left, 12.0, column_label), text(4.0, top - 6, row_label)]
    for j, name in enumerate(columns):
        x = left + wide * (j + 0.5)
        if m > 3:
            turned = text(x, top - 6, cut(name, 62.0))
            parts.append(element("g", turned, transform=f"rotate(-40 {x:.1f} {top - 6:.1f})"))
        else:
            parts.append(text(x, top - 6, cut(name, wide), "middle"))
    for i, name in enumerate(rows):
        y = top + high * i
        parts.append(text(left - 6, y + high / 2 + 4, cut(name, left - 8), "end"))
        for j in range(m):
            level = _level(float(shares[i, j]))
            tip = f"{row_label} {name}, {column_label} {columns[j]}: {texts[i][j]}"
            parts.append(element("rect", element("title", tip), x=left + wide * j, y=y,
                                 width=wide - 1, height=high - 1, class_=f"h{level}",
                                 data_tip=tip))  # fmt: skip
            if 6.2 * len(texts[i][j]) < wide:
                parts.append(text(left + wide * (j + 0.5), y + high / 2 + 4, texts[i][j],
                                  "middle", "on" if level >= _DARK_LEVEL else ""))  # fmt: skip
    return chart(max(left + wide * m, 240.0), top + high * n + 4, label, parts)


def shade_chart(
    values: Floats, rows: Sequence[str], columns: Sequence[str], label: str, *,
    row_label: str = "", column_label: str = "", ends: tuple[str, str] = ("", ""),
    cell: tuple[float, float] = (14.0, 4.0),
) -> Markup:  # fmt: skip
    """Return a large table of shades, one path a shade; NaN stays empty.

    Args:
        values: `(n_rows, n_columns)` in [0, 1].
        rows: Names of the rows; an empty one is not written.
        columns: Names of the columns.
        label: What a screen reader says.
        row_label: What the rows are.
        column_label: What the columns are.
        ends: What the lightest and the darkest shade mean.
        cell: Largest width and height of a cell, in pixels.
    """
    n, m = values.shape
    left, top = 100.0, 8.0
    wide, high = min((_WIDTH - left - 8) / m, 6 * cell[0]), cell[1]
    parts = [element("rect", x=left, y=top, width=wide * m, height=high * n, class_="faint")]
    parts += shade_paths(values, left, top, wide, high)
    parts += [text(left - 6, top + high * (i + 0.5) + 4, cut(name, left - 8), "end")
              for i, name in enumerate(rows) if name]  # fmt: skip
    bottom = top + high * n
    step = -(-m * 13 // int(wide * m + 1))
    for j, name in enumerate(columns):
        if j % step == 0 and name:
            x, y = left + wide * (j + 0.5) + 3, bottom + 8
            turned = text(x, y, cut(name, 110.0), "end", "soft")
            parts.append(element("g", turned, transform=f"rotate(-60 {x:.1f} {y:.1f})"))
    longest = max((len(cut(name, 110.0)) for name in columns), default=0)
    end = bottom + 18 + 5.4 * longest
    parts.append(text(4.0, end + 8, " x ".join(filter(None, (row_label, column_label)))))
    return chart(_WIDTH, shade_key(parts, end + 16, ends), label, parts)


def shade_paths(values: Floats, left: float, top: float, wide: float, high: float) -> list[Markup]:
    """Return one path a shade for a table of cells; NaN stays empty.

    Args:
        values: `(n_rows, n_columns)` in [0, 1].
        left: Where the first column begins, in pixels.
        top: Where the first row begins.
        wide: Width of a cell.
        high: Height of a cell.
    """
    paths = [""] * _LEVELS
    for i, j in zip(*np.nonzero(np.isfinite(values)), strict=True):
        x, y = left + wide * float(j), top + high * float(i)
        paths[_level(float(values[i, j]))] += (
            f"M{x:.1f} {y:.1f}h{wide:.1f}v{high:.1f}h-{wide:.1f}z"
        )
    return [element("path", d=d, class_=f"h{k}") for k, d in enumerate(paths) if d]


def shade_key(parts: list[Markup], top: float, ends: tuple[str, str]) -> float:
    """Draw what the lightest and the darkest shade mean; return where it ends."""
    if not any(ends):
        return top
    parts.append(text(4.0, top + 11, ends[0]))
    left = 10 + 6.2 * len(ends[0])
    for level in range(_LEVELS):
        parts.append(element("rect", x=left + 10 * level, y=top + 1, width=10, height=12,
                             class_=f"h{level}"))  # fmt: skip
    parts.append(text(left + 10 * _LEVELS + 6, top + 11, ends[1]))
    return top + 20


def _level(share: float) -> int:
    return int(min(max(share, 0.0) * _LEVELS, _LEVELS - 1))
