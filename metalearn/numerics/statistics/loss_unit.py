"""The unit of losses: analyses see them from 0 to 1, so neither unit nor offset matters.

Trees stop at impurities below the smallest step of a float near 1, and squares of large numbers
swallow small differences; both depend on the unit in which a loss happens to be measured. Here the
lowest loss is 0 and the highest 1, to 44 binary digits: what differs by rounding alone becomes
equal again.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from metalearn.core.arrays import Floats

__all__ = ["LossUnit", "are_coarse", "are_equal"]

_EPS = float(np.finfo(np.float64).eps)
_ROUNDING = 16.0  # steps of a float: what a handful of sums may differ by
_COARSE = 1e-12  # of the largest loss; about 5,000 steps of a float
_DIGITS = 2.0**44


@dataclass(frozen=True, slots=True)
class LossUnit:
    """Losses are `low + 2 half * values`.

    Attributes:
        low: The lowest.
        half: Half of their range, which itself may be too large for a float; 0 if all are equal.
    """

    low: float
    half: float

    @classmethod
    def of(cls, y: Floats) -> LossUnit:
        """Return the unit of finite losses, at least one; no number is too large for it."""
        low, high = float(y.min()), float(y.max())
        return cls(low, high / 2 - low / 2)

    def values(self, y: Floats) -> Floats:
        """Return losses in this unit, 0 to 1 for those that it was made of; 0 if all are equal."""
        if self.half == 0.0:
            return np.zeros_like(y)
        return np.asarray(np.rint((y / 2 - self.low / 2) / self.half * _DIGITS) / _DIGITS)

    def losses(self, values: Floats) -> Floats:
        """Return the losses of values in this unit."""
        part = self.half * values
        return np.asarray(self.low + part + part)

    def differences(self, values: Floats) -> Floats:
        """Return differences of losses, whose values in this unit are given."""
        return np.asarray(2 * (self.half * values))


def are_equal(y: Floats) -> bool:
    """Return whether finite losses differ by rounding at most: by 16 steps of a float.

    The measure is the largest loss itself, so small losses are as good as large ones.
    """
    return _half(y) <= _ROUNDING / 2 * _EPS * _largest(y)


def are_coarse(y: Floats) -> bool:
    """Return whether finite losses share their first twelve digits, if they differ at all.

    What is left of them then depends on how they were computed.
    """
    return _half(y) <= _COARSE / 2 * _largest(y)


def _half(y: Floats) -> float:
    return LossUnit.of(y).half if len(y) else 0.0


def _largest(y: Floats) -> float:
    return float(np.abs(y).max(initial=0.0))
