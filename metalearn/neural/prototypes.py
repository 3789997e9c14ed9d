"""Prototypical networks (Snell, Swersky & Zemel 2017).

A network maps rows to a space where classes of unseen episodes are the means of their support
rows; a query belongs to the nearest mean. Nothing is fitted to a new task.
"""

from __future__ import annotations

from typing import Any

import numpy

from metalearn.neural.adaptation import task_losses
from metalearn.neural.autodiff import np, value_and_grad
from metalearn.neural.episodes import Draw, Episodes
from metalearn.neural.network import Weights, mlp
from metalearn.neural.training import Estimate

__all__ = ["prototype_scores", "prototype_step"]

_ABSENT = -1e9


def prototype_scores(weights: Any, tasks: Episodes) -> Any:
    """Return `(n_episodes, n_queries, n_outputs)` minus squared distances to the class means.

    Outputs without a support row get -1e9.
    """
    counts = tasks.y.sum(axis=1)
    shares = tasks.y / numpy.maximum(counts, 1.0)[:, None, :]
    means = np.matmul(numpy.swapaxes(shares, 1, 2), mlp(weights, tasks.x))
    queries = mlp(weights, tasks.query_x)
    product = np.matmul(queries, np.swapaxes(means, 1, 2))
    squares = np.sum(queries**2, axis=2)[:, :, None] + np.sum(means**2, axis=2)[:, None, :]
    return 2.0 * product - squares + numpy.where(counts > 0.0, 0.0, _ABSENT)[:, None, :]


def prototype_step(draw: Draw, n_tasks: int = 8) -> Estimate:
    """Return the cross-entropy of the queries of random episodes and its gradient."""

    def loss(weights: Any, tasks: Episodes) -> Any:
        return np.mean(
            task_losses(prototype_scores(weights, tasks), tasks.query_y, "cross-entropy")
        )

    slope = value_and_grad(loss)

    def step(weights: Weights, rng: numpy.random.Generator) -> tuple[float, Weights]:
        value, gradient = slope(weights, draw(n_tasks, rng))
        return float(value), gradient

    return step
