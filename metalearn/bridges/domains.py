"""Search spaces of the Ray family: Ray Tune, FLAML and Syne Tune hold dicts of `Domain` objects.

The three libraries have the same classes in modules of their own; integers end before their upper
end in Ray and FLAML, at it in Syne Tune; what is quantised ends at it everywhere, but for Ray's
`qrandint(..., q=1)`. Other values in such a dict are constants.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, cast

from metalearn.bridges import axes
from metalearn.bridges.bridge import values_of
from metalearn.core.configuration import Configuration
from metalearn.core.space import Axis, Space
from metalearn.core.warm_start import WarmStart
from metalearn.errors import InputError

__all__ = ["complete", "read_domains", "rounded_ends", "space_for", "write_domains"]


def read_domains(foreign: Mapping[str, Any], *, open_end: bool) -> Any:
    """Return a dict of domains as a ConfigSpace; constants are left out.

    Args:
        foreign: Domains by name.
        open_end: Whether integers end before their upper end.

    Raises:
        InputError: If there are nested dicts, functions or unbounded domains.
    """
    found = [_axis(n, d, open_end) for n, d in foreign.items() if _is_searched(n, d)]
    return axes.space_of(found)


def write_domains(space: Space, module: Any, *, open_end: bool) -> dict[str, Any]:
    """Return the domains of a space, in the classes of one of the libraries.

    Args:
        space: The space; its conditions are lost, and inactive axes are to be ignored.
        module: Where `uniform`, `choice` and so on live.
        open_end: Whether integers end before their upper end.
    """
    return {axis.name: _domain(axis, module, open_end) for axis in space.axes}


def space_for(warm: WarmStart, library: str, module: Any, *, open_end: bool) -> dict[str, Any]:
    """Return the user's own dict if it is for this library, else one written for it."""
    if warm.mapping is not None and warm.mapping.library == library:
        return dict(cast("dict[str, Any]", warm.mapping.original))  # it was read as one
    return write_domains(warm.space, module, open_end=open_end)


def complete(warm: WarmStart, configuration: Configuration) -> dict[str, Any]:
    """Return values for all axes, inactive ones at their default, constants of the user added.

    Libraries without conditions need every value.
    """
    values: dict[str, Any] = {axis.name: axis.default for axis in warm.space.axes}
    if warm.mapping is not None:
        values = warm.mapping.given(values)
    return {**values, **values_of(warm, configuration)}


def _is_searched(name: str, domain: Any) -> bool:
    if isinstance(domain, Mapping) and "grid_search" not in domain:
        raise InputError(f"{name!r} is a nested dict; write its parameters beside the others")
    return hasattr(domain, "sample") or isinstance(domain, Mapping)


def _axis(name: str, domain: Any, open_end: bool) -> Any:
    if isinstance(domain, Mapping):
        return axes.ordered(name, list(domain["grid_search"]))
    if hasattr(domain, "_values"):  # Syne Tune's finite range
        return axes.ordered(name, list(domain._values))
    if hasattr(domain, "categories"):
        numbers = type(domain).__name__.startswith("Ordinal")
        return (axes.ordered if numbers else axes.category)(name, list(domain.categories))
    sampler: Any = getattr(domain, "sampler", None)
    step = getattr(sampler, "q", None)
    sampler = getattr(sampler, "sampler", sampler)
    words = {cls.__name__ for cls in type(sampler).__mro__}
    if "Normal" in words or not hasattr(domain, "lower"):
        raise InputError(f"{name!r}: {type(domain).__name__} has no ends; use uniform, "
                         "loguniform, randint, lograndint or choice")  # fmt: skip
    whole, log = type(domain).__name__ == "Integer", "LogUniform" in words
    if step is None:
        upper = domain.upper - 1 if whole and open_end else domain.upper
        return axes.number(name, domain.lower, upper, integer=whole, log=log)
    return axes.grid(name, *_multiples(domain, step, whole), step, integer=whole, log=log)


def _multiples(domain: Any, step: float, whole: bool) -> tuple[int, int]:
    """Return the first and the last multiple of the step that a library draws."""
    library = type(domain).__module__.partition(".")[0]
    low, high = domain.lower / step, domain.upper / step
    if library == "syne_tune":  # draws first and rounds then, the ends with half of a cell
        return rounded_ends(low, high)
    if library == "ray" and whole and step == 1:
        return domain.lower, domain.upper - 1
    if library == "ray":  # since 2.60, ends within rounding errors of a multiple are that multiple
        low, high = (round(end) if math.isclose(end, round(end)) else end for end in (low, high))
    # FLAML takes quotients as they are: 1.2 / 0.1 is below 12, so it never draws 1.2.
    return math.ceil(low), math.floor(high)


def rounded_ends(low: float, high: float) -> tuple[int, int]:
    """Return the least and the largest whole number that numbers between two ends round to.

    A half is met with probability 0: above the lower end they round up, below the upper one down.
    """
    slack = 1e-9 * max(1.0, abs(low), abs(high))
    return math.floor(low + 0.5 + slack), math.ceil(high - 0.5 - slack)


def _domain(axis: Axis, module: Any, open_end: bool) -> Any:
    if axis.kind == "category":
        return module.choice(list(axis.choices))
    if axis.kind == "float":
        made = module.loguniform if axis.log else module.uniform
        return made(axis.lower, axis.upper)
    upper = round(axis.upper) + (1 if open_end else 0)
    return (module.lograndint if axis.log else module.randint)(round(axis.lower), upper)
