"""Multi-task Bayesian neural networks (Springenberg, Klein, Falkner & Hutter 2016, section 3.2).

The loss of task t is f(x, psi_t) plus noise: one network for all tasks, psi_t a learned vector of
five numbers for each. The paper samples weights with stochastic gradient Hamiltonian Monte Carlo.
Here the posterior is an ensemble with random priors (Osband, Aslanides & Cassirer 2018): each
member is a trained network plus a fixed random one, so that members agree only where tasks have
shown losses.

For a new task psi, level and scale of the loss are unknown, and the networks stay as they are. A
draw from the posterior of these seven numbers maximizes it for perturbed losses around a prior
mean that is itself drawn from the prior (randomized maximum a posteriori, Pearce, Leibfried &
Brintrup 2020).
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy

from metalearn.core.arrays import Floats, Ints
from metalearn.neural.autodiff import np, value_and_grad
from metalearn.neural.network import Weights, n_layers
from metalearn.neural.training import Adam, Estimate

__all__ = [
    "adaptation_loss",
    "initial_network",
    "losses_of_draws",
    "network_step",
    "outputs",
    "posterior_draws",
    "training_loss",
]

_MEMBERS, _DRAWS_EACH = 5, 4
_HIDDEN = (50, 50, 50)
_EMBEDDED = 5
_PRIOR = 0.3
_BATCH = 128
_LEVEL_SD, _SCALE_SD = 1.0, 0.5
_ADAPTING, _RATE = 60, 0.1


def initial_network(n_columns: int, n_tasks: int, rng: numpy.random.Generator) -> Weights:
    """Return random weights of the members, stacked along the first axis.

    `w<i>` and `b<i>` are trained, `prior_w<i>` and `prior_b<i>` are not; `psi` are the vectors of
    the tasks `(n_members, n_tasks, 5)`, `log_noise` logarithms of the noise's variance.
    """
    sizes = (n_columns + _EMBEDDED, *_HIDDEN, 1)
    weights: Weights = {}
    for i, (n_in, n_out) in enumerate(pairwise(sizes)):
        for prefix in ("", "prior_"):
            drawn = rng.normal(size=(_MEMBERS, n_in, n_out)) / numpy.sqrt(n_in)
            weights[f"{prefix}w{i}"] = drawn
            weights[f"{prefix}b{i}"] = numpy.zeros((_MEMBERS, 1, n_out))
    weights["psi"] = 0.1 * rng.normal(size=(_MEMBERS, n_tasks, _EMBEDDED))
    weights["log_noise"] = numpy.full(_MEMBERS, numpy.log(0.1))
    return weights


def outputs(weights: Any, inputs: Any) -> Any:
    """Return `(n_members, n)` outputs, the random priors included.

    Args:
        weights: See `initial_network`.
        inputs: `(n_members, n, n_columns + 5)`.
    """
    trained, fixed = inputs, inputs
    last = n_layers(weights) - 1
    for i in range(last + 1):
        trained = np.matmul(trained, weights[f"w{i}"]) + weights[f"b{i}"]
        fixed = np.matmul(fixed, weights[f"prior_w{i}"]) + weights[f"prior_b{i}"]
        if i < last:
            trained, fixed = np.tanh(trained), np.tanh(fixed)
    return (trained + _PRIOR * fixed)[:, :, 0]


def training_loss(weights: Any, points: Floats, y: Floats, tasks: Ints, n_points: float) -> Any:
    """Return the mean negative log posterior for each loss, up to a constant.

    Args:
        weights: See `initial_network`.
        points: `(n_members, n, n_columns)`.
        y: `(n_members, n)` standardized losses.
        tasks: `(n_members, n)` the task of each.
        n_points: Mean number of losses of a task, among which the prior of psi is divided.
    """
    rows = numpy.arange(len(points))[:, None]
    psi = weights["psi"][rows, tasks]
    rest = y - outputs(weights, np.concatenate([points, psi], axis=2))
    log_noise = weights["log_noise"][:, None]
    likelihood = np.mean(0.5 * rest**2 * np.exp(-log_noise) + 0.5 * log_noise)
    return likelihood + 0.5 * np.mean(np.sum(psi**2, axis=2)) / n_points


_training_gradient = value_and_grad(training_loss)


def network_step(tasks: Sequence[tuple[Floats, Floats]]) -> Estimate:
    """Return the loss and gradient on 128 random losses for each member; priors stay fixed.

    Args:
        tasks: Points `(n, n_columns)` and standardized losses `(n,)` of each task.
    """
    sizes = numpy.array([len(y) for _, y in tasks])
    ends = numpy.cumsum(sizes)
    points = numpy.concatenate([at for at, _ in tasks])
    losses = numpy.concatenate([y for _, y in tasks])

    def estimate(weights: Weights, rng: numpy.random.Generator) -> tuple[float, Weights]:
        chosen = rng.integers(len(sizes), size=(_MEMBERS, _BATCH))
        at = ends[chosen] - 1 - (rng.random(chosen.shape) * sizes[chosen]).astype(numpy.int64)
        value, gradient = _training_gradient(
            weights, points[at], losses[at], chosen, float(sizes.mean())
        )
        fixed = {name: numpy.zeros_like(weights[name]) for name in gradient if "prior" in name}
        return float(value), gradient | fixed

    return estimate


def losses_of_draws(weights: Weights, drawn: Any, points: Floats) -> Any:
    """Return `(n_draws, n)` losses at points `(n, n_columns)`.

    Args:
        weights: See `initial_network`.
        drawn: `psi (n_draws, 5)`, `level (n_draws,)` and `log_scale (n_draws,)`. Draws are those
            of the first member, then those of the second, and so on.
        points: Columns of the points.
    """
    n, each = len(points), len(drawn["level"]) // _MEMBERS
    psi = np.reshape(drawn["psi"], (_MEMBERS, each, 1, _EMBEDDED))
    inputs = np.concatenate(
        [
            numpy.broadcast_to(points, (_MEMBERS, each, *points.shape)),
            psi + numpy.zeros((_MEMBERS, each, n, _EMBEDDED)),
        ],
        axis=3,
    )
    flat = np.reshape(inputs, (_MEMBERS, each * n, inputs.shape[3]))
    found = np.reshape(outputs(weights, flat), (_MEMBERS * each, n))
    return drawn["level"][:, None] + np.exp(drawn["log_scale"])[:, None] * found


def adaptation_loss(
    drawn: Any, weights: Weights, prior: Weights, points: Floats, perturbed: Floats
) -> Any:
    """Return the summed negative log posterior of all draws, up to a constant.

    Args:
        drawn: See `losses_of_draws`.
        weights: See `initial_network`.
        prior: The prior means of each draw.
        points: `(n, n_columns)`.
        perturbed: `(n_draws, n)` losses, in units of the target's deviation.
    """
    noise = numpy.repeat(numpy.exp(weights["log_noise"]), len(perturbed) // _MEMBERS)
    rest = perturbed - losses_of_draws(weights, drawn, points)
    total = 0.5 * np.sum(rest**2 / noise[:, None])
    total = total + 0.5 * np.sum((drawn["psi"] - prior["psi"]) ** 2)
    total = total + 0.5 * np.sum((drawn["level"] - prior["level"]) ** 2) / _LEVEL_SD**2
    return total + 0.5 * np.sum((drawn["log_scale"] - prior["log_scale"]) ** 2) / _SCALE_SD**2


_adaptation_gradient = value_and_grad(adaptation_loss)


def posterior_draws(
    weights: Weights, points: Floats, y: Floats, rng: numpy.random.Generator
) -> Weights:
    """Return draws from the posterior of psi, level and scale of a new task.

    The prior of psi is the distribution of the source tasks' vectors.

    Args:
        weights: See `initial_network`.
        points: `(n, n_columns)`; without any, the draws are from the prior.
        y: `(n,)` standardized losses.
        rng: Source of randomness.
    """
    n = _MEMBERS * _DRAWS_EACH
    members = numpy.repeat(numpy.arange(_MEMBERS), _DRAWS_EACH)
    tasks = rng.integers(weights["psi"].shape[1], size=n)
    prior: Weights = {
        "psi": weights["psi"][members, tasks],
        "level": _LEVEL_SD * rng.normal(size=n),
        "log_scale": _SCALE_SD * rng.normal(size=n),
    }
    if not len(y):
        return prior
    deviation = numpy.exp(0.5 * weights["log_noise"])[members]
    perturbed = y + deviation[:, None] * rng.normal(size=(n, len(y)))
    drawn, adam = prior, Adam(prior)
    for step in range(_ADAPTING):
        _, gradient = _adaptation_gradient(drawn, weights, prior, points, perturbed)
        drawn = adam.step(drawn, gradient, _RATE * (1.0 - step / _ADAPTING))
    return drawn
