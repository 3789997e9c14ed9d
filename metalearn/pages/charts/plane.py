"""A plane with two axes, on which curves, bands and dots are drawn."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
from markupsafe import Markup

from metalearn.core.arrays import Floats
from metalearn.pages.charts.scales import Scale
from metalearn.pages.charts.svg import element, polyline, text

__all__ = ["Plane"]

N_STYLES = 7


@dataclass(slots=True)
class Plane:
    """A plane; parts are added in the order in which they are drawn.

    Attributes:
        x: Horizontal scale.
        y: Vertical scale; it starts below.
        parts: What was drawn so far.
    """

    x: Scale
    y: Scale
    parts: list[Markup] = field(default_factory=list)

    def frame(self, x_label: str, y_label: str, *, x_ticks: int = 5, y_ticks: int = 5) -> None:
        """Draw grid, ticks and labels; no horizontal ticks if `x_ticks` is 0."""
        left, right = self.x.start, self.x.end
        bottom, top = self.y.start, self.y.end
        for value, label in self.y.ticks(y_ticks):
            at = self.y(value)
            self.parts.append(
                element("path", d=f"M{left:.1f} {at:.1f}H{right:.1f}", class_="grid")
            )
            self.parts.append(text(left - 5, at + 4, label, "end", "soft"))
        for value, label in self.x.ticks(x_ticks) if x_ticks else ():
            at = self.x(value)
            self.parts.append(element("path", d=f"M{at:.1f} {bottom:.1f}v4", class_="axis"))
            self.parts.append(text(at, bottom + 16, label, "middle", "soft"))
        self.parts.append(
            element("path", d=f"M{left:.1f} {bottom:.1f}H{right:.1f}", class_="axis")
        )
        self.parts.append(text((left + right) / 2, bottom + 31, x_label, "middle"))
        self.parts.append(text(4.0, top - 8, y_label))

    def line(self, x: Floats, y: Floats, class_: str, *, is_step: bool = False) -> None:
        """Draw a line through finite points; as steps, each value holds until the next."""
        known = np.isfinite(x) & np.isfinite(y)
        places = list(zip(self.x.places(x[known]), self.y.places(y[known]), strict=True))
        if is_step:
            corners = [(later[0], now[1]) for now, later in itertools.pairwise(places)]
            pairs = zip(places, corners, strict=False)
            places = [place for pair in pairs for place in pair] + places[-1:]
        self.parts.append(polyline(places, class_))

    def band(self, x: Floats, low: Floats, high: Floats, class_: str = "band") -> None:
        """Fill between two lines."""
        across = self.x.places(x)
        there = zip(across, self.y.places(high), strict=True)
        back = zip(reversed(across), reversed(self.y.places(low)), strict=True)
        path = " ".join(f"{a:.1f},{b:.1f}" for a, b in [*there, *back])
        self.parts.append(element("polygon", points=path, class_=class_))

    def dots(self, x: Floats, y: Floats, class_: str = "dot", radius: float = 2.2) -> None:
        """Draw dots without texts, as one path."""
        known = np.isfinite(x) & np.isfinite(y)
        path = "".join(
            f"M{self.x(float(a)) - radius:.1f} {self.y(float(b)):.1f}"
            f"a{radius} {radius} 0 1 0 {2 * radius} 0a{radius} {radius} 0 1 0 {-2 * radius} 0"
            for a, b in zip(x[known], y[known], strict=True)
        )
        self.parts.append(element("path", d=path or None, class_=class_))

    def strips(self, x: Floats, y: Floats, texts: Sequence[str], name: str) -> None:
        """Draw invisible strips around the points of a line, to be pointed at and brushed.

        Args:
            x: `(n,)`, ascending.
            y: `(n,)` values of the line, for the summary of what is brushed.
            texts: What is said of each point.
            name: What the horizontal axis is, as on other charts that follow the brush.
        """
        places = [self.x(float(value)) for value in x]
        middles = [(a + b) / 2 for a, b in itertools.pairwise(places)]
        edges = [self.x.start, *middles, self.x.end]
        top, height = self.y.end, self.y.start - self.y.end
        strips = [
            element("rect", element("title", said), x=left, y=top, width=right - left,
                    height=height, class_="strip", data_y=f"{value:.4g}")
            for (left, right), said, value in zip(itertools.pairwise(edges), texts, y, strict=True)
        ]  # fmt: skip
        self.parts.append(element("g", *strips, data_brush=name))

    def legend(self, names: Sequence[str], top: float, classes: Iterable[str]) -> float:
        """Draw a legend of lines below the plane; return where it ends."""
        columns = 2 if max(map(len, names), default=0) < 24 else 1
        width = (self.x.end - 4) / columns
        for i, (name, class_) in enumerate(zip(names, classes, strict=True)):
            row, column = divmod(i, columns)
            left, y = 4 + column * width, top + 15 * row
            self.parts.append(element("path", d=f"M{left:.1f} {y - 4:.1f}h24", class_=class_))
            self.parts.append(text(left + 30, y, name))
        return top + 15 * -(-len(names) // columns)
