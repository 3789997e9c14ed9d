"""The level of a task: its mean loss over configurations, predicted from meta-features.

Kernel ridge regression with a squared-exponential kernel on quantile-scaled meta-features. The
penalty is the one with the least squared error on left-out tasks. Predictions for a left-out task
have a closed form (Rasmussen & Williams 2006, section 5.4.2), also for a group of near-duplicate
tasks that is left out as a whole.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from metalearn.core.arrays import Floats, Ints
from metalearn.numerics.tasks.scaling import QuantileScaling, fit_quantiles

__all__ = ["LevelModel", "fit_level"]

_PENALTIES = np.geomspace(1e-3, 10.0, 9)
_LEAST_TASKS, _MOST_TASKS = 6, 1000


@dataclass(frozen=True, slots=True)
class LevelModel:
    """A fitted model of levels.

    Attributes:
        scaling: How meta-features are encoded.
        encoded: `(n_fitted, n_encoded)` known tasks that the model is fitted on: 1,000 at most.
        width: Median squared distance between known tasks; 0 if nothing could be learned.
        mean: Mean level of the known tasks.
        coefficients: `(n_fitted,)` of the kernel's columns.
        left_out: `(n_tasks,)` level of each known task, predicted without its group (a task that
            the model is not fitted on: without itself).
    """

    scaling: QuantileScaling
    encoded: Floats
    width: float
    mean: float
    coefficients: Floats
    left_out: Floats

    def predict(self, meta_features: Floats) -> float | None:
        """Return the level of a target; None where nothing was learned or no feature is known.

        Args:
            meta_features: `(n_meta_features,)`; NaN = unknown.
        """
        used = list(self.scaling.columns)
        known = len(meta_features) > 0 and bool(np.isfinite(meta_features[used]).any())
        if not self.width or not known:
            return None
        place = self.scaling.apply(meta_features[None])
        kernel = np.exp(-_squares(place, self.encoded)[0] / self.width)
        return round(self.mean + float(kernel @ self.coefficients), 9)


def fit_level(meta_features: Floats, levels: Floats, groups: Ints) -> LevelModel:
    """Return the model learned from known tasks.

    Args:
        meta_features: `(n_tasks, n_meta_features)`; NaN = unknown.
        levels: `(n_tasks,)`, finite.
        groups: `(n_tasks,)`: near-duplicates share a number and are left out together.
    """
    scaling = fit_quantiles(meta_features)
    encoded = scaling.apply(meta_features)
    if len(levels) > _MOST_TASKS:
        return _on_some(scaling, encoded, levels, groups)
    return _fitted(scaling, encoded, levels, groups)


def _on_some(
    scaling: QuantileScaling, encoded: Floats, levels: Floats, groups: Ints
) -> LevelModel:
    """Return the model fitted on evenly spaced tasks; the others are predicted by it."""
    some = np.linspace(0, len(levels) - 1, _MOST_TASKS).astype(np.int64)
    model = _fitted(scaling, encoded[some], levels[some], groups[some])
    if not model.width:
        return replace(model, left_out=levels)
    kernel = np.exp(-_squares(encoded, model.encoded) / model.width)
    left_out = np.round(model.mean + kernel @ model.coefficients, 9)
    left_out[some] = model.left_out
    return replace(model, left_out=left_out)


def _fitted(scaling: QuantileScaling, encoded: Floats, levels: Floats, groups: Ints) -> LevelModel:
    mean = float(levels.mean())
    apart = _squares(encoded, encoded)
    positive = apart[apart > 1e-12]
    if len(levels) < _LEAST_TASKS or not positive.size:
        return LevelModel(scaling, encoded, 0.0, mean, np.zeros(len(levels)), levels)
    width = float(np.median(positive))
    spectrum, vectors = np.linalg.eigh(np.exp(-apart / width))
    centred = levels - mean
    _, member, size = np.unique(groups, return_inverse=True, return_counts=True)
    several = [np.flatnonzero(member == group) for group in np.flatnonzero(size > 1)]
    found = []
    for penalty in _PENALTIES:
        scale = 1.0 / (np.maximum(spectrum, 0.0) + penalty)  # the inverse is V diag(scale) V'
        coefficients = vectors @ (scale * (centred @ vectors))
        errors = coefficients / (vectors**2 @ scale)
        for rows in several:
            block = (vectors[rows] * scale) @ vectors[rows].T
            errors[rows] = np.linalg.solve(block, coefficients[rows])
        found.append((float((errors**2).mean()), coefficients, errors))
    _, coefficients, errors = min(found, key=lambda fit: round(fit[0], 12))
    left_out = np.round(levels - errors, 9)
    return LevelModel(scaling, encoded, width, mean, coefficients, left_out)


def _squares(a: Floats, b: Floats) -> Floats:
    """Return `(n_a, n_b)` mean squared differences of rows."""
    if not a.shape[1]:
        return np.zeros((len(a), len(b)))
    squares = (a**2).sum(axis=1)[:, None] + (b**2).sum(axis=1) - 2.0 * (a @ b.T)
    return np.asarray(np.maximum(squares, 0.0) / a.shape[1])
