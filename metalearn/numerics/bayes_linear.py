"""Bayesian linear regression on given features, its noise chosen by evidence.

Weights w ~ N(0, I), losses y ~ N(phi w, noise). Bishop 2006, sections 3.3 and 3.5; the same
formulas serve random features, forests' leaves (ABLR, METHODS 10.8) and the inducing points of a
sparse Gaussian process (`numerics.shared_kernel`).
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
    """Weights given observations.

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
    """Return the weights given losses, at the noise among `noises` that has most evidence.

    Args:
        features: `(n, n_features)`; scaled by the prior deviation of their weights.
        y: `(n,)` losses, standardized; finite.
        noises: Variances to choose from.
    """
    return fit_several(features, y[:, None], noises)[0]


def fit_several(
    features: Floats, losses: Floats, noises: Sequence[float]
) -> tuple[LinearPosterior, ...]:
    """Return the weights of several tasks observed at the same points, each at its own noise.

    The precision of the weights does not depend on the losses: tasks of one noise share `root`,
    the same array.

    Args:
        features: `(n, n_features)`, see `fit_linear`.
        losses: `(n, n_tasks)`.
        noises: Variances to choose from.
    """
    gram, projected = features.T @ features, features.T @ losses
    square = np.einsum("nt,nt->t", losses, losses)
    fitted = [_solve(gram, projected, square, len(losses), noise) for noise in noises]
    best = np.argmin([values for values, _, _ in fitted], axis=0)
    return tuple(
        LinearPosterior(np.ascontiguousarray(fitted[i][1][:, task]), fitted[i][2], noises[i])
        for task, i in enumerate(best)
    )


def negative_evidence(features: Floats, y: Floats, noise: float) -> float:
    """Return minus the log marginal likelihood of losses (Bishop 2006, equation 3.86)."""
    gram, projected = features.T @ features, features.T @ y
    values, _, _ = _solve(gram, projected[:, None], np.atleast_1d(y @ y), len(y), noise)
    return float(values[0])


def _solve(
    gram: Floats, projected: Floats, square: Floats, n: int, noise: float
) -> tuple[Floats, Floats, Floats]:
    """Return negative evidence `(n_tasks,)`, weights `(n_features, n_tasks)`, and the root."""
    precision = gram / noise
    precision[np.diag_indices(len(gram))] += 1.0
    root: Floats = np.asarray(cholesky(precision, lower=True, check_finite=False))
    mean: Floats = np.asarray(cho_solve((root, True), projected / noise, check_finite=False))
    misfit = (square - np.einsum("ft,ft->t", projected, mean)) / noise
    value = 0.5 * (misfit + n * np.log(2 * np.pi * noise)) + float(np.log(np.diag(root)).sum())
    return value, mean, root
