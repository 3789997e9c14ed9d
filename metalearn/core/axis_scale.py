"""The scale of an axis, inferred from its values: linear, logarithmic, or shifted logarithmic.

An axis is logarithmic if the median of its values is nearer to the geometric middle of their range
than to the arithmetic middle. Uniform draws and linear grids stay linear; log-uniform draws and
grids of powers become logarithmic. A logarithmic axis has no position for 0 (a regularization that
is sometimes off). The axis then is the logarithm of the value plus a shift. The shift is the
smallest positive value (1 for integers), which puts 0 one step below that value.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Hashable
from dataclasses import dataclass

__all__ = ["AxisScale", "scale_of"]

_MIN_RATIO = 8.0


@dataclass(frozen=True, slots=True)
class AxisScale:
    """The scale of a numeric axis.

    Attributes:
        log: Whether positions follow the logarithm of the number.
        shift: If not 0, positions follow the logarithm of the number plus this.
    """

    log: bool = False
    shift: float = 0.0

    @property
    def meta(self) -> dict[Hashable, float] | None:
        """Meta-data for the ConfigSpace axis, because ConfigSpace's log axes exclude 0."""
        return {"log_shift": self.shift} if self.shift else None


def scale_of(values: Collection[float], *, whole: bool = False) -> AxisScale:
    """Return the scale that fits finite values; repeats count once.

    Args:
        values: At least one number.
        whole: Whether they are integers.

    >>> scale_of([0.001, 0.01, 0.1, 1.0]), scale_of([0.0, 0.25, 0.5, 0.75, 1.0]).log
    (AxisScale(log=True, shift=0.0), False)
    >>> scale_of([0.0, 0.001, 0.01, 0.1, 1.0])
    AxisScale(log=False, shift=0.001)
    """
    distinct = sorted(set(values))
    positive = [value for value in distinct if value > 0]
    if distinct[0] < 0 or not positive or not _is_log(positive):
        return AxisScale()
    if distinct[0] > 0:
        return AxisScale(log=True)
    return AxisScale(shift=1.0 if whole else float(positive[0]))


def _is_log(values: list[float]) -> bool:
    """Return whether the median of sorted positive values is nearer to the geometric middle."""
    lower, upper, middle = values[0], values[-1], values[len(values) // 2]
    if upper / lower < _MIN_RATIO:
        return False
    linear = (middle - lower) / (upper - lower)
    logarithmic = (math.log(middle) - math.log(lower)) / (math.log(upper) - math.log(lower))
    return abs(logarithmic - 0.5) < abs(linear - 0.5)
