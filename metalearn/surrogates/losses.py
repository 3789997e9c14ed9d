"""Losses prepared for surrogates: failures imputed, repeats averaged, values standardized."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from metalearn.core.arrays import Floats
from metalearn.core.failures import failures_imputed
from metalearn.core.history import History
from metalearn.numerics.statistics.loss_unit import are_equal
from metalearn.surrogates.inactive import inactive_outside

__all__ = ["LogScaled", "Standardized", "cleaned", "log_scaled", "scaled_by", "standardized"]

_FAR = 1e100
_LEAST_SHARE = 1e-3
_LEAST_STEP = 1e-12


def cleaned(history: History) -> tuple[Floats, Floats]:
    """Return points and losses: failures get the worst loss, repeats of a point are averaged.

    Without any finite loss all losses are 0. Losses are clipped at +-1e100, so that their squares
    stay finite.
    """
    y = np.clip(failures_imputed(history.y), -_FAR, _FAR)
    _, first, inverse, counts = np.unique(
        inactive_outside(history.X), axis=0,
        return_index=True, return_inverse=True, return_counts=True,
    )  # fmt: skip
    means = np.bincount(inverse.ravel(), y, len(first)) / counts
    order = np.argsort(first)  # keep the order in which they were evaluated
    return history.X[first[order]], means[order]


@dataclass(frozen=True, slots=True)
class Standardized:
    """Losses of mean 0 and deviation 1, with the numbers to reverse the scaling.

    Attributes:
        y: `(n,)` standardized losses.
        centre: Mean of the losses.
        width: Their standard deviation; 1 if they do not differ.
    """

    y: Floats
    centre: float
    width: float


def standardized(y: Floats) -> Standardized:
    """Return losses minus their mean over their deviation; zeros if they do not differ."""
    if not len(y):
        return Standardized(y, 0.0, 1.0)
    centre, width = float(y.mean()), float(y.std())
    if are_equal(y) or not width > 0.0:
        width = 1.0
    return Standardized((y - centre) / width, centre, width)


def scaled_by(y: Floats, width: float) -> Standardized:
    """Return losses minus their mean, divided by a given width."""
    centre = float(y.mean()) if len(y) else 0.0
    return Standardized((y - centre) / width, centre, width)


@dataclass(frozen=True, slots=True)
class LogScaled:
    """Logarithms of the distances of losses to a floor below the best loss.

    Attributes:
        y: `(n,)` logarithms, 0 for the worst loss.
        floor: The loss whose logarithm would be minus infinity.
        width: Distance of the worst loss to the floor.
    """

    y: Floats
    floor: float
    width: float


def log_scaled(y: Floats) -> LogScaled:
    """Return losses on a logarithmic scale that spreads small differences near the best (SMAC).

    The floor lies as far below the best of `(n,)` losses, n > 0, as their 5 % quantile lies above
    it. The distance is at least a thousandth of their range; SMAC3 has no such bound.
    """
    best, worst = float(y.min()), float(y.max())
    least = max(_LEAST_SHARE * (worst - best), _LEAST_STEP * abs(best)) or _LEAST_STEP
    floor = best - max(float(np.quantile(y, 0.05)) - best, least)
    return LogScaled(np.log((y - floor) / (worst - floor)), floor, worst - floor)
