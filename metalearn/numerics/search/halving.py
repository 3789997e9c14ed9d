"""Rungs and brackets of successive halving and Hyperband (METHODS 11.6).

Jamieson & Talwalkar 2016; Li, Jamieson, DeSalvo, Rostamizadeh & Talwalkar 2018, algorithm 1.
"""

from __future__ import annotations

import math

from metalearn.errors import InputError

__all__ = ["Rungs", "bracket", "levels", "rung_fidelities"]

Rungs = list[tuple[int, float]]


def levels(b_min: float, eta: float, b_max: float = 1.0) -> int:
    """Return s_max, the largest s with b_min eta^s <= b_max.

    Raises:
        InputError: If the fidelities are not 0 < b_min <= b_max <= 1, or eta is not above 1.
    """
    if not 0.0 < b_min <= b_max <= 1.0:
        raise InputError(f"fidelities need 0 < b_min <= b_max <= 1, got {b_min} and {b_max}")
    if not eta > 1.0:
        raise InputError(f"eta must be above 1, got {eta}")
    # log(243) / log(3) = 4.999... in floating point
    return math.floor(math.log(b_max / b_min) / math.log(eta) + 1e-9)


def rung_fidelities(b_min: float, eta: float, b_max: float = 1.0) -> list[float]:
    """Return the fidelities b_max eta^-s for s from s_max to 0, rising; the last one is b_max."""
    return [b_max * eta**-s for s in range(levels(b_min, eta, b_max), -1, -1)]


def bracket(s: int, s_max: int, eta: float, b_max: float = 1.0) -> Rungs:
    """Return (number of configurations, fidelity) of each rung of bracket s.

    >>> bracket(3, 3, 3.0, 27 / 27)[0], [bracket(s, 3, 3.0)[0][0] for s in (3, 2, 1, 0)]
    ((27, 0.037037037037037035), [27, 12, 6, 4])
    """
    n = math.ceil((s_max + 1) * eta**s / (s + 1) - 1e-9)
    return [(max(1, math.floor(n * eta**-i + 1e-9)), b_max * eta ** (i - s)) for i in range(s + 1)]
