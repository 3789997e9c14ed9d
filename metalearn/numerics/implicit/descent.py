"""Descent of a cross-validated loss in the logarithms of penalties, one per group of columns.

HOAG (Pedregosa 2016) solves the inner problem and the linear system more exactly from step to
step; here the tolerance halves. Steps are those of Adam (Kingma & Ba 2015) on the logarithms.
Many penalties fit the validation rows by chance, so a descent can be judged by rows that it does
not see (`held_out_descent`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import count, islice

import numpy as np

from metalearn.core.arrays import Floats, Ints
from metalearn.numerics.implicit.losses import LinearLoss
from metalearn.numerics.implicit.penalized import Penalized

__all__ = [
    "Descent",
    "Fold",
    "descended",
    "descent_steps",
    "held_out_descent",
    "loss_and_gradient",
]

_FIRST_TOLERANCE, _LAST_TOLERANCE = 1e-2, 1e-4
_BETA_1, _BETA_2, _EPSILON = 0.9, 0.999, 1e-12
_HIGH = np.log(1e3)


@dataclass(frozen=True, slots=True)
class Fold:
    """Training and validation rows, each with a last column of ones, and their losses."""

    A: Floats
    training: LinearLoss
    B: Floats
    validation: LinearLoss


@dataclass(frozen=True, slots=True)
class Descent:
    """Result of a descent.

    Attributes:
        penalties: The best penalties, `(n_groups,)`.
        losses: Loss before each step, `(n_steps,)`.
    """

    penalties: Floats
    losses: Floats


def loss_and_gradient(
    folds: Sequence[Fold], groups: Ints, logs: Floats, starts: list[Floats], tolerance: float
) -> tuple[float, Floats]:
    """Return the mean validation loss and its gradient in the logarithms of penalties.

    Args:
        folds: The folds.
        groups: Group of each column, `(d,)`.
        logs: Logarithm of the penalty of each group, `(n_groups,)`.
        starts: Weights of each fold to start from, `(d + 1, n_outputs)`; replaced by the fitted
            ones.
        tolerance: Of the norm of the inner gradient, and relative of the linear system.
    """
    loss, gradient = 0.0, np.zeros(len(logs))
    for i, fold in enumerate(folds):
        problem = Penalized(fold.A, fold.training, np.exp(logs)[groups])
        W = starts[i] = problem.fitted(starts[i], tolerance)
        loss += fold.validation.value(fold.B @ W) / len(folds)
        each = problem.hypergradient(W, fold.B, fold.validation, tolerance)
        gradient += np.bincount(groups, each, len(logs)) / len(folds)
    return loss, gradient


def descent_steps(
    folds: Sequence[Fold],
    groups: Ints,
    n_outputs: int,
    *,
    start: float,
    lowest: float,
    step: float,
) -> Iterator[tuple[Floats, float]]:
    """Yield the penalties `(n_groups,)` and their cross-validated loss, step after step.

    Args:
        folds: The folds.
        groups: Group of each column, `(d,)`: 0, 1, ...
        n_outputs: Outputs of the linear model.
        start: Common penalty to start from; the first that is yielded.
        lowest: Smallest penalty. Without a bound, columns that agree with the validation rows by
            chance lose their penalty.
        step: Length of a step of Adam, in units of ln(penalty).
    """
    n_groups = int(groups.max()) + 1
    logs = np.full(n_groups, np.log(start))
    weights = [np.zeros((fold.A.shape[1], n_outputs)) for fold in folds]
    mean, square = np.zeros(n_groups), np.zeros(n_groups)
    for t in count():
        loss, gradient = loss_and_gradient(folds, groups, logs, weights, _tolerance(t))
        yield np.exp(logs), loss
        mean = _BETA_1 * mean + (1 - _BETA_1) * gradient
        square = _BETA_2 * square + (1 - _BETA_2) * gradient**2
        corrected = mean / (1 - _BETA_1 ** (t + 1))
        spread = np.sqrt(square / (1 - _BETA_2 ** (t + 1)))
        logs = np.clip(logs - step * corrected / (spread + _EPSILON), np.log(lowest), _HIGH)


def descended(steps: Iterable[tuple[Floats, float]], *, max_steps: int, patience: int) -> Descent:
    """Return the penalties of the lowest cross-validated loss on the path.

    Args:
        steps: The path, from `descent_steps`.
        max_steps: Largest number of steps.
        patience: Steps without a lower loss after which it stops.
    """
    path: list[Floats] = []
    losses: list[float] = []
    for penalties, loss in islice(steps, max_steps):
        path.append(penalties)
        losses.append(loss)
        if len(losses) - 1 - int(np.argmin(losses)) >= patience:
            break
    return Descent(path[int(np.argmin(losses))], np.array(losses))


def held_out_descent(
    outer: Sequence[tuple[Fold, Sequence[Fold]]],
    groups: Ints,
    n_outputs: int,
    *,
    start: float,
    lowest: float,
    step: float,
) -> Iterator[tuple[Floats, float]]:
    """Yield penalties and a loss that they were not chosen by, step after step.

    Each outer fold descends on inner folds of its own training rows; the loss is that of its
    validation rows. All outer folds take a step together.

    Args:
        outer: Outer folds, each with the inner folds of its training rows.
        groups: As in `descent_steps`, as are all other arguments.
        n_outputs: Outputs of the linear model.
        start: Common penalty to start from.
        lowest: Smallest penalty.
        step: Length of a step.

    Yields:
        The penalties of all outer folds, `(n_outer, n_groups)`, and the mean loss.
    """
    inner = [
        descent_steps(folds, groups, n_outputs, start=start, lowest=lowest, step=step)
        for _, folds in outer
    ]
    weights = [np.zeros((fold.A.shape[1], n_outputs)) for fold, _ in outer]
    for t in count():
        penalties = np.array([next(steps)[0] for steps in inner])
        loss = 0.0
        for i, (fold, _) in enumerate(outer):
            problem = Penalized(fold.A, fold.training, penalties[i, groups])
            weights[i] = problem.fitted(weights[i], _tolerance(t))
            loss += fold.validation.value(fold.B @ weights[i]) / len(outer)
        yield penalties, loss


def _tolerance(t: int) -> float:
    """Return the tolerance of the inner problem at a step (HOAG)."""
    return float(max(_FIRST_TOLERANCE * 0.5**t, _LAST_TOLERANCE))
