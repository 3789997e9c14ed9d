"""Linear regressions of many columns on the same tasks, pooled hierarchically.

Each column has few known targets, so its coefficients are shrunk towards those of its group, and
these towards those of all columns. Each task has an effect of its own on all columns.
"""

from __future__ import annotations

import numpy as np

from metalearn.core.arrays import Bools, Floats, Ints

__all__ = ["pooled_regression"]

_POOL_COLUMN, _POOL_GROUP, _POOL_ALL = 4.0, 4.0, 1.0  # strength, in observations
_N_SWEEPS = 4


def pooled_regression(
    design: Floats, targets: Floats, mask: Bools, group: Ints
) -> tuple[Floats, Floats, Floats]:
    """Return coefficients `(c, d)`, effects of tasks `(t,)` and residual deviations `(c,)`.

    Args:
        design: Terms of each task, `(t, d)`; the first one is 1.
        targets: `(t, c)`.
        mask: Which of them are known, `(t, c)`.
        group: Number of the group of each column, `(c,)`.
    """
    effects = np.zeros(len(targets))
    coefficients = np.zeros((targets.shape[1], design.shape[1]))
    freedom = np.zeros(targets.shape[1])
    counted, known = mask.astype(np.float64), np.where(mask, targets, 0.0)
    by_task, n_by_task, n_known = known.sum(axis=1), mask.sum(axis=1), mask.sum(axis=0)
    moment, gram = known.T @ design, _gram(design, counted)
    for _ in range(_N_SWEEPS):
        left = moment - counted.T @ (design * effects[:, None])
        coefficients, freedom = _pooled_ridge(gram, left, n_known, group)
        fitted = np.einsum("ti,ti->t", design, counted @ coefficients)  # summed over a task
        effects = (by_task - fitted) / (n_by_task + 2.0)
    residual = np.where(mask, targets - effects[:, None] - design @ coefficients.T, 0.0)
    return coefficients, effects, _residual_sd(residual, mask, freedom)


def _gram(design: Floats, counted: Floats) -> Floats:
    """Return `(c, d, d)`: products of terms, summed over the known tasks of a column.

    Args:
        design: `(t, d)`.
        counted: `(t, c)`: 1 = known, 0 = unknown.
    """
    n_terms = design.shape[1]
    outer = (design[:, :, None] * design[:, None, :]).reshape(len(design), -1)
    return (counted.T @ outer).reshape(-1, n_terms, n_terms)


def _pooled_ridge(
    gram: Floats, moment: Floats, n_known: Ints, group: Ints
) -> tuple[Floats, Floats]:
    """Return coefficients `(c, d)` and degrees of freedom `(c,)`.

    Three ridge regressions (all columns, group, column) each fit the residuals of the one
    before; the degrees of freedom are those of the last one.

    Args:
        gram: `(c, d, d)`, see `_gram`.
        moment: `(c, d)` products of terms and targets.
        n_known: `(c,)` number of known tasks.
        group: `(c,)` number of the group.
    """
    n_terms = moment.shape[1]
    members = np.equal.outer(np.unique(group), group).astype(np.float64)
    eye = np.eye(n_terms)
    free = eye.copy()
    free[0, 0] = 1e-3  # the overall level is not shrunk
    weight = 1.0 / np.maximum(n_known, 1.0) ** 0.5  # limits configurations with many runs
    shared = np.linalg.solve(np.tensordot(weight, gram, 1) + _POOL_ALL * free, weight @ moment)
    result = np.tile(shared, (len(moment), 1))
    moment_g = members @ (moment - np.einsum("cij,cj->ci", gram, result))
    gram_g = np.tensordot(members, gram, 1)
    result += np.linalg.solve(gram_g + _POOL_GROUP * eye, moment_g[:, :, None])[group, :, 0]
    left = moment - np.einsum("cij,cj->ci", gram, result)
    hat = np.linalg.solve(gram + _POOL_COLUMN * eye, np.dstack([gram, left]))
    return result + hat[:, :, -1], np.trace(hat[:, :, :-1], axis1=1, axis2=2)


def _residual_sd(residual: Floats, mask: Bools, freedom: Floats) -> Floats:
    """Return `(c,)` root mean squares, shrunk to the common one by 5 observations."""
    left = np.maximum(mask.sum(axis=0) - freedom, 0.0)
    squares = (residual**2).sum(axis=0)
    spent = min(freedom.sum() + mask.any(axis=1).sum(), 0.8 * mask.sum())  # tasks have effects too
    common = max(float(squares.sum() / (mask.sum() - spent)), 1e-2**2)
    return np.asarray(np.sqrt((squares + 5.0 * common) / (left + 5.0)))
