"""How long a trial will take on the clock: stored seconds, corrected by those seen in this fit."""

from __future__ import annotations

import math

__all__ = ["TimeRatios"]

_PRIOR = 0.5
"""Observations that a pace of 1 counts for."""


class TimeRatios:
    """The ratio of seconds on the clock to expected seconds, by algorithm.

    An algorithm that was not timed yet takes the ratio of all others.
    """

    def __init__(self) -> None:
        self._logs: dict[str, list[float]] = {}

    def observe(self, algorithm: str, expected_s: float, seconds: float) -> None:
        """Take a finished trial into account."""
        if expected_s > 0 and seconds > 0:
            ratio = math.log(max(seconds, 1e-3) / max(expected_s, 1e-3))
            self._logs.setdefault(algorithm, []).append(max(-3.0, min(3.0, ratio)))

    def of(self, algorithm: str) -> float:
        """Return the factor by which expected seconds of an algorithm are multiplied."""
        everything = [x for logs in self._logs.values() for x in logs]
        shared = sum(everything) / (len(everything) + _PRIOR)
        mine = self._logs.get(algorithm, [])
        return math.exp((sum(mine) + shared * _PRIOR) / (len(mine) + _PRIOR))
