"""Logarithm of expected improvement, ordered even where the improvement itself underflows.

Jones, Schonlau & Welch 1998; log form of Ament et al. 2023 ("Unexpected improvements"), section 4.
"""

from __future__ import annotations

import numpy as np
from scipy.special import erfcx, log_ndtr, ndtr

from metalearn.core.arrays import Floats

__all__ = ["deviation_at_least", "log_expected_improvement"]

_LOG_SQRT_2PI = 0.5 * np.log(2 * np.pi)
_SMALLEST_SHARE = 1e-7
_TINY = float(np.finfo(np.float64).tiny)


def deviation_at_least(std: Floats, gain: Floats) -> Floats:
    """Return deviations of the loss, raised to 1e-7 of the expected gain where they are smaller.

    The bound is relative, so the unit of the losses does not matter. Where the gain is positive,
    expected improvement at the bound equals the gain; where it is negative, it is negligible.

    Args:
        std: Standard deviations of the losses, `(n,)`, not negative.
        gain: Differences `best - mean` in the same unit, `(n,)`.
    """
    return np.maximum(std, np.maximum(_SMALLEST_SHARE * np.abs(gain), _TINY))


def log_expected_improvement(mean: Floats, std: Floats, best: float, xi: float = 0.0) -> Floats:
    """Return ln E[max(best - xi - L, 0)] for normal losses L.

    Args:
        mean: Means of the losses, `(n,)`.
        std: Their standard deviations, `(n,)`; zeros are allowed, see `deviation_at_least`.
        best: Lowest loss so far.
        xi: Improvement that does not count.

    Returns:
        `(n,)`, finite; larger is better. Losses times `c > 0` add `ln c` to all values.

    >>> log_expected_improvement(np.array([0.0, 9.0]), np.array([1.0, 1.0]), 0.0).round(2)
    array([ -0.92, -45.85])
    """
    gain = best - xi - mean
    sd = deviation_at_least(std, gain)
    u = gain / sd
    density = np.exp(-0.5 * u * u - _LOG_SQRT_2PI)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        near = np.log(density + u * ndtr(u))
        # phi(u) + u Phi(u) = phi(u) (1 - |u| sqrt(pi/2) erfcx(|u|/sqrt 2)) for u < 0
        rest = 1.0 - np.abs(u) * np.sqrt(np.pi / 2) * erfcx(np.abs(u) / np.sqrt(2))
        far = -0.5 * u * u - _LOG_SQRT_2PI + np.log(np.where(rest > 0, rest, 1.0))
        # 1/u^2 is the first term of rest's expansion; rest itself cancels beyond u = -1e3
        very_far = log_ndtr(u) - np.log(np.abs(u))
    value = np.where(u > -1.0, near, np.where(u > -1e3, far, very_far))
    return np.asarray(np.log(sd) + value)
