"""Distance between tasks in scaled meta-features (METHODS 6.4)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from metalearn.core.arrays import Bools, Floats

__all__ = ["MetaScaling", "fit_scaling", "meta_distances"]


@dataclass(frozen=True, slots=True)
class MetaScaling:
    """Robust scaling of meta-features, fitted on the source tasks.

    Attributes:
        logs: `(n_meta_features,)`: True for features with a signed log1p (skewness above 2).
        centre: `(n_meta_features,)` medians.
        width: `(n_meta_features,)` interquartile ranges; NaN = feature not used (constant, or
            missing on more than half of the tasks).
    """

    logs: Bools
    centre: Floats
    width: Floats

    def apply(self, features: Floats) -> Floats:
        """Return `(..., n_meta_features)` scaled and clipped to [-3, 3]; NaN stays NaN."""
        logged = np.sign(features) * np.log1p(np.abs(features))
        values = np.where(self.logs, logged, features)
        return np.asarray(np.clip((values - self.centre) / self.width, -3.0, 3.0))


def fit_scaling(features: Floats) -> MetaScaling:
    """Return the scaling of `(n_tasks, n_meta_features)`; NaN allowed."""
    n_tasks, n_features = features.shape
    known = np.isfinite(features)
    logs = np.zeros(n_features, dtype=np.bool_)
    centre, width = np.zeros(n_features), np.full(n_features, np.nan)
    for j in range(n_features):
        values = features[known[:, j], j]
        if len(values) <= n_tasks / 2 or np.ptp(values) == 0.0:
            continue
        with np.errstate(over="ignore"):
            logs[j] = _skewness(values) > 2.0
        if logs[j]:
            values = np.sign(values) * np.log1p(np.abs(values))
        low, middle, high = np.percentile(values, [25, 50, 75])
        centre[j] = middle
        width[j] = high - low if high > low else np.ptp(values)
    return MetaScaling(logs, centre, width)


def meta_distances(scaled: Floats, target: Floats) -> Floats:
    """Return mean absolute differences over the features known for both tasks.

    Args:
        scaled: `(n_tasks, n_meta_features)` from `MetaScaling.apply`.
        target: `(n_meta_features,)` scaled features of the target.

    Returns:
        `(n_tasks,)`; tasks without common features get the mean of the others, or 0.
    """
    difference = np.abs(scaled - target)
    known = np.isfinite(difference)
    shared = known.sum(axis=1)
    distance = np.where(known, difference, 0.0).sum(axis=1) / np.maximum(shared, 1)
    usual = distance[shared > 0].mean() if (shared > 0).any() else 0.0
    return np.where(shared > 0, distance, usual)


def _skewness(values: Floats) -> float:
    scale = np.abs(values).max()
    centred = values / scale - (values / scale).mean()
    spread = np.sqrt((centred**2).mean())
    return float((centred**3).mean() / spread**3) if spread > 0.0 else 0.0
