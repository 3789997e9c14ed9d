"""Corrections of an ensemble's probabilities.

Temperature serves metrics of probabilities, class weights serve metrics of decisions. With class
weights, the class of the largest weighted probability is predicted; they are kept only where they
help on held-out folds.
"""

from __future__ import annotations

import numpy as np

from metalearn.automl.objective import MetricLoss, Truth
from metalearn.core.arrays import Floats, Ints
from metalearn.numerics.temperature import fitted_temperature

__all__ = ["chosen_class_weights", "chosen_temperature"]

_FACTORS = np.exp(np.linspace(-1.5, 1.5, 31))
_MOST_CLASSES = 30
_PRIOR_ROWS = 50.0
"""With this many rows the logarithm of a temperature is halved."""


def chosen_temperature(probabilities: Floats, truth: Truth, *, fully: bool = False) -> float:
    """Return the temperature of out-of-fold probabilities, shrunk towards 1 where rows are few.

    One parameter over-fits little, and it makes up for two things: a mean of members is less
    confident than each, and members that are fitted again on all rows are better than out of fold.

    Args:
        probabilities: `(n, n_classes)`.
        truth: True classes.
        fully: Whether to return the fitted temperature without shrinking.
    """
    fitted = fitted_temperature(probabilities, truth.y, truth.weight)
    n = len(truth.y)
    return fitted if fully else float(fitted ** (n / (n + _PRIOR_ROWS)))


def chosen_class_weights(
    probabilities: Floats,
    objective: MetricLoss,
    truth: Truth,
    fold_of: Ints,
    *,
    always: bool = False,
) -> Floats | None:
    """Return class weights for decisions, `(n_classes,)`, or None if they do not clearly help.

    Args:
        probabilities: Out-of-fold probabilities, `(n, n_classes)`.
        objective: A metric of decisions.
        truth: True classes.
        fold_of: The fold of each row, `(n,)`.
        always: Whether to return the best weights in any case.
    """
    n_classes = probabilities.shape[1]
    if n_classes > _MOST_CLASSES:
        return None
    fitted = _searched(probabilities, objective, truth)
    if always:
        return fitted
    gaps = []
    for fold in np.unique(fold_of):
        held, rest = fold_of == fold, fold_of != fold
        if not rest.any():
            return None
        weights = _searched(probabilities[rest], objective, truth.take(rest))
        part = truth.take(held)
        plain = objective.loss(part, probabilities[held])
        gaps.append(plain - objective.loss(part, probabilities[held] * weights))
    found = np.array(gaps)
    error = found.std(ddof=1) / np.sqrt(len(found)) if len(found) > 1 else np.inf
    return fitted if found.mean() > error else None


def _searched(probabilities: Floats, objective: MetricLoss, truth: Truth) -> Floats:
    """Return class weights by coordinate search from equal ones and from inverse class shares."""
    n_classes = probabilities.shape[1]
    shares = np.bincount(truth.y, weights=truth.weight, minlength=n_classes) / len(truth.y)
    starts = (np.ones(n_classes), 1.0 / np.maximum(shares, 1e-3))
    found = [_ascended(start, probabilities, objective, truth) for start in starts]
    return min(found, key=lambda entry: entry[0])[1]


def _ascended(
    weights: Floats, probabilities: Floats, objective: MetricLoss, truth: Truth
) -> tuple[float, Floats]:
    best = objective.loss(truth, probabilities * weights)
    order = range(1, 2) if len(weights) == 2 else range(len(weights))
    for _ in range(1 if len(weights) == 2 else 2):
        for c in order:
            candidates = np.repeat(weights[None, :], len(_FACTORS), axis=0)
            candidates[:, c] *= _FACTORS
            losses = objective.losses(truth, probabilities[None] * candidates[:, None, :])
            near = np.flatnonzero(losses <= losses.min() + 1e-12)
            chosen = near[len(near) // 2]  # the middle of a plateau
            if losses[chosen] < best - 1e-12:
                best, weights = float(losses[chosen]), candidates[chosen]
    return best, np.asarray(weights / weights.sum())
