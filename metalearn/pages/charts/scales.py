"""From values to places on a chart: linear and logarithmic scales with round ticks."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from metalearn.core.arrays import Floats

__all__ = ["Scale", "categories", "scale"]

_GROUPED = 10_000  # from here on, digits are grouped in threes


@dataclass(frozen=True, slots=True)
class Scale:
    """A scale of a chart.

    Attributes:
        low: Value at the start.
        high: Value at the end.
        start: Place of the low value, in pixels.
        end: Place of the high value; may lie before the start.
        log: Whether equal ratios are equally far apart.
    """

    low: float
    high: float
    start: float
    end: float
    log: bool = False

    def __call__(self, value: float) -> float:
        """Return the place of a value; values beyond the ends lie at the ends."""
        low, high, at = self.low, self.high, min(max(value, self.low), self.high)
        if self.log:
            low, high, at = math.log(low), math.log(high), math.log(at)
        return self.start + (self.end - self.start) * (at - low) / ((high - low) or 1.0)

    def places(self, values: Floats) -> list[float]:
        """Return the places of many values."""
        low, high, at = self.low, self.high, np.clip(values, self.low, self.high)
        if self.log:
            low, high, at = math.log(low), math.log(high), np.log(at)
        placed: list[float] = (
            self.start + (self.end - self.start) * (at - low) / ((high - low) or 1.0)
        ).tolist()
        return placed

    def ticks(self, most: int = 5) -> list[tuple[float, str]]:
        """Return values and labels of ticks."""
        if self.log:
            return _log_ticks(self.low, self.high, most)
        return _linear_ticks(self.low, self.high, most)


def scale(
    values: object, start: float, end: float, *, log: bool = False, pad: float = 0.04
) -> Scale:
    """Return a scale that holds finite values, with some room at both ends.

    Args:
        values: Anything that NumPy reads as numbers; NaN is left out.
        start: Place of the lowest value.
        end: Place of the highest value.
        log: Whether it is logarithmic; values that are not positive are left out then.
        pad: Share of the span that is left free at each end.
    """
    found = np.asarray(values, dtype=np.float64).ravel()
    found = found[np.isfinite(found)]
    if log:
        found = found[found > 0]
    if not len(found):
        return Scale(0.1 if log else 0.0, 1.0, start, end, log)
    low, high = float(found.min()), float(found.max())
    if log:
        low, high = (low / 2, high * 2) if low == high else (low, high)
        room = (high / low) ** pad
        return Scale(low / room, high * room, start, end, log=True)
    span = (high - low) or abs(high) or 1.0
    return Scale(low - pad * span, high + pad * span, start, end)


def categories(n: int, start: float, end: float) -> list[float]:
    """Return the middles of `n` equal steps between two places."""
    step = (end - start) / max(n, 1)
    return [start + step * (i + 0.5) for i in range(n)]


def _linear_ticks(low: float, high: float, most: int) -> list[tuple[float, str]]:
    raw = (high - low) / max(most, 1)
    power = 10.0 ** math.floor(math.log10(raw)) if raw > 0 else 1.0
    step = next((m * power for m in (1, 2, 2.5, 5, 10) if m * power >= raw), 10 * power)
    first = math.ceil(low / step - 1e-9)
    places = [first * step + i * step for i in range(most + 2)]
    return [(v, _label(v, step)) for v in places if v <= high + 1e-9 * step]


def _log_ticks(low: float, high: float, most: int) -> list[tuple[float, str]]:
    first, last = math.ceil(math.log10(low) - 1e-9), math.floor(math.log10(high) + 1e-9)
    if last - first >= 1:
        step = -(-(last - first + 1) // most)
        return [(10.0**k, _label(10.0**k, 10.0**k)) for k in range(first, last + 1, step)]
    found = {float(f"{v:.1g}") for v in np.geomspace(low, high, min(most, 4))}
    ticks = [(v, f"{v:g}") for v in sorted(found) if low <= v <= high]
    return ticks if len(ticks) > 1 else _linear_ticks(low, high, most)


def _label(value: float, step: float) -> str:
    if abs(value) < 1e-9 * abs(step):
        return "0"
    shown = float(f"{value:.6g}")
    text = f"{shown:,g}" if abs(shown) >= _GROUPED else f"{shown:g}"
    return text.replace("e-0", "e-").replace("e+0", "e")
