"""Weighted distance of tasks in meta-features, and its parts (METHODS 6.4).

Meta-features are scaled robustly (`distance.fit_scaling`). Features that nearly equal an earlier
one are left out. The distance is `sum_f w_f |m_f(a) - m_f(b)| / sum_f w_f`. The weight w_f is the
non-negative part of a rank correlation over pairs of source tasks: that of the difference in the
meta-feature with the disagreement of the two tasks about the order of configurations.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from metalearn.core.arrays import Floats, Ints
from metalearn.numerics.statistics.ranks import rank_rows
from metalearn.numerics.tasks.distance import MetaScaling, fit_scaling
from metalearn.numerics.tasks.pair_order import disagreement

__all__ = ["TaskSimilarity", "fit_similarity"]

DUPLICATE = 0.99
MIN_PAIRS = 30


@dataclass(frozen=True, slots=True)
class TaskSimilarity:
    """A distance between tasks, fitted on the source tasks.

    Attributes:
        scaling: Scaling of meta-features.
        used: `(n_used,)` indices of the meta-features in the distance.
        weights: `(n_used,)`, non-negative, sum 1.
        known: `(n_tasks, n_used)` scaled meta-features of the source tasks; NaN = unknown.
        is_learned: Whether the weights were learned from losses; else they are equal.
    """

    scaling: MetaScaling
    used: Ints
    weights: Floats
    known: Floats
    is_learned: bool

    def place(self, features: Floats) -> Floats:
        """Return `(..., n_used)` scaled meta-features; NaN stays NaN."""
        with np.errstate(invalid="ignore"):
            return np.asarray(self.scaling.apply(features)[..., self.used])

    def parts(self, features: Floats) -> Floats:
        """Return the contribution of each meta-feature to the distance to each source task.

        Args:
            features: `(n_meta_features,)` of the new task; NaN features are left out. A source
                task with an unknown feature gets the median.

        Returns:
            `(n_tasks, n_used)`, rows sum to the distances; 0 if all features are NaN.
        """
        return self._parts(self.place(features))

    def distances(self, features: Floats) -> Floats:
        """Return the distance to each source task, `(n_tasks,)`."""
        return np.asarray(self.parts(features).sum(axis=1))

    def between(self) -> Floats:
        """Return the distances between the source tasks, `(n_tasks, n_tasks)`, symmetric."""
        matrix = np.array([self._parts(row).sum(axis=1) for row in self.known])
        return np.asarray((matrix + matrix.T) / 2.0)

    def _parts(self, placed: Floats) -> Floats:
        usable = np.isfinite(placed)
        weights = np.where(usable, self.weights, 0.0)
        total = weights.sum()
        if not total > 0:
            return np.zeros_like(self.known)
        difference = np.abs(np.nan_to_num(self.known) - np.where(usable, placed, 0.0))
        return np.asarray(difference * (weights / total))


def fit_similarity(features: Floats, losses: Floats | None = None) -> TaskSimilarity:
    """Return the similarity fitted on source tasks.

    Args:
        features: `(n_tasks, n_meta_features)`; NaN = unknown.
        losses: `(n_tasks, n_configurations)` of one metric, NaN = not observed. If None, or with
            fewer than 30 comparable pairs of tasks, the weights are equal.
    """
    scaling = fit_scaling(features)
    candidates = np.flatnonzero(np.isfinite(scaling.width))
    with np.errstate(invalid="ignore"):
        scaled = scaling.apply(features)
    used = candidates[_distinct(np.nan_to_num(scaled[:, candidates]))]
    known = scaled[:, used]
    weights = None if losses is None else _learned_weights(np.nan_to_num(known), losses)
    equal = np.full(len(used), 1.0 / max(len(used), 1))
    return TaskSimilarity(
        scaling, used, equal if weights is None else weights, known, weights is not None
    )


def _distinct(scaled: Floats) -> Ints:
    """Return the columns without |r| > 0.99 to an earlier one."""
    n_columns = scaled.shape[1]
    if not n_columns:
        return np.empty(0, dtype=np.int64)
    closeness = np.abs(_correlations(scaled.T))
    kept: list[int] = []
    for j in range(n_columns):
        if not (closeness[j, kept] > DUPLICATE).any():
            kept.append(j)
    return np.array(kept, dtype=np.int64)


def _correlations(rows: Floats) -> Floats:
    """Return Pearson's correlation of rows; NaN for constant ones."""
    centred = rows - rows.mean(axis=1, keepdims=True)
    norms = np.sqrt((centred**2).sum(axis=1))
    unit = centred / np.where(norms > 0, norms, np.nan)[:, None]
    return np.asarray(unit @ unit.T)


def _learned_weights(known: Floats, losses: Floats) -> Floats | None:
    apart = disagreement(losses)
    first, second = np.triu_indices(len(known), k=1)
    target = apart[first, second]
    measured = np.isfinite(target)
    if measured.sum() < MIN_PAIRS or not known.shape[1]:
        return None
    first, second, target = first[measured], second[measured], target[measured]
    differences = np.abs(known[first] - known[second]).T
    ranks = rank_rows(np.vstack([target[None, :], differences]))
    correlation = np.nan_to_num(_correlations(ranks)[0, 1:])
    weights = np.maximum(correlation, 0.0)
    total = weights.sum()
    return weights / total if total > 0 else None
