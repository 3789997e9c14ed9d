"""The map of tasks: near on the map means similar weighted meta-features."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from markupsafe import Markup

from metalearn.pages.charts.scales import Scale
from metalearn.pages.charts.svg import chart, element, text
from metalearn.plots.task_map import TaskMap, label_places

__all__ = ["map_chart"]

_WIDTH, _HEIGHT, _EDGE = 360.0, 300.0, 14.0
_STAR = "M0-8L2.2-2.6 8-2.4 3.5 1.3 5 7 0 3.8-5 7-3.5 1.3-8-2.4-2.2-2.6z"


def map_chart(
    data: TaskMap,
    label: str,
    *,
    keys: tuple[str, ...] = (),
    hrefs: Mapping[str, str] | None = None,
) -> Markup:
    """Return the map: known tasks as small dots, neighbours numbered, the new task a star.

    Args:
        data: The map.
        label: What a screen reader says.
        keys: Key of each known task, which joins its mark to a row of a table.
        hrefs: Addresses of the pages of tasks, by key.
    """
    low, high = data.places.min(axis=0), data.places.max(axis=0)
    ratio = max(float(high[0] - low[0]) / (_WIDTH - 2 * _EDGE),
                float(high[1] - low[1]) / (_HEIGHT - 2 * _EDGE), 1e-12)  # fmt: skip
    middle = (low + high) / 2
    across = Scale(float(middle[0] - ratio * _WIDTH / 2), float(middle[0] + ratio * _WIDTH / 2),
                   0.0, _WIDTH)  # fmt: skip
    down = Scale(float(middle[1] - ratio * _HEIGHT / 2), float(middle[1] + ratio * _HEIGHT / 2),
                 _HEIGHT, 0.0)  # fmt: skip
    parts: list[Markup] = []
    order = np.argsort(np.array(data.ranks, dtype=np.int64) > 0, kind="stable")
    for k in order:
        name, rank = data.names[k], data.ranks[k]
        x, y = across(float(data.places[k, 0])), down(float(data.places[k, 1]))
        tip = f"{rank}. {name}" if rank else name
        key = keys[k] if keys else None
        mark = element("circle", element("title", tip), cx=x, cy=y, r=4.6 if rank else 3.4,
                       class_="near" if rank else "task", data_tip=tip, data_key=key)  # fmt: skip
        href = (hrefs or {}).get(key or "")
        parts.append(element("a", mark, href=href, aria_label=tip) if href else mark)
    for k, (dx, dy) in label_places(data).items():
        x, y = across(float(data.places[k, 0])), down(float(data.places[k, 1]))
        d = f"M{x:.1f} {y:.1f}l{dx:.1f} {-dy:.1f}"
        parts.insert(0, element("path", d=d, class_="axis"))
        parts.append(text(x + dx, y - dy + 4, str(data.ranks[k]), "middle"))
    if len(data.names) > len(data.ranks):
        x, y = across(float(data.places[-1, 0])), down(float(data.places[-1, 1]))
        tip = data.names[-1]
        parts.append(element("path", element("title", tip), d=_STAR, class_="mark",
                             transform=f"translate({x:.1f} {y:.1f})", data_tip=tip))  # fmt: skip
    return chart(_WIDTH, _HEIGHT, label, parts, has_links=bool(hrefs))
