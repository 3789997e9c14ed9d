"""A distance between tasks, learned to predict how differently they rank configurations.

METHODS 6.5. The model is a ridge regression with non-negative weights (Lawson & Hanson 1974), so
that its result is a distance. Its outputs are 1 - Spearman's correlation of the losses of pairs of
source tasks; its inputs are the absolute differences of their meta-features. If it does not beat
equal weights on pairs with held-out tasks, equal weights are used.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from metalearn.core.arrays import Floats, Ints
from metalearn.numerics.statistics.ranks import rank_rows
from metalearn.numerics.tasks.pair_order import disagreement
from metalearn.numerics.tasks.scaling import QuantileScaling, fit_quantiles

__all__ = ["LearnedDistance", "fit_distance"]

_RIDGE = 1e-3  # per pair
_MAX_TASKS = 200  # 19,900 pairs
_N_FOLDS = 4


@dataclass(frozen=True, slots=True)
class LearnedDistance:
    """A weighted distance on meta-features.

    Attributes:
        encoding: Encoding of meta-features.
        known: Encoded meta-features of the source tasks, `(n_tasks, n_encoded)`.
        weights: Non-negative, `(n_encoded,)`.
        gain: Rank correlation with disagreement on held-out tasks, minus that of equal weights.
        is_learned: Whether the weights were learned; else they are equal.
    """

    encoding: QuantileScaling
    known: Floats
    weights: Floats
    gain: float
    is_learned: bool

    def distances(self, meta_features: Floats) -> Floats:
        """Return `(n_tasks,)` distances to meta-features `(n_meta_features,)`; NaN allowed."""
        if len(meta_features) == 0 or not len(self.weights):
            return np.zeros(len(self.known))
        encoded = self.encoding.apply(meta_features[None])[0]
        return np.asarray(np.abs(self.known - encoded) @ self.weights)


def fit_distance(
    meta_features: Floats, losses: Floats, rng: np.random.Generator
) -> LearnedDistance:
    """Return the distance fitted on source tasks.

    Args:
        meta_features: `(n_tasks, n_meta_features)`; NaN = unknown.
        losses: `(n_tasks, n_configurations)`; NaN = not observed.
        rng: Draws the folds, and the tasks used if there are more than 200.
    """
    encoding = fit_quantiles(meta_features)
    known = encoding.apply(meta_features)
    equal = np.full(known.shape[1], 1.0 / max(known.shape[1], 1))
    chosen = rng.permutation(len(known))[:_MAX_TASKS]
    target = disagreement(losses[chosen])
    points = known[chosen]
    everything = np.arange(len(chosen))
    if known.shape[1] == 0 or len(chosen) < 4 * _N_FOLDS:
        return LearnedDistance(encoding, known, equal, 0.0, False)
    gains = []
    for fold in range(_N_FOLDS):
        test = everything[fold::_N_FOLDS]
        train = np.setdiff1d(everything, test)
        weights = _regress(points, target, train)
        gains.append(_agrees(points, target, test, weights) - _agrees(points, target, test, equal))
    gain = float(np.mean(gains))
    weights = _regress(points, target, everything)
    is_learned = gain > 0.0 and bool(weights.sum() > 0)
    return LearnedDistance(encoding, known, weights if is_learned else equal, gain, is_learned)


def _regress(points: Floats, target: Floats, tasks: Ints) -> Floats:
    from scipy.optimize import nnls

    first, second = np.triu_indices(len(tasks), 1)
    y = target[tasks[first], tasks[second]]
    usable = np.isfinite(y)
    gaps = np.abs(points[tasks[first]] - points[tasks[second]])[usable]
    if not usable.any():
        return np.zeros(points.shape[1])
    design = np.concatenate([gaps, np.ones((len(gaps), 1))], axis=1)
    gram = design.T @ design + _RIDGE * len(gaps) * np.eye(design.shape[1])
    lower = np.linalg.cholesky(gram)  # an equivalent problem with one row per column
    moment = np.linalg.solve(lower, design.T @ y[usable])
    weights = nnls(lower.T, moment)[0][:-1]
    return np.asarray(weights, dtype=np.float64)


def _agrees(points: Floats, target: Floats, test: Ints, weights: Floats) -> float:
    """Return Spearman's correlation of distance and disagreement, test tasks to others."""
    rest = np.setdiff1d(np.arange(len(points)), test)
    found = (np.abs(points[test][:, None] - points[rest][None]) @ weights).ravel()
    truth = target[np.ix_(test, rest)].ravel()
    usable = np.isfinite(truth)
    if usable.sum() < 3 or np.ptp(found[usable]) == 0 or np.ptp(truth[usable]) == 0:
        return 0.0
    ranks = rank_rows(np.stack([found[usable], truth[usable]]))
    return float(np.corrcoef(ranks[0], ranks[1]).ravel()[1])
