"""Weights of a network for one table as the start of a network for another.

Yosinski, Clune, Bengio & Lipson (2014): layers near the inputs are the most general. The new
network takes the hidden layers of the old one, and its input layer too if both tables have the
same columns; the output layer is new. What was taken is trained further, or in part, or not at
all.

Whether a transfer helps is known only afterwards, so there is a rule that is fitted to transfers
that were measured: transfer if the tables are closer than a threshold (`farthest_helpful`).
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, Literal

import numpy

from metalearn.core.arrays import Floats
from metalearn.neural.autodiff import np, value_and_grad
from metalearn.neural.network import Weights, mlp, mlp_weights, n_layers
from metalearn.neural.training import Schedule, train

__all__ = ["Tuned", "farthest_helpful", "fit_classifier", "frozen_layers", "transferred"]

Tuned = Literal["all", "last layers", "output"]
"""Which layers are trained on the new table."""

_BATCH = 64


def transferred(
    source: Weights,
    n_inputs: int,
    n_outputs: int,
    rng: numpy.random.Generator,
    *,
    same_columns: bool,
) -> Weights:
    """Return first weights for a new table: hidden layers of `source`, a new output layer.

    Args:
        source: Weights of a trained network.
        n_inputs: Columns of the new table.
        n_outputs: Classes of the new table.
        rng: Draws the new layers.
        same_columns: Whether the columns mean the same, so that the input layer is taken too.
    """
    last = n_layers(source) - 1
    widths = [len(source[f"b{i}"]) for i in range(last)]
    fresh = mlp_weights((n_inputs, *widths, n_outputs), rng)
    taken = range(0 if same_columns else 1, last)
    return fresh | {f"{kind}{i}": source[f"{kind}{i}"] for i in taken for kind in "wb"}


def frozen_layers(weights: Weights, tuned: Tuned, *, same_columns: bool) -> tuple[str, ...]:
    """Return the names of the weights that stay as they were taken.

    Args:
        weights: Weights of the network.
        tuned: `all`; `last layers`, the last hidden and the output layer; or `output`. An input
            layer that is new is always trained.
        same_columns: Whether the input layer was taken.
    """
    n_tuned = {"all": n_layers(weights), "last layers": 2, "output": 1}[tuned]
    kept = range(0 if same_columns else 1, n_layers(weights) - n_tuned)
    return tuple(f"{kind}{i}" for i in kept for kind in "wb")


def fit_classifier(
    start: Weights, X: Floats, Y: Floats, schedule: Schedule, seed: int,
    frozen: Collection[str] = (),
) -> Weights:  # fmt: skip
    """Return the weights after training on cross-entropy with batches of 64 rows.

    Args:
        start: First weights.
        X: `(n, n_inputs)`, finite, standardized.
        Y: `(n, n_outputs)` classes, one-hot.
        schedule: Number of steps and learning rates.
        seed: Seed of the batches.
        frozen: Names of weights that are not trained.
    """

    def estimate(weights: Weights, rng: numpy.random.Generator) -> tuple[float, Weights]:
        some = rng.permutation(len(X))[:_BATCH]
        value, gradient = _gradient(weights, X[some], Y[some])
        return float(value), gradient | {name: 0.0 * weights[name] for name in frozen}

    return train(estimate, start, schedule, seed)


def _cross_entropy(weights: Any, x: Floats, y: Floats) -> Any:
    scores = mlp(weights, x)
    scores = scores - np.max(scores, axis=1, keepdims=True)
    return np.mean(np.log(np.sum(np.exp(scores), axis=1)) - np.sum(scores * y, axis=1))


_gradient = value_and_grad(_cross_entropy)


def farthest_helpful(distances: Floats, gains: Floats) -> float:
    """Return the distance up to which known transfers gained most in sum; minus infinity if none.

    Args:
        distances: `(n,)` distances of the tables of measured transfers.
        gains: `(n,)` what each gained over a start from random weights.
    """
    order = numpy.argsort(distances, kind="stable")
    sums = numpy.cumsum(gains[order])
    if not len(sums) or not sums.max() > 0.0:
        return -numpy.inf
    return float(distances[order[int(sums.argmax())]])
