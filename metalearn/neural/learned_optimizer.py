"""Learning to learn by gradient descent by gradient descent (Andrychowicz et al. 2016).

An LSTM of two layers of 20 units maps the gradient of each coordinate to its update. All
coordinates share the weights and have a state of their own, so that it works in any dimension. It
is trained to lower the sum of the losses along 20 steps of random problems, after 0, 20, 40, 60 or
80 steps that are not differentiated. As in the paper, gradients of a problem are inputs without
derivatives of their own.

Against over-fitting, the coordinates of a training problem are rescaled at random (Lv, Jiang & Li
2017), and each loss is divided by the loss at the start of the steps.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

import numpy

from metalearn.core.arrays import Floats
from metalearn.neural.autodiff import getval, np, value_and_grad
from metalearn.neural.lstm import lstm_cell, lstm_weights
from metalearn.neural.network import Weights
from metalearn.neural.training import Estimate

__all__ = [
    "DrawProblems",
    "Problems",
    "initial_update_rule",
    "update_rule_curve",
    "update_rule_loss",
    "update_rule_step",
    "updates",
]

_UNITS, _LAYERS = 20, 2
_SCALE = 0.1
_PRECISION = 10.0
_UNROLL, _SEGMENTS = 20, 5
_RESCALE = 1.5  # largest absolute logarithm of the factor of a coordinate


class Problems(Protocol):
    """Several functions to minimize, stacked."""

    @property
    def start(self) -> Floats:
        """`(n_problems, n_coordinates)` first points."""
        ...

    def __call__(self, theta: Floats) -> tuple[Floats, Floats]:
        """Return losses `(n_problems,)` and gradients `(n_problems, n_coordinates)`."""
        ...


DrawProblems = Callable[[numpy.random.Generator], Problems]


def initial_update_rule(rng: numpy.random.Generator) -> Weights:
    """Return random weights whose first updates are small."""
    return {
        "cell0": lstm_weights(2, _UNITS, rng),
        "cell1": lstm_weights(_UNITS, _UNITS, rng),
        "out": 0.1 * rng.normal(size=_UNITS),
    }


def updates(weights: Any, gradient: Floats, state: Any) -> tuple[Any, Any]:
    """Return the updates of all coordinates and the next state.

    Args:
        weights: See `initial_update_rule`.
        gradient: `(n,)` gradient of each coordinate.
        state: `(n, 80)`; zeros at the start.
    """
    width = 2 * _UNITS
    states, signal = [], _preprocessed(gradient)
    for layer in range(_LAYERS):
        after = lstm_cell(
            weights[f"cell{layer}"], signal, state[:, layer * width : (layer + 1) * width]
        )
        states.append(after)
        signal = after[:, :_UNITS]
    return _SCALE * np.dot(signal, weights["out"]), np.concatenate(states, axis=1)


def update_rule_curve(weights: Weights, problems: Problems, n_steps: int) -> Floats:
    """Return losses `(n_steps + 1, n_problems)` of the learned optimizer, the start first."""
    theta = problems.start
    state = _no_state(theta)
    losses = numpy.empty((n_steps + 1, len(theta)))
    for step in range(n_steps + 1):
        losses[step], gradient = problems(theta)
        if step < n_steps:
            moves, state = updates(weights, gradient.ravel(), state)
            theta = theta + moves.reshape(theta.shape)
    return losses


def update_rule_step(draw: DrawProblems) -> Estimate:
    """Return the summed relative losses of 20 steps on random problems, and their gradient."""

    def step(weights: Weights, rng: numpy.random.Generator) -> tuple[float, Weights]:
        problems = _Rescaled(draw(rng), rng)
        theta, state = problems.start, _no_state(problems.start)
        for _ in range(_UNROLL * int(rng.integers(_SEGMENTS))):
            moves, state = updates(weights, problems(theta)[1].ravel(), state)
            theta = theta + moves.reshape(theta.shape)
        unit = numpy.abs(problems(theta)[0])[:, None] + 1e-12
        value, gradient = _slope(weights, problems, theta, state, unit)
        return float(value), gradient

    return step


def update_rule_loss(
    weights: Any, problems: Problems, theta: Any, state: Any, unit: Floats
) -> Any:
    """Return the mean relative loss of 20 steps, differentiable in the weights.

    The gradient of a problem's loss is known, so its linear approximation at each point stands for
    the loss itself: the value is corrected by a constant, the derivative is the same.
    """
    total, (losses, gradient) = 0.0, problems(getval(theta))
    for _ in range(_UNROLL):
        moves, state = updates(weights, gradient.ravel(), state)
        theta = theta + np.reshape(moves, gradient.shape)
        there = getval(theta)
        losses, gradient = problems(there)
        slope = gradient / unit
        total = total + np.sum(slope * theta) - numpy.sum(slope * there)
        total = total + numpy.sum(losses / unit[:, 0])
    return total / (_UNROLL * len(unit))


_slope = value_and_grad(update_rule_loss)


class _Rescaled:
    """Problems in coordinates divided by random factors."""

    def __init__(self, problems: Problems, rng: numpy.random.Generator) -> None:
        self._problems = problems
        shape = problems.start.shape
        self._factors = numpy.exp(rng.uniform(-_RESCALE, _RESCALE, shape))
        self.start: Floats = problems.start / self._factors

    def __call__(self, theta: Floats) -> tuple[Floats, Floats]:
        losses, gradient = self._problems(theta * self._factors)
        return losses, gradient * self._factors


def _preprocessed(gradient: Floats) -> Floats:
    """Return `(n, 2)` logarithm and sign of gradients, bounded near 0 (the paper's appendix A)."""
    size = numpy.abs(gradient)
    is_large = size >= numpy.exp(-_PRECISION)
    logs = numpy.log(numpy.maximum(size, 1e-300)) / _PRECISION
    return numpy.stack(
        [
            numpy.where(is_large, logs, -1.0),
            numpy.where(is_large, numpy.sign(gradient), numpy.exp(_PRECISION) * gradient),
        ],
        axis=1,
    )


def _no_state(theta: Floats) -> Floats:
    return numpy.zeros((theta.size, 2 * _UNITS * _LAYERS))
