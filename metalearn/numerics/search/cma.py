"""CMA-ES: update of mean, step size and covariance of a search distribution.

Hansen, "The CMA evolution strategy: a tutorial" (2016), without negative weights; the warm start
is WS-CMA-ES (Nomura, Watanabe, Akimoto, Ozaki & Onishi 2021, section 3). METHODS 11.8.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from metalearn.core.arrays import Floats

__all__ = ["CMAConstants", "SearchDistribution", "constants", "promising_distribution", "update"]

_SPHERICAL = 0.1


@dataclass(frozen=True, slots=True)
class CMAConstants:
    """Constants that depend only on the dimension n and the population size; names of the paper.

    Attributes:
        weights: `(population // 2,)`, positive, decreasing, sum 1.
        mu_eff: Variance-effective selection mass.
        c_sigma: Learning rate of the path of the step size.
        d_sigma: Damping of the step size.
        c_c: Learning rate of the path of the covariance.
        c_1: Learning rate of the rank-one update.
        c_mu: Learning rate of the rank-mu update.
        chi: Expected length of a standard normal vector.
    """

    weights: Floats
    mu_eff: float
    c_sigma: float
    d_sigma: float
    c_c: float
    c_1: float
    c_mu: float
    chi: float


def constants(n: int, population: int) -> CMAConstants:
    """Return the constants for `n` axes and a population of at least 2 (tutorial, table 1)."""
    raw = math.log((population + 1) / 2) - np.log(np.arange(1, population // 2 + 1))
    weights = raw / raw.sum()
    mu_eff = float(1.0 / (weights**2).sum())
    c_sigma = (mu_eff + 2) / (n + mu_eff + 5)
    d_sigma = 1 + 2 * max(0.0, math.sqrt((mu_eff - 1) / (n + 1)) - 1) + c_sigma
    c_c = (4 + mu_eff / n) / (n + 4 + 2 * mu_eff / n)
    c_1 = 2 / ((n + 1.3) ** 2 + mu_eff)
    c_mu = min(1 - c_1, 2 * (mu_eff - 2 + 1 / mu_eff) / ((n + 2) ** 2 + mu_eff))
    chi = math.sqrt(n) * (1 - 1 / (4 * n) + 1 / (21 * n**2))
    return CMAConstants(weights, mu_eff, c_sigma, d_sigma, c_c, c_1, c_mu, chi)


@dataclass(frozen=True, slots=True)
class SearchDistribution:
    """The normal distribution N(mean, sigma^2 C) and its two evolution paths.

    Attributes:
        mean: `(n,)`.
        sigma: Step size.
        C: `(n, n)`, symmetric, positive definite.
        p_sigma: `(n,)`, path of the step size.
        p_c: `(n,)`, path of the covariance.
        generation: Number of updates so far.
    """

    mean: Floats
    sigma: float
    C: Floats
    p_sigma: Floats
    p_c: Floats
    generation: int = 0

    @classmethod
    def start(cls, mean: Floats, sigma: float, C: Floats | None = None) -> SearchDistribution:
        """Return an initial distribution with zero paths; C is the identity if None."""
        zero = np.zeros(len(mean))
        return cls(mean, sigma, np.eye(len(mean)) if C is None else C, zero, zero)

    @property
    def std(self) -> Floats:
        """Standard deviation along each axis, `(n,)`."""
        return np.asarray(self.sigma * np.sqrt(np.diag(self.C)))

    def axes(self) -> tuple[Floats, Floats]:
        """Return the principal axes B, as columns, and their lengths D: C = B D^2 B'."""
        squares, B = np.linalg.eigh(self.C)
        return B, np.sqrt(np.maximum(squares, 1e-20))

    def draw(self, n: int, rng: np.random.Generator) -> Floats:
        """Return `n` draws, `(n, n_axes)`."""
        B, D = self.axes()
        z = rng.standard_normal((n, len(self.mean)))
        return np.asarray(self.mean + self.sigma * (z * D) @ B.T)


def update(now: SearchDistribution, X: Floats, k: CMAConstants) -> SearchDistribution:
    """Return the distribution after a generation.

    Args:
        now: The distribution that the generation was drawn from.
        X: The better half of the generation, best first, `(len(k.weights), n)`.
        k: The constants.
    """
    n = len(now.mean)
    B, D = now.axes()
    y = (X - now.mean) / now.sigma
    # selection and recombination, (41), (42)
    y_w = k.weights @ y
    mean = now.mean + now.sigma * y_w
    # step-size control, (43), (44)
    whitened = B @ ((B.T @ y_w) / D)
    p_sigma = (1 - k.c_sigma) * now.p_sigma
    p_sigma = p_sigma + math.sqrt(k.c_sigma * (2 - k.c_sigma) * k.mu_eff) * whitened
    length = float(np.linalg.norm(p_sigma))
    sigma = now.sigma * math.exp(min(1.0, k.c_sigma / k.d_sigma * (length / k.chi - 1)))
    # covariance matrix adaptation, (45), (47)
    elapsed = 1 - (1 - k.c_sigma) ** (2 * (now.generation + 1))
    h_sigma = float(length / math.sqrt(elapsed) < (1.4 + 2 / (n + 1)) * k.chi)
    p_c = (1 - k.c_c) * now.p_c + h_sigma * math.sqrt(k.c_c * (2 - k.c_c) * k.mu_eff) * y_w
    delta = (1 - h_sigma) * k.c_c * (2 - k.c_c)
    C = (
        (1 + k.c_1 * delta - k.c_1 - k.c_mu) * now.C
        + k.c_1 * np.outer(p_c, p_c)
        + k.c_mu * (y.T * k.weights) @ y
    )
    return SearchDistribution(mean, sigma, (C + C.T) / 2, p_sigma, p_c, now.generation + 1)


def promising_distribution(
    points: Floats, weights: Floats, spherical: float = _SPHERICAL
) -> SearchDistribution:
    """Return the initial distribution of WS-CMA-ES from good points of source tasks.

    It has the mean and covariance of the points plus alpha^2 I, with the determinant moved into
    the step size. Points are weighted; the paper uses equal weights.

    Args:
        points: Top points, `(n_points, n)`, in the unit cube, finite.
        weights: `(n_points,)`, non-negative, sum 1.
        spherical: alpha.
    """
    n = points.shape[1]
    mean = weights @ points
    centred = points - mean
    covariance = spherical**2 * np.eye(n) + (centred.T * weights) @ centred
    volume = float(np.linalg.slogdet(covariance)[1])
    return SearchDistribution.start(
        mean, math.exp(volume / (2 * n)), covariance / math.exp(volume / n)
    )
