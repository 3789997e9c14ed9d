"""Descent of a cross-validated loss in the logarithms of penalties, one per group of columns.

HOAG (Pedregosa 2016) solves the inner problem and the linear system more exactly from step to
step; here the tolerance halves. Steps are those of Adam (Kingma & Ba 2015) on the logarithms.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from metalearn.core.arrays import Floats, Ints
from metalearn.numerics.implicit.losses import LinearLoss
from metalearn.numerics.implicit.penalized import Penalized

__all__ = ["Descent", "Fold", "descended", "loss_and_gradient"]

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
        losses: Cross-validated loss before each step, `(n_steps,)`.
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


def descended(
    folds: Sequence[Fold],
    groups: Ints,
    n_outputs: int,
    *,
    start: float,
    lowest: float,
    step: float,
    max_steps: int,
    patience: int,
) -> Descent:
    """Return the penalties of the lowest cross-validated loss on the path.

    Args:
        folds: The folds.
        groups: Group of each column, `(d,)`: 0, 1, ...
        n_outputs: Outputs of the linear model.
        start: Common penalty to start from.
        lowest: Smallest penalty. Without a bound, columns that agree with the validation rows by
            chance lose their penalty.
        step: Length of a step of Adam, in units of ln(penalty).
        max_steps: Largest number of steps.
        patience: Steps without a lower loss after which it stops.
    """
    n_groups = int(groups.max()) + 1
    logs = np.full(n_groups, np.log(start))
    best, best_at, losses = logs, 0, []
    weights = [np.zeros((fold.A.shape[1], n_outputs)) for fold in folds]
    mean, square = np.zeros(n_groups), np.zeros(n_groups)
    for t in range(max_steps):
        tolerance = max(_FIRST_TOLERANCE * 0.5**t, _LAST_TOLERANCE)
        loss, gradient = loss_and_gradient(folds, groups, logs, weights, tolerance)
        losses.append(loss)
        if loss < losses[best_at] or t == 0:
            best, best_at = logs, t
        if t - best_at >= patience:
            break
        mean = _BETA_1 * mean + (1 - _BETA_1) * gradient
        square = _BETA_2 * square + (1 - _BETA_2) * gradient**2
        corrected = mean / (1 - _BETA_1 ** (t + 1))
        spread = np.sqrt(square / (1 - _BETA_2 ** (t + 1)))
        logs = np.clip(logs - step * corrected / (spread + _EPSILON), np.log(lowest), _HIGH)
    return Descent(np.exp(best), np.array(losses))
