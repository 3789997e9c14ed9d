"""Bayesian linear regression on given features, with the noise of largest evidence.

Weights w ~ N(0, I), losses y ~ N(phi w, noise). Bishop 2006, sections 3.3 and 3.5; the same
formulas apply to random features, to ABLR (METHODS 10.8) and to the inducing points of a
sparse Gaussian process (`numerics.gaussian_process.shared_kernel`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.linalg import cho_solve, cholesky, solve_triangular

from metalearn.core.arrays import Floats

__all__ = ["LinearPosterior", "fit_linear", "fit_several", "negative_evidence"]


@dataclass(frozen=True, slots=True)
class LinearPosterior:
    """Posterior distribution of the weights.

    Attributes:
        mean: `(n_features,)` mean of the weights.
        root: `(n_features, n_features)` lower Cholesky factor of their precision.
        noise: Variance of the noise.
    """

    mean: Floats
    root: Floats
    noise: float

    def predict(self, features: Floats) -> tuple[Floats, Floats]:
        """Return `(n,)` means and standard deviations, without noise, of `(n, n_features)`."""
        white = solve_triangular(self.root, features.T, lower=True, check_finite=False)
        return features @ self.mean, np.sqrt(np.einsum("fn,fn->n", white, white))

    def draw(self, rng: np.random.Generator) -> Floats:
        """Return `(n_features,)` weights drawn from the posterior."""
        noise = solve_triangular(self.root, rng.normal(size=len(self.mean)), lower=True, trans="T")
        return np.asarray(self.mean + noise)


def fit_linear(features: Floats, y: Floats, noises: Sequence[float]) -> LinearPosterior:
    """Return the posterior at the noise among `noises` with the largest evidence.

    Args:
        features: `(n, n_features)`, multiplied by the prior deviation of their weights.
        y: `(n,)` losses, standardized; finite.
        noises: Variances to choose from.
    """
    return fit_several(features, y[:, None], noises)[0]


def fit_several(
    features: Floats, losses: Floats, noises: Sequence[float]
) -> tuple[LinearPosterior, ...]:
    """Return the posteriors of several tasks at the same points, each with its own noise.

    The precision of the weights does not depend on the losses, so tasks with equal noise share
    the array `root`.

    Args:
        features: `(n, n_features)`, see `fit_linear`.
        losses: `(n, n_tasks)`.
        noises: Variances to choose from.
    """
    gram = features.T @ features
    roots = [_root(gram, noise) for noise in noises]
    found = []
    for y in np.ascontiguousarray(losses.T):
        projected, square = features.T @ y, float(y @ y)
        fitted = [
            _solve(root, projected, square, len(y), noise)
            for root, noise in zip(roots, noises, strict=True)
        ]
        found.append(min(fitted, key=lambda pair: pair[0])[1])
    return tuple(found)


def negative_evidence(features: Floats, y: Floats, noise: float) -> float:
    """Return minus the log marginal likelihood of losses (Bishop 2006, equation 3.86)."""
    root = _root(features.T @ features, noise)
    return _solve(root, features.T @ y, float(y @ y), len(y), noise)[0]


def _root(gram: Floats, noise: float) -> Floats:
    """Return the lower Cholesky factor of the precision of the weights."""
    precision = gram / noise
    precision[np.diag_indices(len(gram))] += 1.0
    return np.asarray(cholesky(precision, lower=True, check_finite=False))


def _solve(
    root: Floats, projected: Floats, square: float, n: int, noise: float
) -> tuple[float, LinearPosterior]:
    mean = cho_solve((root, True), projected / noise, check_finite=False)
    misfit = (square - float(projected @ mean)) / noise
    value = 0.5 * (misfit + n * np.log(2 * np.pi * noise)) + float(np.log(np.diag(root)).sum())
    return value, LinearPosterior(np.asarray(mean), root, noise)
