"""Learning to learn without gradient descent by gradient descent (Chen et al. 2017).

A recurrent network reads each evaluated point and its loss, and emits the next point. It is
trained on functions whose slopes are known, the posterior means of the source tasks: the gradient
of what the search finds goes through all of its steps. We differ from the paper in four ways:

- The unit of a new task's loss is unknown, so the network reads where a loss lies between the
  lowest and the highest so far, not the loss.
- The meta-loss is the mean over steps of the lowest loss so far. The paper's observed improvement
  has the same terms; ours counts each for as long as it lasts.
- Each step has an offset of its own, which starts at a given design. So the untrained network is
  that design, and training adapts it and makes it depend on the losses.
- Points are rounded to the space. The derivative of rounding is taken to be one (the
  straight-through estimator, Bengio, Leonard & Courville 2013).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy

from metalearn.core.arrays import Floats, Ints
from metalearn.neural.autodiff import defvjp, getval, np, primitive, value_and_grad
from metalearn.neural.lstm import lstm_cell, lstm_weights
from metalearn.neural.network import Weights
from metalearn.neural.training import Estimate
from metalearn.numerics.gaussian_process.regression import Hyper

__all__ = [
    "N_SIGNALS",
    "UNITS",
    "Functions",
    "Rounding",
    "Seen",
    "initial_search",
    "next_point",
    "search_loss",
    "search_step",
]

UNITS = 32
"""Outputs of the recurrent cell."""
N_SIGNALS = 2
"""Inputs of the cell besides the point: what `Seen.read` makes of its loss."""
_BATCH = 32
_EDGE = 0.02
_FAR = 2.0
_ROOT5 = float(numpy.sqrt(5.0))

Rounding = Callable[[Floats], Floats]
"""Maps emitted columns `(n, n_emitted)` in [0, 1] to those of possible points `(n, n_columns)`."""


@dataclass(frozen=True, slots=True)
class Functions:
    """Posterior means of several tasks, as functions of the columns of a point.

    Attributes:
        inducing: `(m, n_columns)` points of the kernel.
        hyper: Hyperparameters of the Matern 5/2 kernel.
        groups: `(n_columns,)` length scale of each column.
        alphas: `(m, n_tasks)` coefficients of the kernel at `inducing`.
        offsets: `(n_tasks,)` constants that are added.
    """

    inducing: Floats
    hyper: Hyper
    groups: Ints
    alphas: Floats
    offsets: Floats

    def __call__(self, at: Floats, mix: Floats) -> tuple[Floats, Floats]:
        """Return values `(n,)` and slopes `(n, n_columns)`.

        Args:
            at: `(n, n_columns)` points, one for each function.
            mix: `(n, n_tasks)` weights of the tasks in each function.
        """
        scale = _ROOT5 / self.hyper.lengths[self.groups]
        a, b = at * scale, self.inducing * scale
        square = (a**2).sum(axis=1)[:, None] + (b**2).sum(axis=1) - 2.0 * a @ b.T
        r = numpy.sqrt(numpy.maximum(square, 0.0))
        pull = self.hyper.signal * numpy.exp(-r) * (mix @ self.alphas.T)
        values = (pull * (1.0 + r + r * r / 3.0)).sum(axis=1) + mix @ self.offsets
        pull *= -(1.0 + r) / 3.0
        return values, scale * (pull.sum(axis=1)[:, None] * a - pull @ b)


@dataclass(frozen=True, slots=True)
class Seen:
    """What the network has read of several searches.

    Attributes:
        state: `(n, 2 n_units)` state of the cell.
        step: Number of losses read.
        low: `(n,)` lowest loss; None before the first.
        high: `(n,)` highest loss; None before the first.
    """

    state: Any  # Any: arrays, or autograd's boxes around them; so are the two below
    step: int = 0
    low: Any = None
    high: Any = None

    @classmethod
    def nothing(cls, n: int) -> Seen:
        """Return the beginning of `n` searches."""
        return cls(numpy.zeros((n, 2 * UNITS)))

    def read(self, weights: Any, columns: Any, y: Any) -> Seen:
        """Return what is known after losses `(n,)` at points `(n, n_columns)`."""
        if self.low is None:
            low, high, signals = y, y, [0.0 * y, 0.0 * y]
        else:
            low, high = np.minimum(self.low, y), np.maximum(self.high, y)
            signals = [_share(y - low, high - low), _share(y - self.low, self.high - self.low)]
        inputs = np.concatenate([columns, np.stack(signals, axis=1)], axis=1)
        return Seen(lstm_cell(weights["cell"], inputs, self.state), self.step + 1, low, high)


def _share(part: Any, whole: Any) -> Any:
    """Return part / whole, at most 2 and at least -2; 0 where both are 0."""
    return np.clip(part / np.maximum(whole, 1e-12), -_FAR, _FAR)


def initial_search(design: Floats, n_columns: int, rng: numpy.random.Generator) -> Weights:
    """Return weights of a network that emits a design whatever the losses are.

    Args:
        design: `(n_steps, n_emitted)` columns in [0, 1].
        n_columns: Number of columns of a rounded point.
        rng: Source of randomness.
    """
    inside = numpy.clip(design, _EDGE, 1.0 - _EDGE)
    return {
        "cell": lstm_weights(n_columns + N_SIGNALS, UNITS, rng),
        "out": numpy.zeros((UNITS, design.shape[1])),
        "design": numpy.log(inside / (1.0 - inside)),
    }


def next_point(weights: Any, seen: Seen) -> Any:
    """Return the columns `(n, n_emitted)` in [0, 1] that the network emits next."""
    z = np.dot(seen.state[:, :UNITS], weights["out"]) + weights["design"][seen.step]
    return 0.5 + 0.5 * np.tanh(0.5 * z)


def search_loss(weights: Any, functions: Functions, mix: Floats, rounding: Rounding) -> Any:
    """Return the lowest value so far, averaged over steps and functions; differentiable.

    Args:
        weights: See `initial_search`; as many steps as the design has.
        functions: What is searched.
        mix: `(n, n_tasks)`, see `Functions`.
        rounding: See `Rounding`.
    """
    seen, total = Seen.nothing(len(mix)), 0.0
    n_steps = len(weights["design"])
    for _ in range(n_steps):
        columns = _rounded(next_point(weights, seen), rounding)
        seen = seen.read(weights, columns, _value(columns, functions, mix))
        total = total + np.mean(seen.low)
    return total / n_steps


def _rounded(emitted: Any, rounding: Rounding) -> Any:
    """Return the columns of the rounded points, with the derivative of what was emitted."""
    plain = getval(emitted)
    columns = rounding(plain)
    n = plain.shape[1]
    moved = emitted + (columns[:, :n] - plain)
    return np.concatenate([moved, columns[:, n:]], axis=1)


@primitive  # type: ignore[untyped-decorator]  # of a package without types
def _value(columns: Floats, functions: Functions, mix: Floats) -> Floats:
    return functions(columns, mix)[0]


def _slope(_: Floats, columns: Floats, functions: Functions, mix: Floats) -> Any:
    return lambda upper: upper[:, None] * functions(columns, mix)[1]


defvjp(_value, _slope, argnums=(0,))
_gradient = value_and_grad(search_loss)


def search_step(functions: Functions, rounding: Rounding) -> Estimate:
    """Return the loss and gradient on random functions: tasks, and means of two of them."""
    n_tasks = len(functions.offsets)

    def estimate(weights: Weights, rng: numpy.random.Generator) -> tuple[float, Weights]:
        pairs, share = rng.integers(n_tasks, size=(2, _BATCH)), rng.random(_BATCH)
        share[: _BATCH // 2] = 1.0
        mix, rows = numpy.zeros((_BATCH, n_tasks)), numpy.arange(_BATCH)
        mix[rows, pairs[0]] += share
        mix[rows, pairs[1]] += 1.0 - share
        value, gradient = _gradient(weights, functions, mix, rounding)
        return float(value), gradient

    return estimate
