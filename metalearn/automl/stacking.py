"""Stacking: a second-level model on the members' predictions, if it beats their weighted mean.

Classification uses multinomial logistic regression on logarithms of the members' probabilities,
regression uses least squares with non-negative coefficients (Breiman 1996; LeDell & Poirier 2020).
The second level is fitted on all folds but one, in turn, and compared with the weighted mean on
the fold left out. By default it must be better by more than the standard error over folds.
"""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from metalearn.automl.objective import MetricLoss, Truth
from metalearn.core.arrays import Floats, Ints
from metalearn.numerics.temperature import normalized

__all__ = ["MIN_ROWS", "chosen_stacker", "fitted_stacker", "held_out_losses", "stacked"]

MIN_ROWS = 1_000
_MOST_VALUES = 300_000
_LOWEST_LOG = -10.0


def chosen_stacker(
    members: Floats,
    weights: Floats,
    objective: MetricLoss,
    truth: Truth,
    fold_of: Ints,
    *,
    always: bool = False,
) -> Any:
    """Return the fitted second level, a scikit-learn model, or None if it is not clearly better.

    Args:
        members: Out-of-fold predictions of the members, `(m, n, ...)`.
        weights: Their weights in the mean, `(m,)`.
        objective: What is minimised.
        truth: True values, `(n,)`.
        fold_of: The fold of each row, `(n,)`.
        always: Whether to return it in any case.
    """
    folds = np.unique(fold_of)
    is_too_small = len(fold_of) < MIN_ROWS or len(folds) < 2
    if len(members) < 2 or (not always and is_too_small) or members.size > _MOST_VALUES:
        return None
    if always:
        return fitted_stacker(members, truth)
    losses = held_out_losses(members, objective, truth, fold_of)
    if losses is None:
        return None
    mean = np.tensordot(weights, members, axes=1)
    plain = [objective.loss(truth.take(fold_of == f), mean[fold_of == f]) for f in folds]
    gaps = np.array(plain) - losses
    if not gaps.mean() > gaps.std(ddof=1) / np.sqrt(len(gaps)):
        return None
    return fitted_stacker(members, truth)


def fitted_stacker(members: Floats, truth: Truth) -> Any:
    """Return a second level fitted on members' predictions `(m, n, ...)`."""
    return _fitted(_features(members), truth)


def held_out_losses(
    members: Floats, objective: MetricLoss, truth: Truth, fold_of: Ints
) -> Floats | None:
    """Return the loss on each fold of a second level fitted on the others, `(n_folds,)`.

    None if the rows outside a fold lack a class.
    """
    features, losses = _features(members), []
    for fold in np.unique(fold_of):
        held, rest = fold_of == fold, fold_of != fold
        if truth.classes is not None and len(np.unique(truth.y[rest])) < len(truth.classes):
            return None
        model = _fitted(features[rest], truth.take(rest))
        predicted = _predicted(model, features[held], truth)
        losses.append(objective.loss(truth.take(held), predicted))
    return np.array(losses)


def stacked(stacker: Any, members: Floats) -> Floats:
    """Return the predictions of the second level from those of the members, `(m, n, ...)`."""
    features = _features(members)
    if members.ndim == 2:
        return np.asarray(stacker.predict(features), dtype=np.float64)
    found = np.zeros(members.shape[1:])
    found[:, stacker.classes_] = stacker.predict_proba(features)
    return normalized(found)


def _features(members: Floats) -> Floats:
    """Return `(n, m)` numbers, or `(n, m * n_classes)` logarithms of probabilities."""
    if members.ndim == 2:
        return np.ascontiguousarray(members.T)
    logs = np.log(np.clip(members, np.exp(_LOWEST_LOG), None))
    return np.ascontiguousarray(np.moveaxis(logs, 0, 1).reshape(members.shape[1], -1))


def _fitted(features: Floats, truth: Truth) -> Any:
    from sklearn.linear_model import LinearRegression, LogisticRegression

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        if truth.classes is None:
            model = LinearRegression(positive=True)
        else:
            model = LogisticRegression(C=0.03, max_iter=100)
        return model.fit(features, truth.y, sample_weight=truth.weight)


def _predicted(model: Any, features: Floats, truth: Truth) -> Floats:
    if truth.classes is None:
        return np.asarray(model.predict(features), dtype=np.float64)
    found = np.zeros((len(features), len(truth.classes)))
    found[:, model.classes_] = model.predict_proba(features)
    return normalized(found)
