"""Grids of scikit-learn: lists and distributions by name, and several of them as one space.

`[{"kernel": ["rbf"], "gamma": [...]}, {"kernel": ["poly"], "degree": [...]}]` means that gamma and
degree depend on the kernel.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from numbers import Integral, Real
from typing import Any

import ConfigSpace
import numpy as np

from metalearn.bridges import axes
from metalearn.core.choices import choices_of, identity, to_config_space_values
from metalearn.core.space import Space
from metalearn.errors import InputError, UsageError

__all__ = ["axis_of", "merged_grids"]


def merged_grids(grids: Sequence[Mapping[str, Any]]) -> ConfigSpace.ConfigurationSpace:
    """Return the space that holds all grids; numbers and lists of the same name are united.

    Args:
        grids: Lists and distributions by name.

    Raises:
        InputError: If a parameter is missing in a grid and no other parameter separates the grids.
    """
    names = list(dict.fromkeys(name for grid in grids for name in grid))
    space = axes.space_of([_united(name, [g[name] for g in grids if name in g]) for name in names])
    for name in names:
        if any(name not in grid for grid in grids):
            parent, words = _parent(name, grids)
            own = [to_config_space_values(space, {parent: w})[parent] for w in words]
            space.add(ConfigSpace.InCondition(space[name], space[parent], own))
    return space


def _parent(name: str, grids: Sequence[Mapping[str, Any]]) -> tuple[str, list[Any]]:
    everywhere = [n for n in grids[0] if all(n in grid for grid in grids)]
    for parent in everywhere:
        on = [axes.word(v) for g in grids if name in g for v in _listed(g[parent])]
        off = [axes.word(v) for g in grids if name not in g for v in _listed(g[parent])]
        if on and off and not {identity(w) for w in on} & {identity(w) for w in off}:
            return parent, list({identity(w): w for w in on}.values())
    raise InputError(
        f"{name!r} is in some of the grids only, and no parameter with a list of values "
        "distinguishes these from the others; give every grid the same parameters"
    )


def axis_of(name: str, values: Any) -> Any:
    """Return the axis of a list of values, a SciPy distribution, or a tuple of `BayesSearchCV`.

    Raises:
        UsageError: If it is none of these.
        InputError: If the distribution has no ends.
    """
    if hasattr(values, "rvs"):
        return _from_distribution(name, values)
    if isinstance(values, (str, bytes)) or not hasattr(values, "__iter__"):
        raise UsageError(f"{name!r}: expected a list of values or a distribution, got {values!r}")
    ends = _ends(values)
    if ends is None:
        return axes.ordered(name, list(values))
    low, high, log = ends
    whole = isinstance(low, Integral) and isinstance(high, Integral)
    note = (
        f"{name}={values!r} is read as a range, as BayesSearchCV reads a tuple; write "
        f"{list(values)!r} to search nothing but these"
    )
    return axes.number(name, low, high, integer=whole, log=log, meta={"note": note})


def _ends(values: Any) -> tuple[Any, Any, bool] | None:
    """Return the ends of a range and whether it is logarithmic; None of a list of values.

    scikit-optimize's tuples: `(low, high)`, `(low, high, prior)`, `(low, high, prior, base)`.
    """
    if not isinstance(values, tuple) or not 2 <= len(values) <= 4:
        return None
    low, high, *more = values
    if not all(isinstance(e, Real) and not isinstance(e, (bool, np.bool_)) for e in (low, high)):
        return None
    if more and more[0] not in ("uniform", "log-uniform"):
        return None
    return low, high, bool(more) and more[0] == "log-uniform"


def _from_distribution(name: str, frozen: Any) -> Any:
    made: Any = getattr(frozen, "dist", None)  # SciPy is untyped
    kind = getattr(made, "name", type(frozen).__name__)
    if not hasattr(frozen, "support"):
        raise UsageError(f"{name!r}: {type(frozen).__name__} does not show its ends; use a list, "
                         "or uniform, loguniform or randint of scipy.stats")  # fmt: skip
    low, high = (float(end) for end in frozen.support())
    if not np.isfinite([low, high]).all():
        raise UsageError(f"{name!r}: {kind} has no ends; use uniform, loguniform or randint")
    points = getattr(made, "xk", None)
    if points is not None:  # a table of values; a shift moves all of them
        shift = low - float(np.min(points))
        held = [axes.native(p) for p, m in zip(points, made.pk, strict=True) if m > 0]
        return axes.ordered(name, [p + type(p)(shift) for p in held])
    whole = hasattr(made, "pmf")
    log = kind in ("loguniform", "reciprocal")
    return axes.number(name, low, high, integer=whole, log=log)


def _listed(values: Any) -> list[Any]:
    return [] if hasattr(values, "rvs") or _ends(values) else list(values)


def _united(name: str, parts: Sequence[Any]) -> Any:  # ConfigSpace's classes share no typed base
    made = [axis_of(name, part) for part in parts]
    if len(made) == 1:
        return made[0]
    read = [axis for part in made for axis in Space("", axes.space_of([part])).axes]
    if all(axis.kind != "category" for axis in read):
        return axes.number(
            name,
            min(axis.lower for axis in read),
            max(axis.upper for axis in read),
            integer=all(axis.kind == "integer" for axis in read),
            log=all(axis.log for axis in read),
        )
    if any(axis.kind != "category" for axis in read):
        raise InputError(f"{name!r} is a range in one grid and a list in another; make both lists")
    values = [value for part in parts for value in _values(name, part)]
    return axes.ordered(name, values)


def _values(name: str, part: Any) -> list[Any]:
    return list(choices_of(axis_of(name, part))) if hasattr(part, "rvs") else list(part)
