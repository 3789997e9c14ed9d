"""Gaussian process regression on arrays (Rasmussen & Williams 2006, chapters 2 and 5).

The kernel is Matern 5/2 with one length scale per axis,

    k(x, x') = s (1 + r + r^2/3) exp(-r),  r^2 = 5 sum_j |x_j - x'_j|^2 / l_j^2.

An axis may have several columns, such as indicators of a category divided by sqrt 2, which put two
different categories at distance 1 (Hamming distance). `groups` holds the axis of each column.
Columns of group -1 are linear: they add v <x, x'> to the kernel, which corresponds to coefficients
of variance v. Losses must be standardized, because the prior mean is 0.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.linalg import solve_triangular
from scipy.linalg.lapack import dpotrf, dpotri, dtrtrs

from metalearn.core.arrays import Floats, Ints

__all__ = ["Hyper", "Posterior", "axis_distances", "condition", "evidence", "kernel"]

_LOG_2PI = float(np.log(2.0 * np.pi))
_JITTERS = (0.0, 1e-8, 1e-7, 1e-6, 1e-5, 1e-4)


@dataclass(frozen=True, slots=True)
class Hyper:
    """Hyperparameters of the process.

    Attributes:
        lengths: `(n_groups,)` length scales, positive.
        signal: Variance of the function.
        noise: Variance of the observations around it.
        linear: Variance of the coefficients of linear columns.
    """

    lengths: Floats
    signal: float = 1.0
    noise: float = 1e-3
    linear: float = 0.0

    @classmethod
    def of(cls, theta: Floats, n_groups: int) -> Hyper:
        """Return the hyperparameters from their logarithms; see `theta`."""
        values = np.exp(theta)
        return cls(values[:n_groups], *(float(value) for value in values[n_groups:]))

    @property
    def theta(self) -> Floats:
        """Logarithms of lengths, signal, noise, and of linear if not 0, `(n_groups + 2 or 3,)`."""
        rest = [self.signal, self.noise] + ([self.linear] if self.linear > 0.0 else [])
        return np.asarray(np.log(np.append(self.lengths, rest)))


def kernel(first: Floats, second: Floats, hyper: Hyper, groups: Ints) -> Floats:
    """Return `(n_first, n_second)` covariances of the function at points `(n, n_columns)`."""
    smooth = groups >= 0
    scale = np.sqrt(5.0) / hyper.lengths[groups[smooth]]
    a, b = first[:, smooth] * scale, second[:, smooth] * scale
    square = (a**2).sum(axis=1)[:, None] + (b**2).sum(axis=1) - 2.0 * a @ b.T
    r = np.sqrt(np.maximum(square, 0.0))
    covariance = hyper.signal * (1.0 + r + r * r / 3.0) * np.exp(-r)
    if not smooth.all():
        covariance += hyper.linear * first[:, ~smooth] @ second[:, ~smooth].T
    return np.asarray(covariance)


def axis_distances(points: Floats, groups: Ints, n_groups: int) -> Floats:
    """Return `(n_groups, n, n)` squared distances along each axis, reused during a fit."""
    square = np.zeros((n_groups, len(points), len(points)))
    for column, group in enumerate(groups):
        if group >= 0:
            square[group] += (points[:, column, None] - points[:, column]) ** 2
    return square


def evidence(
    theta: Floats, distances: Floats, y: Floats, products: Floats | None = None
) -> tuple[float, Floats]:
    """Return the negative log marginal likelihood and its gradient (equations 2.30 and 5.9).

    Args:
        theta: `(n_groups + 2,)`, see `Hyper.theta`; one more if there are linear columns.
        distances: `(n_groups, n, n)`, see `axis_distances`.
        y: `(n,)` losses, finite.
        products: `(n, n)` inner products of the linear columns, if there are any.
    """
    hyper, n = Hyper.of(theta, len(distances)), len(y)
    inverse_square = 5.0 / hyper.lengths**2
    flat = distances.reshape(len(distances), n * n)
    r = np.sqrt(inverse_square @ flat).reshape(n, n)
    decay = hyper.signal * np.exp(-r)
    rise = 1.0 + r
    smooth = (rise + r * r / 3.0) * decay
    covariance = smooth.copy() if products is None else smooth + hyper.linear * products
    covariance.flat[:: n + 1] += hyper.noise
    root = _root(covariance)
    alpha = _solve(root, y)
    value = 0.5 * float(y @ alpha) + float(np.log(root.diagonal()).sum()) + 0.5 * n * _LOG_2PI
    # dK/dlog l_j = decay (1 + r) / 3 * 5 |x_j - x'_j|^2 / l_j^2
    pull = np.outer(alpha, alpha) - _inverse(root)
    gradient = np.empty(len(theta))
    slope = pull * decay * rise / 3.0
    gradient[: len(distances)] = flat @ slope.ravel() * inverse_square
    shared = np.vdot(pull, smooth), hyper.noise * pull.trace()
    gradient[len(distances) : len(distances) + 2] = shared
    if products is not None:
        gradient[-1] = hyper.linear * np.vdot(pull, products)
    return value, -0.5 * gradient


@dataclass(frozen=True, slots=True)
class Posterior:
    """The posterior process.

    Attributes:
        points: `(n, n_columns)`.
        y: `(n,)` observed losses, standardized.
        hyper: Hyperparameters.
        groups: `(n_columns,)` axis of each column.
        root: `(n, n)` lower Cholesky factor of the covariance of the observations.
        alpha: `(n,)` inverse of that covariance times `y`.
    """

    points: Floats
    y: Floats
    hyper: Hyper
    groups: Ints
    root: Floats
    alpha: Floats

    def mean(self, at: Floats) -> Floats:
        """Return `(m,)` means at points `(m, n_columns)`."""
        return np.asarray(kernel(at, self.points, self.hyper, self.groups) @ self.alpha)

    def mean_std(self, at: Floats) -> tuple[Floats, Floats]:
        """Return `(m,)` means and standard deviations of the function, without noise."""
        cross = kernel(self.points, at, self.hyper, self.groups)
        white = solve_triangular(self.root, cross, lower=True, check_finite=False)
        variance = self._before(at) - np.einsum("nm,nm->m", white, white)
        return np.asarray(self.alpha @ cross), np.sqrt(np.maximum(variance, 1e-12))

    def _before(self, at: Floats) -> Floats:
        """Return `(m,)` prior variances."""
        linear = at[:, self.groups < 0]
        return np.asarray(self.hyper.signal + self.hyper.linear * (linear**2).sum(axis=1))

    def covariance(self, at: Floats) -> Floats:
        """Return `(m, m)` covariances of the function."""
        cross = kernel(self.points, at, self.hyper, self.groups)
        white = solve_triangular(self.root, cross, lower=True, check_finite=False)
        return np.asarray(kernel(at, at, self.hyper, self.groups) - white.T @ white)

    def gradients(self, at: Floats) -> tuple[Floats, Floats]:
        """Return `(n_columns,)` gradients of the mean and of the deviation at one point."""
        smooth, hyper = self.groups >= 0, self.hyper
        scale = np.zeros(len(at))
        scale[smooth] = 5.0 / hyper.lengths[self.groups[smooth]] ** 2
        gap = at - self.points
        r = np.sqrt((gap**2) @ scale)
        slope = -(hyper.signal / 3.0 * (1.0 + r) * np.exp(-r))[:, None] * gap * scale
        slope[:, ~smooth] = hyper.linear * self.points[:, ~smooth]
        cross = kernel(self.points, at[None, :], hyper, self.groups)[:, 0]
        solved = _solve(self.root, cross)
        variance = max(float(self._before(at[None, :])[0] - cross @ solved), 1e-12)
        rise = np.where(smooth, 0.0, hyper.linear * at)
        return self.alpha @ slope, (rise - solved @ slope) / np.sqrt(variance)

    def left_out(self) -> tuple[Floats, Floats]:
        """Return `(n,)` leave-one-out means and deviations of the losses (equation 5.12)."""
        inverse = np.diag(_inverse(self.root))
        return self.y - self.alpha / inverse, np.sqrt(1.0 / inverse)


def condition(points: Floats, y: Floats, hyper: Hyper, groups: Ints) -> Posterior:
    """Return the posterior process given losses `(n,)` at `(n, n_columns)` points."""
    covariance = kernel(points, points, hyper, groups)
    covariance[np.diag_indices(len(y))] += hyper.noise
    root = _root(covariance)
    return Posterior(points, y, hyper, groups, root, _solve(root, y))


# LAPACK is called directly: its wrappers take longer than the work on a few dozen points.
def _root(covariance: Floats) -> Floats:
    """Return the lower Cholesky factor, with the smallest sufficient diagonal added."""
    size = float(np.trace(covariance)) / max(len(covariance), 1)
    for jitter in _JITTERS:
        shifted = covariance
        if jitter:
            shifted = covariance + jitter * size * np.eye(len(covariance))
        root, failed = dpotrf(shifted.T, lower=1)  # symmetric; the transpose saves a copy
        if not failed:
            return np.asarray(root)
    raise np.linalg.LinAlgError("the covariance of the observations is not positive definite")


def _solve(root: Floats, y: Floats) -> Floats:
    if not len(y):  # LAPACK prints that it was given no rows
        return y
    white, _ = dtrtrs(root, y, lower=1)
    return np.asarray(dtrtrs(root, white, lower=1, trans=1)[0])


def _inverse(root: Floats) -> Floats:
    """Return the inverse of the matrix with a lower Cholesky factor that is 0 above."""
    lower, _ = dpotri(root, lower=1)
    inverse = lower + lower.T
    np.fill_diagonal(inverse, lower.diagonal())
    return np.asarray(inverse)
