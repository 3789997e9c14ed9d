"""Acquisition functions of the mean and deviation of a predicted loss; larger is better.

Expected improvement and its logarithm (Jones, Schonlau & Welch 1998; Ament et al. 2023), the lower
confidence bound (Srinivas et al. 2010), improvement per second (Snoek, Larochelle & Adams 2012),
and a prior over good points that fades (piBO, Hvarfner et al. 2022).
"""

from __future__ import annotations

import numpy as np
from scipy.special import ndtr

from metalearn.core.arrays import Floats
from metalearn.numerics.search.log_improvement import deviation_at_least, log_expected_improvement

__all__ = [
    "confidence_bound",
    "expected_improvement",
    "log_improvement_per_second",
    "log_improvement_slope",
    "with_prior",
]

_LOG_SQRT_2PI = 0.5 * np.log(2 * np.pi)


def expected_improvement(mean: Floats, std: Floats, best: float, xi: float = 0.0) -> Floats:
    """Return `(n,)` E[max(best - xi - L, 0)] for normal losses L, non-negative."""
    return np.exp(log_expected_improvement(mean, std, best, xi))


def log_improvement_slope(mean: Floats, std: Floats, best: float) -> tuple[Floats, Floats]:
    """Return the derivatives of log EI by mean and by deviation, both `(n,)`.

    With u = (best - mean) / std, EI = std (u Phi(u) + phi(u)); dEI/dmean = -Phi(u) and
    dEI/dstd = phi(u).
    """
    u = (best - mean) / deviation_at_least(std, best - mean)
    log_value = log_expected_improvement(mean, std, best)
    with np.errstate(under="ignore", over="ignore", divide="ignore"):
        by_mean = -np.exp(np.log(ndtr(u)) - log_value)
        by_std = np.exp(-0.5 * u * u - _LOG_SQRT_2PI - log_value)
    return by_mean, by_std


def confidence_bound(mean: Floats, std: Floats, kappa: float = 2.0) -> Floats:
    """Return `(n,)` minus the lower confidence bound: `kappa` deviations below the mean."""
    return np.asarray(kappa * std - mean)


def log_improvement_per_second(log_improvement: Floats, log_seconds: Floats) -> Floats:
    """Return `(n,)` the logarithm of the improvement expected per second."""
    return log_improvement - log_seconds


def with_prior(log_value: Floats, log_density: Floats, n_trials: int, strength: float) -> Floats:
    """Return a log acquisition times the prior to the power `strength / n_trials` (piBO, eq. 6).

    Args:
        log_value: `(n,)` logarithm of the acquisition.
        log_density: `(n,)` log density of good points; 0 is neutral.
        n_trials: Evaluations so far; the prior fades with them.
        strength: beta; the paper takes a tenth of the budget.
    """
    return np.asarray(log_value + strength / max(n_trials, 1) * log_density)
