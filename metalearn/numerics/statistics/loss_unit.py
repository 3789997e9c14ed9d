"""Scaling of losses to [0, 1], which makes analyses independent of their unit and offset.

Trees stop splitting at impurities below the smallest step of a float near 1, and squares of large
numbers lose small differences. Both depend on the unit of the loss. Scaled losses lie between 0
(lowest) and 1 (highest) and are rounded to 44 binary digits, so that losses that differ only by
rounding are equal.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from metalearn.core.arrays import Floats

__all__ = ["LossUnit", "are_coarse", "are_equal"]

_EPS = float(np.finfo(np.float64).eps)
_ROUNDING = 16.0  # steps of a float; rounding differences of a few sums
_COARSE = 1e-12  # of the largest loss; about 5,000 steps of a float
_DIGITS = 2.0**44


@dataclass(frozen=True, slots=True)
class LossUnit:
    """Losses are `low + 2 half * values`.

    Attributes:
        low: The lowest.
        half: Half of their range (the range may exceed the largest float); 0 if all are equal.
    """

    low: float
    half: float

    @classmethod
    def of(cls, y: Floats) -> LossUnit:
        """Return the unit of at least one finite loss; losses of any size are allowed."""
        low, high = float(y.min()), float(y.max())
        return cls(low, high / 2 - low / 2)

    def values(self, y: Floats) -> Floats:
        """Return losses in this unit: 0 to 1 for the original losses; 0 if all are equal."""
        if self.half == 0.0:
            return np.zeros_like(y)
        values = np.asarray(y / 2)
        values -= self.low / 2
        values /= self.half
        values *= _DIGITS
        np.rint(values, out=values)
        values /= _DIGITS
        return values

    def losses(self, values: Floats) -> Floats:
        """Return the losses of values in this unit."""
        part = self.half * values
        return np.asarray(self.low + part + part)

    def differences(self, values: Floats) -> Floats:
        """Return differences of losses from their values in this unit."""
        return np.asarray(2 * (self.half * values))


def are_equal(y: Floats) -> bool:
    """Return whether finite losses differ by at most 16 steps of a float (rounding).

    The steps are those of the largest absolute loss, so the unit does not matter.
    """
    return _half(y) <= _ROUNDING / 2 * _EPS * _largest(y)


def are_coarse(y: Floats) -> bool:
    """Return whether finite losses agree in about twelve significant digits.

    Their differences then depend mostly on rounding in their computation.
    """
    return _half(y) <= _COARSE / 2 * _largest(y)


def _half(y: Floats) -> float:
    return LossUnit.of(y).half if len(y) else 0.0


def _largest(y: Floats) -> float:
    return float(np.abs(y).max(initial=0.0))
