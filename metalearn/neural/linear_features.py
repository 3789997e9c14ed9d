"""Features for Bayesian linear regression, shared by tasks (ABLR, Perrone et al. 2018).

Losses of task t are linear in phi(x), three layers of 50 tanh units and a constant:
y = phi(x) w_t + noise, w_t ~ N(0, I / alpha_t), noise of variance 1 / beta_t. Network, alpha and
beta minimize the mean negative log evidence of random subsets of the tasks (METHODS 10.8).

The evidence is computed from the covariance Phi Phi' / alpha + I / beta of at most 50 losses, not
from the precision of the weights, so that the Gaussian evidence of deep kernels serves here too.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy

from metalearn.core.arrays import Floats
from metalearn.neural.autodiff import np, value_and_grad
from metalearn.neural.deep_kernel import PaddedTasks, negative_log_evidence, random_batch
from metalearn.neural.network import Weights, mlp, mlp_weights
from metalearn.neural.training import Estimate

__all__ = ["initial_features", "linear_features", "regression_loss", "regression_step"]

_HIDDEN = (50, 50, 50)
_LEAST_NOISE = 1e-6


def initial_features(n_columns: int, n_tasks: int, rng: numpy.random.Generator) -> Weights:
    """Return random weights, with alpha 50 (unit prior variance of a loss) and noise 0.01."""
    weights = mlp_weights((n_columns, *_HIDDEN), rng)
    weights["log_alpha"] = numpy.full(n_tasks, numpy.log(_HIDDEN[-1]))
    weights["log_noise"] = numpy.full(n_tasks, numpy.log(1e-2))
    return weights


def linear_features(weights: Weights, points: Any) -> Any:
    """Return `(..., 51)` features of points `(..., n_columns)`, the last of them constant."""
    hidden = np.tanh(mlp(weights, points))
    return np.concatenate([hidden, numpy.ones((*points.shape[:-1], 1))], axis=-1)


def regression_loss(weights: Weights, batch: PaddedTasks) -> Any:
    """Return the mean over tasks of the negative log evidence for each loss."""
    phi = linear_features(weights, batch.points)
    known = batch.known.astype(numpy.float64)
    alpha = np.exp(weights["log_alpha"][batch.tasks])
    noise = np.exp(weights["log_noise"][batch.tasks]) + _LEAST_NOISE
    product = np.matmul(phi, np.swapaxes(phi, -1, -2)) / alpha[:, None, None]
    diagonal = noise[:, None] * known + (1.0 - known)
    covariance = product * (known[:, :, None] * known[:, None, :])
    covariance = covariance + diagonal[:, :, None] * numpy.eye(known.shape[1])
    values = negative_log_evidence(covariance, batch.y) / known.sum(axis=1)
    return np.mean(values) + 0.5 * numpy.log(2.0 * numpy.pi)


_gradient = value_and_grad(regression_loss)


def regression_step(tasks: Sequence[tuple[Floats, Floats]]) -> Estimate:
    """Return the loss and gradient on random subsets of the tasks."""

    def estimate(weights: Weights, rng: numpy.random.Generator) -> tuple[float, Weights]:
        value, gradient = _gradient(weights, random_batch(tasks, rng, own_scale=True))
        return float(value), gradient

    return estimate
