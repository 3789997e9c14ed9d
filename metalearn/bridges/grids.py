"""Several scikit-learn grids as one conditional space.

`[{"kernel": ["rbf"], "gamma": [...]}, {"kernel": ["poly"], "degree": [...]}]` says that gamma and
degree depend on the kernel.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import ConfigSpace

from metalearn.bridges.axes import category, number, ordered, space_of, word
from metalearn.errors import InputError

__all__ = ["merged_grids"]


def merged_grids(
    grids: Sequence[Mapping[str, Any]], axis: Callable[[str, Any], Any]
) -> ConfigSpace.ConfigurationSpace:
    """Return the space that holds all grids; numbers and lists of the same name are united.

    Args:
        grids: Lists and distributions by name.
        axis: From name and values to an axis of ConfigSpace.

    Raises:
        InputError: If a parameter is missing in a grid and nothing tells the grids apart.
    """
    names = list(dict.fromkeys(name for grid in grids for name in grid))
    axes = {name: _united([axis(name, g[name]) for g in grids if name in g]) for name in names}
    conditions = []
    for name in names:
        if any(name not in grid for grid in grids):
            parent, values = _parent(name, grids)
            conditions.append(ConfigSpace.InCondition(axes[name], axes[parent], values))
    return space_of(list(axes.values()), conditions)


def _parent(name: str, grids: Sequence[Mapping[str, Any]]) -> tuple[str, list[Any]]:
    everywhere = [n for n in grids[0] if all(n in grid for grid in grids)]
    for parent in everywhere:
        on = {word(v) for grid in grids if name in grid for v in _listed(grid[parent])}
        off = {word(v) for grid in grids if name not in grid for v in _listed(grid[parent])}
        if on and off and not on & off:
            return parent, sorted(on, key=str)
    raise InputError(
        f"{name!r} is in some of the grids only, and no parameter with a list of values tells "
        "these from the others; give every grid the same parameters"
    )


def _listed(values: Any) -> list[Any]:
    return [] if hasattr(values, "rvs") else list(values)


def _united(parts: Sequence[Any]) -> Any:  # ConfigSpace's hyperparameters share no typed base
    if len(parts) == 1:
        return parts[0]
    name = parts[0].name
    if all(hasattr(part, "lower") for part in parts):
        whole = all("Integer" in type(part).__name__ for part in parts)
        return number(name, min(p.lower for p in parts), max(p.upper for p in parts),
                      integer=whole, log=all(p.log for p in parts))  # fmt: skip
    if any(hasattr(part, "lower") for part in parts):
        raise InputError(f"{name!r} is a range in one grid and a list in another; make both lists")
    values: list[Any] = []
    for part in parts:
        known = (part.meta or {}).get("objects", {})
        for value in getattr(part, "sequence", None) or part.choices:
            if known.get(word(value), word(value)) not in values:
                values.append(known.get(word(value), word(value)))
    return ordered(name, values) if hasattr(parts[0], "sequence") else category(name, values)
