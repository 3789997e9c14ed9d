"""Shares of the full resource, from the resource that each trial of a library reached.

The full resource is the most that any trial of the search used: a result
with less of it is partial, whatever the library calls it.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

__all__ = ["extra_resource", "shares_of"]


def shares_of(resources: Iterable[Any]) -> list[float]:
    """Return each resource as a share of the largest, in (0, 1]; 1 for one that is no number."""
    found = [_number(resource) for resource in resources]
    full = max((resource for resource in found if resource > 0), default=1.0)
    return [resource / full if resource > 0 else 1.0 for resource in found]


def extra_resource(configs: Sequence[Mapping[str, Any]], known: Iterable[str]) -> str | None:
    """Return the one numeric entry of configs that is no parameter and varies; None if none is.

    Libraries of the Ray family write the resource of a trial beside its parameters.

    Args:
        configs: Values of every trial.
        known: Names of the parameters and constants of the space.
    """
    names = set().union(*configs) - set(known) if configs else set()
    varying = [
        name for name in sorted(names) if len({_number(c.get(name)) for c in configs} - {0.0}) > 1
    ]
    return varying[0] if len(varying) == 1 else None


def _number(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        value = value.item() if hasattr(value, "item") else 0.0
    return float(value) if math.isfinite(value) else 0.0
