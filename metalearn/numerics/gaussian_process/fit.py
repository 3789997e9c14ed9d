"""Hyperparameters of a Gaussian process by maximum a posteriori, gradients included.

Priors are log-normal. Their medians: length scales proportional to the square root of the number
of axes (Hvarfner, Hellsten & Nardi 2024), signal variance 1 for standardized losses, noise
variance 1e-3, and coefficient variance 1/2 for linear columns. L-BFGS starts from the last optimum
and from the priors' centre.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize

from metalearn.core.arrays import Floats
from metalearn.numerics.gaussian_process.regression import evidence

__all__ = ["LogPrior", "fit_map", "prior_centre"]

LENGTH, LENGTH_SD = float(np.log(0.5)), 1.0
SIGNAL, SIGNAL_SD = 0.0, 1.0
NOISE, NOISE_SD = float(np.log(1e-3)), 2.0
LINEAR, LINEAR_SD = float(np.log(0.5)), 1.0
# A bound of 1e-6 would be 0.001 standard deviations of the losses. Near the best point of a
# deterministic loss that exceeds the true improvement, so the search would not leave the point.
_MIN_NOISE = 1e-8
_BOUNDS = {"length": (np.log(0.02), np.log(50.0)), "signal": (np.log(0.02), np.log(50.0)),
           "noise": (np.log(_MIN_NOISE), np.log(2.0)),
           "linear": (np.log(1e-4), np.log(10.0))}  # fmt: skip


def prior_centre(n_groups: int, has_linear: bool = False, n_active: int | None = None) -> Floats:
    """Return the priors' centre: logarithms of lengths, signal and noise, `(n_groups + 2,)`.

    Args:
        n_groups: Number of axes.
        has_linear: Whether to append the variance of linear columns.
        n_active: Number of axes in which two points can differ; None = all.
    """
    length = LENGTH + 0.5 * np.log(max(n_groups if n_active is None else n_active, 1))
    rest = [SIGNAL, NOISE, LINEAR] if has_linear else [SIGNAL, NOISE]
    return np.append(np.full(n_groups, length), rest)


@dataclass(frozen=True, slots=True)
class LogPrior:
    """Log-normal priors of the hyperparameters.

    Attributes:
        centre: Logarithms of their medians, see `prior_centre`.
        width: Standard deviations of the logarithms, same shape.
    """

    centre: Floats
    width: Floats

    @classmethod
    def of(cls, n_groups: int, has_linear: bool = False, n_active: int | None = None) -> LogPrior:
        """Return the priors; arguments as for `prior_centre`."""
        centre = prior_centre(n_groups, has_linear, n_active)
        rest = [SIGNAL_SD, NOISE_SD, LINEAR_SD]
        width = np.append(np.full(n_groups, LENGTH_SD), rest)[: len(centre)]
        return cls(centre, width)

    def __call__(self, theta: Floats) -> tuple[float, Floats]:
        """Return minus the log density of `theta`, up to a constant, and its gradient."""
        off = (theta - self.centre) / self.width
        return 0.5 * float(off @ off), off / self.width


def fit_map(
    tasks: Sequence[tuple[Floats, Floats]],
    start: Floats | None = None,
    *,
    products: Sequence[Floats] = (),
    n_active: int | None = None,
    prior: LogPrior | None = None,
    max_steps: int = 40,
) -> Floats:
    """Return `theta` that maximizes the posterior, `(n_groups + 2,)`; see `Hyper.theta`.

    Args:
        tasks: Arguments `(distances, y)` of `regression.evidence` for each task. Tasks share the
            hyperparameters; the mean of their log evidence is used.
        start: Starting point besides the prior's centre, such as the last optimum; ignored if its
            length differs (with or without linear columns).
        products: `(n, n)` inner products of each task's linear columns, if there are any.
        n_active: As for `prior_centre`.
        prior: Priors of `theta`; None = those of the module.
        max_steps: Largest number of L-BFGS steps from each start.
    """
    n_groups = len(tasks[0][0])
    linear: Sequence[Floats | None] = products or [None] * len(tasks)
    prior = prior or LogPrior.of(n_groups, bool(products), n_active)

    def objective(theta: Floats) -> tuple[float, Floats]:
        value, gradient = prior(theta)
        for (distances, y), product in zip(tasks, linear, strict=True):
            loss, slope = evidence(theta, distances, y, product)
            value += loss / len(tasks)
            gradient = gradient + slope / len(tasks)
        return value, gradient

    bounds = [_BOUNDS["length"]] * n_groups + [_BOUNDS["signal"], _BOUNDS["noise"]]
    bounds += [_BOUNDS["linear"]] if products else []
    start = None if start is not None and len(start) != len(prior.centre) else start
    starts = [prior.centre] if start is None else [start, prior.centre]
    if start is not None and len(tasks[0][1]) > 30:
        starts = [min(starts, key=lambda theta: objective(theta)[0])]
    found = [
        minimize(objective, theta, jac=True, method="L-BFGS-B", bounds=bounds,
                 options={"maxiter": max_steps, "ftol": 1e-6, "gtol": 1e-3})
        for theta in starts
    ]  # fmt: skip
    return np.asarray(min(found, key=lambda result: float(result.fun)).x)
