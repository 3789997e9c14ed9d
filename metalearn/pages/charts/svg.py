"""Elements of SVG as markup: attributes and texts are escaped, numbers are short."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache

from markupsafe import Markup, escape

__all__ = ["chart", "cut", "element", "polyline", "text"]

_CHARACTER = 6.0  # pixels, roughly, at the size of labels


def element(name: str, /, *children: str, **attributes: object) -> Markup:
    """Return an element; `class_` is the attribute `class`, `_` in other names is `-`.

    >>> element("text", "a<b", x=1.5, class_="soft")
    Markup('<text x="1.5" class="soft">a&lt;b</text>')
    """
    shown = "".join(
        f' {_attribute(key)}="{_value(value)}"'
        for key, value in attributes.items()
        if value is not None
    )
    if not children:
        return Markup(f"<{name}{shown}/>")  # noqa: S704  # values are escaped, names are ours
    inside = "".join([escape(child) for child in children])
    return Markup(f"<{name}{shown}>{inside}</{name}>")  # noqa: S704  # likewise


def chart(
    width: float, height: float, label: str, parts: Iterable[Markup], *, has_links: bool = False
) -> Markup:
    """Return a chart; the label is read aloud in its place, or before its links."""
    return element(
        "svg", *parts, class_="chart", viewBox=f"0 0 {_value(width)} {_value(height)}",
        role="group" if has_links else "img", aria_label=label,
    )  # fmt: skip


def text(x: float, y: float, content: str, anchor: str = "start", class_: str = "") -> Markup:
    """Return a line of text; `anchor` is `start`, `middle` or `end`."""
    return element(
        "text", content, x=x, y=y, text_anchor=None if anchor == "start" else anchor,
        class_=class_ or None,
    )  # fmt: skip


def polyline(points: Iterable[tuple[float, float]], class_: str) -> Markup:
    """Return a line through points."""
    path = " ".join(f"{_short(x)},{_short(y)}" for x, y in points)
    return element("polyline", points=path, class_=class_)


def cut(name: str, width: float) -> str:
    """Return a name that fits into so many pixels, cut at its end."""
    most = max(int(width / _CHARACTER), 4)
    return name if len(name) <= most else f"{name[: most - 1]}…"


@cache
def _attribute(key: str) -> str:
    return key.rstrip("_").replace("_", "-")


def _value(value: object) -> str:
    """Return a value as it stands in an attribute."""
    return _short(value) if isinstance(value, float) else escape(value)


def _short(value: float) -> str:
    return f"{value:.1f}".rstrip("0").rstrip(".") or "0"
