"""Deep kernels meta-trained over source tasks (FSBO, Wistuba & Grabocka 2021; METHODS 10.11).

A Gaussian process on the outputs of a network, k(x, x') = s M(|phi(x) - phi(x')|) with Matern
5/2 M, whose weights minimize the mean negative log evidence of random subsets of the source tasks.
With `mean`, the prior mean is linear in phi (HyperBO, Wang et al. 2024). A constant of large
variance is then part of the process, because the level of a task is unknown.

We differ from the paper in the labels of a zero-mean kernel: a subset is standardized by its own
mean and deviation, as the target is later, where the paper draws a random range. Hidden units are
tanh, so that the kernel is smooth.

Outer steps: `joint` follows the gradient on the batch. `reptile` (Nichol et al. 2018) descends for
five steps on draws of one task and moves towards the end. `maml` (Finn et al. 2017, first order)
takes one step on a draw of a task and follows the gradient of another draw from there.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy

from metalearn.core.arrays import Bools, Floats, Ints
from metalearn.neural.autodiff import defvjp, np, primitive, value_and_grad
from metalearn.neural.network import Weights, mlp, mlp_weights
from metalearn.neural.training import Adam, Estimate

__all__ = [
    "LEVEL",
    "Outer",
    "PaddedTasks",
    "evidence_loss",
    "features",
    "fine_tuned",
    "initial_kernel",
    "negative_log_evidence",
    "outer_step",
    "padded",
    "prior_mean",
    "random_batch",
]

Outer = Literal["joint", "reptile", "maml"]
Task = tuple[Floats, Floats]

LEVEL = 10.0
"""Prior variance of the level of a task, in units of its variance; with a learned mean only."""

_HIDDEN = (32, 32)
_WIDTH = 32
_LEAST_NOISE = 1e-6
_SIZES = (4, 50)
_BATCH = 4
_INNER_STEPS, _INNER_RATE = 5, 1e-2
_ROOT5 = float(numpy.sqrt(5.0))
_LOG_2PI = float(numpy.log(2.0 * numpy.pi))


@dataclass(frozen=True, slots=True)
class PaddedTasks:
    """Subsets of tasks, padded to one length.

    Attributes:
        points: `(n_tasks, n, n_columns)`; 0 where padded.
        y: `(n_tasks, n)` standardized losses; 0 where padded.
        known: `(n_tasks, n)`; False where padded.
        tasks: `(n_tasks,)` which task each one is.
    """

    points: Floats
    y: Floats
    known: Bools
    tasks: Ints


def initial_kernel(n_columns: int, rng: numpy.random.Generator, *, mean: bool) -> Weights:
    """Return random weights of the network, signal 1 and noise 0.01; with `mean` also its row."""
    weights = mlp_weights((n_columns, *_HIDDEN, _WIDTH), rng)
    weights |= {"log_signal": numpy.zeros(()), "log_noise": numpy.full((), numpy.log(1e-2))}
    if mean:
        weights |= {"mean": numpy.zeros(_WIDTH), "offset": numpy.zeros(())}
    return weights


def features(weights: Weights, points: Any) -> Any:
    """Return `(..., 32)` learned features of points `(..., n_columns)`."""
    return mlp(weights, points)


def prior_mean(weights: Weights, phi: Any) -> Any:
    """Return the learned mean `(...)` at features `(..., 32)`; 0 if there is none."""
    if "mean" not in weights:
        return np.zeros(phi.shape[:-1])
    return np.dot(phi, weights["mean"]) + weights["offset"]


def evidence_loss(weights: Weights, batch: PaddedTasks) -> Any:
    """Return the mean over tasks of the negative log evidence for each loss."""
    phi = features(weights, batch.points)
    covariance = np.exp(weights["log_signal"]) * _matern_of_square(_square_distances(phi))
    if "mean" in weights:
        covariance = covariance + LEVEL
    known = batch.known.astype(numpy.float64)
    both = known[:, :, None] * known[:, None, :]
    noise = np.exp(weights["log_noise"]) + _LEAST_NOISE
    unit = numpy.eye(known.shape[1])
    covariance = covariance * both + noise * (known[:, :, None] * unit)
    covariance = covariance + (1.0 - known)[:, :, None] * unit
    rest = (batch.y - prior_mean(weights, phi)) * known
    values = negative_log_evidence(covariance, rest) / known.sum(axis=1)
    return np.mean(values) + 0.5 * _LOG_2PI


@primitive  # type: ignore[untyped-decorator]  # of a package without types
def _square_distances(phi: Floats) -> Floats:
    """Return `(n_tasks, n, n)` squared distances of features `(n_tasks, n, width)`."""
    square = (phi**2).sum(axis=-1)
    product = phi @ phi.swapaxes(-1, -2)
    return numpy.asarray(
        numpy.maximum(square[:, :, None] + square[:, None, :] - 2.0 * product, 0.0)
    )


def _distance_slope(_: Floats, phi: Floats) -> Any:
    def slope(upper: Floats) -> Floats:
        both = upper + upper.swapaxes(-1, -2)
        return numpy.asarray(2.0 * (both.sum(axis=-1)[:, :, None] * phi - both @ phi))

    return slope


@primitive  # type: ignore[untyped-decorator]  # of a package without types
def _matern_of_square(square: Floats) -> Floats:
    """Return Matern 5/2 correlations of squared distances, differentiable at 0."""
    r = _ROOT5 * numpy.sqrt(square)
    return numpy.asarray((1.0 + r + r * r / 3.0) * numpy.exp(-r))


def _matern_slope(_: Floats, square: Floats) -> Any:
    r = _ROOT5 * numpy.sqrt(square)
    slope = -5.0 / 6.0 * (1.0 + r) * numpy.exp(-r)
    return lambda upper: upper * slope


@primitive  # type: ignore[untyped-decorator]  # of a package without types
def negative_log_evidence(covariance: Floats, y: Floats) -> Floats:
    """Return `(n_tasks,)` values up to the constant (Rasmussen & Williams 2006, equation 2.30).

    Args:
        covariance: `(n_tasks, n, n)`, positive definite.
        y: `(n_tasks, n)`.
    """
    root = numpy.linalg.cholesky(covariance)
    white = numpy.linalg.solve(root, y[:, :, None])[:, :, 0]
    diagonal = numpy.diagonal(root, axis1=1, axis2=2)
    return numpy.asarray(0.5 * (white**2).sum(axis=1) + numpy.log(diagonal).sum(axis=1))


def _solved(covariance: Floats, y: Floats) -> tuple[Floats, Floats]:
    inverse: Floats = numpy.asarray(numpy.linalg.inv(covariance), numpy.float64)
    return inverse, numpy.asarray(numpy.einsum("tnm,tm->tn", inverse, y))


def _evidence_by_covariance(_: Floats, covariance: Floats, y: Floats) -> Any:
    """Gradient with respect to the covariance (equation 5.9)."""
    inverse, alpha = _solved(covariance, y)
    pull = 0.5 * (inverse - alpha[:, :, None] * alpha[:, None, :])
    return lambda upper: upper[:, None, None] * pull


def _evidence_by_loss(_: Floats, covariance: Floats, y: Floats) -> Any:
    _inverse, alpha = _solved(covariance, y)
    return lambda upper: upper[:, None] * alpha


defvjp(_square_distances, _distance_slope)
defvjp(_matern_of_square, _matern_slope)
defvjp(negative_log_evidence, _evidence_by_covariance, _evidence_by_loss)

_gradient = value_and_grad(evidence_loss)


def padded(tasks: Sequence[Task], length: int, which: Ints | None = None) -> PaddedTasks:
    """Return tasks of at most `length` losses as one batch; `which` tasks they are, if known."""
    n_columns = tasks[0][0].shape[1]
    points = numpy.zeros((len(tasks), length, n_columns))
    y, known = numpy.zeros((len(tasks), length)), numpy.zeros((len(tasks), length), numpy.bool_)
    for i, (at, losses) in enumerate(tasks):
        n = len(losses)
        points[i, :n], y[i, :n], known[i, :n] = at, losses, True
    return PaddedTasks(points, y, known, numpy.arange(len(tasks)) if which is None else which)


def random_batch(
    tasks: Sequence[Task], rng: numpy.random.Generator, *, own_scale: bool, n_tasks: int = _BATCH
) -> PaddedTasks:
    """Return random subsets of 4 to 50 losses (log-uniform) of random tasks.

    Args:
        tasks: Points `(n, n_columns)` and standardized losses `(n,)` of each task.
        rng: Source of randomness.
        own_scale: Standardize each subset by its own mean and deviation.
        n_tasks: Number of tasks.
    """
    chosen = rng.choice(len(tasks), n_tasks, replace=len(tasks) < n_tasks)
    drawn = [_subset(tasks[task], rng, own_scale) for task in chosen]
    return padded(drawn, max(len(y) for _, y in drawn), chosen)


def _subset(task: Task, rng: numpy.random.Generator, own_scale: bool) -> Task:
    points, y = task
    low, high = numpy.log(_SIZES)
    size = min(round(float(numpy.exp(rng.uniform(low, high)))), len(y))
    some = rng.choice(len(y), size, replace=False)
    losses = y[some]
    if own_scale:
        width = losses.std()
        losses = (losses - losses.mean()) / (width if width > 1e-6 else 1.0)
    return points[some], losses


def outer_step(tasks: Sequence[Task], outer: Outer, *, own_scale: bool) -> Estimate:
    """Return the direction of ascent of a kind of meta-training; see the module."""

    def joint(weights: Weights, rng: numpy.random.Generator) -> tuple[float, Weights]:
        value, gradient = _gradient(weights, random_batch(tasks, rng, own_scale=own_scale))
        return float(value), gradient

    def adapted(weights: Weights, rng: numpy.random.Generator) -> tuple[float, Weights]:
        one = [tasks[int(rng.integers(len(tasks)))]]
        inner, value, gradient = weights, 0.0, weights
        for _ in range(_INNER_STEPS if outer == "reptile" else 1):
            value, gradient = _gradient(
                inner, random_batch(one, rng, own_scale=own_scale, n_tasks=1)
            )
            inner = {name: inner[name] - _INNER_RATE * gradient[name] for name in inner}
        if outer == "reptile":
            unit = _INNER_STEPS * _INNER_RATE
            return float(value), {name: (weights[name] - inner[name]) / unit for name in inner}
        value, gradient = _gradient(inner, random_batch(one, rng, own_scale=own_scale, n_tasks=1))
        return float(value), gradient

    return joint if outer == "joint" else adapted


def fine_tuned(
    weights: Weights, points: Floats, y: Floats, *, n_steps: int = 50, rate: float = 1e-3,
    patience: int = 16,
) -> Weights:  # fmt: skip
    """Return the weights after Adam steps on the evidence of one task, the best ones met.

    Args:
        weights: The meta-learned start.
        points: `(n, n_columns)`.
        y: `(n,)` standardized losses.
        n_steps: Largest number of steps.
        rate: Learning rate.
        patience: Steps without improvement after which it stops.
    """
    batch, adam = padded([(points, y)], len(y)), Adam(weights)
    best, lowest, since = weights, numpy.inf, 0
    for _ in range(n_steps):
        value, gradient = _gradient(weights, batch)
        if float(value) < lowest:
            best, lowest, since = weights, float(value), 0
        else:
            since += 1
        if since >= patience or not numpy.isfinite(float(value)):
            break
        weights = adam.step(weights, gradient, rate)
    return best
