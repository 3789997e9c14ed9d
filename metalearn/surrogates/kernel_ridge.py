"""Kernel ridge regression with a Matérn-5/2 kernel: the fast model of one task for `densify`.

The noise is fixed. One length scale for all axes is chosen once over several tasks by the closed
form of the leave-one-out error (Rasmussen & Williams 2006, 5.4.2). A fit inverts one matrix of at
most 250 rows. With 1,000 observations or more, as of all tasks pooled, a forest is used instead.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from metalearn.core.arrays import Floats
from metalearn.core.history import History
from metalearn.numerics.gaussian_process.matern import matern52
from metalearn.surrogates.densify import TaskModel, forest_predictions
from metalearn.surrogates.inactive import inactive_outside

__all__ = ["kernel_ridge"]

_SCALES, _NOISE = (0.3, 0.7, 1.5), 0.05
_MAX_ROWS, _FOREST_FROM, _N_TREES = 250, 1000, 15
_N_TASKS = 8


def kernel_ridge(histories: Sequence[History], rng: np.random.Generator) -> TaskModel:
    """Return a model with the length scale of lowest leave-one-out error on these tasks.

    Args:
        histories: Evaluations of some tasks, of which at most 8 are used; NaN = inactive axis or
            failed evaluation.
        rng: Chooses the tasks, and the rows of long histories.
    """
    usable = [h for h in histories if np.isfinite(h.y).sum() >= 10 and np.ptp(h.y) > 0]
    chosen = rng.permutation(len(usable))[:_N_TASKS]
    errors = np.zeros(len(_SCALES))
    for i in chosen:
        x, z = _standardized(*_some(inactive_outside(usable[i].X), usable[i].y, rng))[:2]
        errors += [_held_out_error(x, z, scale) for scale in _SCALES]
    scale = _SCALES[int(np.argmin(errors))]

    def model(
        x: Floats, y: Floats, candidates: Floats, rng: np.random.Generator
    ) -> tuple[Floats, float]:
        if len(y) >= _FOREST_FROM:
            return forest_predictions(x, y, candidates, rng, n_trees=_N_TREES)
        x, z, mean, spread = _standardized(*_some(x, y, rng))
        inverse = np.linalg.inv(matern52(x, x, scale) + _NOISE * np.eye(len(x)))
        weights = inverse @ z
        error = float(np.mean((weights / np.diag(inverse)) ** 2))
        return mean + spread * (matern52(candidates, x, scale) @ weights), max(1.0 - error, 0.0)

    return model


def _some(x: Floats, y: Floats, rng: np.random.Generator) -> tuple[Floats, Floats]:
    """Return at most 250 rows: the 50 best and others at random."""
    x, y = x[np.isfinite(y)], y[np.isfinite(y)]
    if len(y) <= _MAX_ROWS:
        return x, y
    order = np.argsort(y, kind="stable")
    n_best = _MAX_ROWS // 5
    rest = rng.choice(order[n_best:], _MAX_ROWS - n_best, replace=False)
    kept = np.append(order[:n_best], rest)
    return x[kept], y[kept]


def _standardized(x: Floats, y: Floats) -> tuple[Floats, Floats, float, float]:
    mean, spread = float(y.mean()), float(y.std()) or 1.0
    return x, np.clip((y - mean) / spread, -3.0, 3.0), mean, spread


def _held_out_error(x: Floats, z: Floats, scale: float) -> float:
    inverse = np.linalg.inv(matern52(x, x, scale) + _NOISE * np.eye(len(x)))
    return float(np.mean((inverse @ z / np.diag(inverse)) ** 2))
