"""Networks that learn to learn: MAML, first-order MAML and Reptile.

All three look for first weights from which a few gradient steps on the support set of a new task
suffice:

- MAML (Finn, Abbeel & Levine 2017) descends the loss of the queries after the inner steps,
  derivatives of these steps included.
- First-order MAML (section 5.2 there) takes the inner steps as constants.
- Reptile (Nichol, Achiam & Schulman 2018) moves towards the weights after more inner steps. It
  needs no queries, so those are added to its support set.

Tasks of a batch are stacked: every weight gets a leading axis, and one pass serves all of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy

from metalearn.core.arrays import Floats
from metalearn.neural.autodiff import grad, np, value_and_grad
from metalearn.neural.episodes import Draw, Episodes
from metalearn.neural.network import Weights, n_layers
from metalearn.neural.training import Estimate

__all__ = ["Inner", "Loss", "adaptation_step", "adapted", "predictions", "task_losses"]

Loss = Literal["cross-entropy", "squared"]
Outer = Literal["maml", "first-order", "reptile"]


@dataclass(frozen=True, slots=True)
class Inner:
    """Gradient steps on a support set.

    Attributes:
        rate: Step length.
        n_steps: Number of steps.
        loss: `cross-entropy` of one-hot targets, or `squared` error.
    """

    rate: float = 0.1
    n_steps: int = 5
    loss: Loss = "cross-entropy"


def predictions(weights: Any, x: Any) -> Any:
    """Return `(n_tasks, n, n_outputs)` outputs of stacked networks with ReLU hidden units.

    Args:
        weights: Matrices `(n_tasks, n_in, n_out)` and offsets `(n_tasks, n_out)` of each layer.
        x: `(n_tasks, n, n_inputs)`.
    """
    last = n_layers(weights) - 1
    for i in range(last + 1):
        x = np.matmul(x, weights[f"w{i}"]) + weights[f"b{i}"][:, None, :]
        if i < last:
            x = np.maximum(x, 0.0)
    return x


def task_losses(outputs: Any, y: Floats, loss: Loss) -> Any:
    """Return `(n_tasks,)` mean losses of outputs and targets `(n_tasks, n, n_outputs)`."""
    if loss == "squared":
        return np.mean((outputs - y) ** 2, axis=(1, 2))
    shifted = outputs - np.max(outputs, axis=2, keepdims=True)
    log_shares = shifted - np.log(np.sum(np.exp(shifted), axis=2, keepdims=True))
    return -np.mean(np.sum(y * log_shares, axis=2), axis=1)


def adapted(weights: Any, x: Floats, y: Floats, inner: Inner) -> Any:
    """Return stacked weights `(n_tasks, ...)` after gradient steps on `(n_tasks, n, ...)` rows.

    Differentiable with respect to the first weights, which have no leading axis.
    """

    def total(stacked: Any) -> Any:
        return np.sum(task_losses(predictions(stacked, x), y, inner.loss))

    slope = grad(total)
    stacked = _stacked(weights, len(x))
    for _ in range(inner.n_steps):
        gradient = slope(stacked)
        stacked = {name: stacked[name] - inner.rate * gradient[name] for name in stacked}
    return stacked


def adaptation_step(draw: Draw, outer: Outer, inner: Inner, n_tasks: int = 8) -> Estimate:
    """Return the loss and the direction of ascent of a method on random tasks.

    Args:
        draw: Draws tasks.
        outer: `maml`, `first-order` or `reptile`.
        inner: Steps on each task.
        n_tasks: Tasks of a batch.
    """
    estimate = {"maml": _maml, "first-order": _first_order, "reptile": _reptile}[outer]

    def step(weights: Weights, rng: numpy.random.Generator) -> tuple[float, Weights]:
        return estimate(weights, draw(n_tasks, rng), inner)

    return step


def _maml(weights: Weights, tasks: Episodes, inner: Inner) -> tuple[float, Weights]:
    def after(first: Any) -> Any:
        return _query_loss(adapted(first, tasks.x, tasks.y, inner), tasks, inner)

    value, gradient = value_and_grad(after)(weights)
    return float(value), gradient


def _first_order(weights: Weights, tasks: Episodes, inner: Inner) -> tuple[float, Weights]:
    there = adapted(weights, tasks.x, tasks.y, inner)
    value, gradient = value_and_grad(_query_loss)(there, tasks, inner)
    return float(value), {name: gradient[name].sum(axis=0) for name in weights}


def _reptile(weights: Weights, tasks: Episodes, inner: Inner) -> tuple[float, Weights]:
    x = numpy.concatenate([tasks.x, tasks.query_x], axis=1)
    y = numpy.concatenate([tasks.y, tasks.query_y], axis=1)
    there = adapted(weights, x, y, inner)
    unit = inner.rate * inner.n_steps
    direction = {
        name: (weights[name] - numpy.asarray(there[name]).mean(axis=0)) / unit for name in weights
    }
    return float(_query_loss(there, tasks, inner)), direction


def _query_loss(stacked: Any, tasks: Episodes, inner: Inner) -> Any:
    return np.mean(task_losses(predictions(stacked, tasks.query_x), tasks.query_y, inner.loss))


def _stacked(weights: Any, n_tasks: int) -> Any:
    """Return weights with a leading axis, the same for each task."""
    return {
        name: weights[name] + numpy.zeros((n_tasks, *numpy.shape(weights[name])))
        for name in weights
    }
