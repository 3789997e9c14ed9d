"""The page of `metalearn similar --html`: the map and the table, in one file without links."""

from __future__ import annotations

import io
from html import escape
from math import isfinite
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from metalearn.workflows.similar import Compared, SimilarTasks

__all__ = ["compared", "similar_html"]

_NOISE = 1e-12

_STYLE = """
body{font:15px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#222}
table{border-collapse:collapse;width:100%}th,td{text-align:left;padding:.3rem .6rem;
vertical-align:top;
border-bottom:1px solid #ddd}td.n{text-align:right;font-variant-numeric:tabular-nums}
svg{max-width:100%;height:auto}small{color:#666}
"""


def similar_html(found: SimilarTasks, drawn: Figure) -> str:
    """Return the page."""
    from metalearn.plots.style import styled

    picture = io.StringIO()
    with styled():
        drawn.savefig(picture, format="svg", metadata={"Date": None})
    svg = picture.getvalue()
    svg = svg[svg.index("<svg") :]
    title = f"Tasks like {escape(found.task.name)}"
    rows = "\n".join(
        f'<tr><td class="n">{rank}</td><td>{escape(near.task.name)}</td>'
        f'<td class="n">{near.similarity:.2f}</td><td>{_list(near.closer)}</td>'
        f"<td>{_list(near.apart)}</td></tr>"
        for rank, near in enumerate(found.neighbours, start=1)
    )
    weights = "learned from performance" if found.is_learned else "equal"
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{title}</title>'
        f"<style>{_STYLE}</style></head><body><h1>{title}</h1>"
        f"<p>Among {len(found.known)} known tasks; weights of the meta-features: {weights}.</p>"
        f"{svg}<table><thead><tr><th></th><th>task</th><th>similarity</th>"
        f"<th>similar in (here, there)</th><th>different in (here, there)</th></tr></thead>"
        f"<tbody>{rows}</tbody></table>"
        f"<p><small>snapshot {escape(found.snapshot)}</small></p></body></html>\n"
    )


def _list(items: tuple[Compared, ...]) -> str:
    return "<br>".join(escape(compared(item)) for item in items)


def compared(item: Compared) -> str:
    """Return one meta-feature of both tasks as text."""
    return f"{item.name} ({_short(item.here)}, {_short(item.there)})"


def _short(value: float) -> str:
    """Return a number in three digits; unknown is a dash, rounding noise is 0."""
    if not isfinite(value):
        return "-"
    return "0" if abs(value) < _NOISE else f"{value:.3g}"
