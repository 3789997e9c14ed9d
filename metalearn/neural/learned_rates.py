"""A coordinatewise LSTM that sets learning rates (after Andrychowicz et al. 2016).

The optimizer is gradient descent with momentum. An LSTM of two layers of 20 units, with a state of
its own for each coordinate, returns the learning rate and the decay of the momentum of that
coordinate at each step. The untrained network keeps both at given constants, so it is the tuned
optimizer by hand, and training starts from there.

We differ from the paper in four ways:

- Its LSTM returns the step itself. A step in proportion to a gradient, over many orders of
  magnitude, is hard to express for bounded units; a rate is not.
- Inputs are ratios of gradients and momenta (as in Wichrowska et al. 2017), which do not depend on
  the unit of the loss. Three of them are shared by all coordinates of a problem, for which the
  paper has global averaging cells.
- The meta-loss is the logarithm of the loss above the lowest that the search reaches within twice
  the steps, weighted in proportion to the step. The sum of losses rewards the first steps.
- All steps are unrolled, and the recursion is differentiated with second derivatives of the
  problem; only the inputs of the LSTM are constants. Truncated unrolls prefer steps that are good
  for the next 20 losses (Wu et al. 2018).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy

from metalearn.core.arrays import Floats
from metalearn.neural.autodiff import defvjp, getval, np, primitive, value_and_grad
from metalearn.neural.learned_optimizer import DrawProblems, Problems
from metalearn.neural.lstm import lstm_cell, lstm_weights
from metalearn.neural.network import Weights
from metalearn.neural.training import Estimate

__all__ = [
    "DescentState",
    "initial_rate_rule",
    "rate_rule_curve",
    "rate_rule_loss",
    "rate_rule_step",
]

_UNITS, _N_SIGNALS = 20, 6
_HORIZON = 100
_MOMENTUM = 0.9
_TINY = 1e-30
_FLOOR = 1e-8  # of the loss at the start; keeps logarithms finite


@dataclass(frozen=True, slots=True)
class DescentState:
    """Where the optimizer is on several problems.

    Attributes:
        theta: `(n_problems, n_coordinates)`.
        momentum: `(n_problems, n_coordinates)` decayed sum of gradients.
        states: `(n_problems * n_coordinates, 40)` state of each layer.
        size: `(n_problems, 1)` norm of the last gradient; None before the first step.
    """

    theta: Any  # Any: arrays, or autograd's boxes around them; so are the two below
    momentum: Any
    states: tuple[Any, Any]
    size: Floats | None = None

    @classmethod
    def begin(cls, theta: Floats) -> DescentState:
        """Return the descent before its first step."""
        nothing = numpy.zeros((theta.size, 2 * _UNITS))
        return cls(theta, numpy.zeros_like(theta), (nothing, nothing))

    def step(self, weights: Any, gradient: Any) -> DescentState:
        """Return the descent after the step that follows a gradient at `theta`."""
        plain = getval(gradient)
        size = _norm(plain)
        before = size if self.size is None else self.size
        signals = _signals(plain, getval(self.momentum), numpy.log(size / before))
        first = lstm_cell(weights["cell0"], signals, self.states[0])
        second = lstm_cell(weights["cell1"], first[:, :_UNITS], self.states[1])
        out = np.dot(second[:, :_UNITS], weights["out"]) + weights["offset"]
        rate, kept = (np.reshape(out[:, i], plain.shape) for i in (0, 1))
        momentum = gradient + self.momentum / (1.0 + np.exp(-kept))
        theta = self.theta - np.exp(rate) * momentum
        return DescentState(theta, momentum, (first, second), size)


def initial_rate_rule(rng: numpy.random.Generator, rate: float) -> Weights:
    """Return weights of a network that keeps the learning rate at `rate`, momentum at 0.9."""
    return {
        "cell0": lstm_weights(_N_SIGNALS, _UNITS, rng),
        "cell1": lstm_weights(_UNITS, _UNITS, rng),
        "out": numpy.zeros((_UNITS, 2)),
        "offset": numpy.log([rate, _MOMENTUM / (1.0 - _MOMENTUM)]),
    }


def rate_rule_curve(weights: Weights, problems: Problems, n_steps: int) -> Floats:
    """Return losses `(n_steps + 1, n_problems)`, the start first; infinite where it diverges."""
    descent = DescentState.begin(problems.start)
    losses = numpy.empty((n_steps + 1, len(problems.start)))
    with numpy.errstate(over="ignore", invalid="ignore"):
        for step in range(n_steps + 1):
            losses[step], gradient = problems(descent.theta)
            descent = descent.step(weights, gradient)
    return numpy.where(numpy.isfinite(losses), losses, numpy.inf)


def rate_rule_step(draw: DrawProblems, n_steps: int = _HORIZON) -> Estimate:
    """Return the meta-loss on random problems and its gradient; see the module."""

    def step(weights: Weights, rng: numpy.random.Generator) -> tuple[float, Weights]:
        problems = draw(rng)
        curve = rate_rule_curve(weights, problems, 2 * n_steps)
        floor = curve.min(axis=0) - _FLOOR * curve[0]
        value, gradient = _slope(weights, problems, floor, n_steps)
        return float(value), gradient

    return step


def rate_rule_loss(weights: Any, problems: Problems, floor: Floats, n_steps: int) -> Any:
    """Return the mean logarithm of losses above `floor (n_problems,)`, weighted by the step."""
    descent, answer = DescentState.begin(problems.start), _answer(problems.start, problems)
    total = 0.0
    for step in range(1, n_steps + 1):
        descent = descent.step(weights, answer[:, 1:])
        answer = _answer(descent.theta, problems)
        total = total + step * np.mean(np.log(answer[:, 0] - floor))
    return total / (0.5 * n_steps * (n_steps + 1))


_slope = value_and_grad(rate_rule_loss)


@primitive  # type: ignore[untyped-decorator]  # of a package without types
def _answer(theta: Floats, problems: Problems) -> Floats:
    """Return losses and gradients as columns, `(n_problems, 1 + n_coordinates)`."""
    losses, gradient = problems(theta)
    return numpy.concatenate([losses[:, None], gradient], axis=1)


def _answer_slope(answer: Floats, theta: Floats, problems: Problems) -> Any:
    """Return the pull-back; products with second derivatives are central differences."""

    def pulled(upper: Floats) -> Floats:
        along = upper[:, 1:]
        width = 1e-5 * (1.0 + _norm(theta)) / _norm(along)
        ahead, behind = (problems(theta + sign * width * along)[1] for sign in (1.0, -1.0))
        return upper[:, :1] * answer[:, 1:] + (ahead - behind) / (2.0 * width)

    return pulled


defvjp(_answer, _answer_slope, argnums=(0,))


def _signals(gradient: Floats, momentum: Floats, change: Floats) -> Floats:
    """Return the inputs of the LSTM, `(n_problems * n_coordinates, 6)`, all bounded.

    Of each coordinate: its share of the gradient, the agreement of gradient and momentum, their
    ratio. Of the problem: the cosine between both, their ratio, the `change (n_problems, 1)` of
    the logarithm of the gradient's norm.
    """
    size, speed = _norm(gradient), _norm(momentum)
    part, moving = numpy.abs(gradient) / size, numpy.abs(momentum) / speed
    both = gradient * momentum
    cosine = both.sum(axis=1, keepdims=True) / (size * speed)
    ratio = numpy.log(size / speed)
    found = (
        numpy.log(part + 1e-5) / 5.0,
        2.0 * both / (gradient**2 + momentum**2 + _TINY),
        (numpy.log((part + 1e-6) / (moving + 1e-6)) + ratio) / 3.0,
        cosine,
        ratio / 3.0,
        change,
    )
    rows = numpy.stack(numpy.broadcast_arrays(*found), axis=2)
    return numpy.asarray(numpy.clip(rows.reshape(-1, _N_SIGNALS), -2.0, 2.0))


def _norm(vectors: Floats) -> Floats:
    """Return Euclidean norms `(n, 1)`, at least 1e-30."""
    return numpy.asarray(numpy.sqrt((vectors**2).sum(axis=1, keepdims=True)) + _TINY)
