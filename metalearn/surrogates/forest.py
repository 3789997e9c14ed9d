"""Random forest with mean and variance (SMAC; Hutter, Hoos & Leyton-Brown 2011; METHODS 11.3).

By the law of total variance, the variance is that of the trees' means plus the mean variance of
the losses in the leaves (Hutter, Xu, Hoos & Leyton-Brown 2014, section 4.3). Trees are
scikit-learn's. They learn logarithms of the losses' distances to a floor below the best loss, and
expected improvement is computed on that scale, so that small improvements near the best count
(METHODS 11.3; SMAC uses the improvement of the log-normal loss).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from metalearn.core.arrays import Floats
from metalearn.core.history import History
from metalearn.core.seams import Prediction
from metalearn.core.space import Space
from metalearn.core.warm_start import WarmStart
from metalearn.numerics.search.log_improvement import log_expected_improvement
from metalearn.surrogates.inactive import inactive_outside
from metalearn.surrogates.losses import cleaned, log_scaled

__all__ = ["Forest", "ForestPredictor"]


class Forest:
    """See the module.

    Args:
        space: The space of the points.
        warm: Not used; this surrogate learns from the target alone.
        n_trees: Number of trees.
        min_leaf: Least number of losses in a leaf.

    Overview:
        idea: extremely randomized trees; variance between trees plus within leaves (Hutter et
            al. 2011, 2014)
        use: many categories and conditions, rough losses
        cost: n log n
        code: scikit-learn's trees, which are as good; the variance is ours
    """

    def __init__(
        self,
        space: Space,
        warm: WarmStart | None = None,
        *,
        n_trees: int = 30,
        min_leaf: int = 1,
    ) -> None:
        del space, warm
        self.n_trees, self.min_leaf = n_trees, min_leaf

    def fit(self, history: History, rng: np.random.Generator) -> ForestPredictor:
        """Return the forest; without evaluations, mean 0 and deviation 1 everywhere."""
        from sklearn.ensemble import ExtraTreesRegressor

        X, y = cleaned(history)
        if len(y) < 2:
            return ForestPredictor((), float(y.mean()) if len(y) else 0.0, 1.0)
        scaled = log_scaled(y)
        model = ExtraTreesRegressor(
            self.n_trees,
            bootstrap=True,
            min_samples_leaf=self.min_leaf if len(y) >= 4 * self.min_leaf else 1,
            max_features=5 / 6,
            random_state=int(rng.integers(2**31)),
        ).fit(inactive_outside(X), scaled.y)
        fitted = ForestPredictor(tuple(model.estimators_), scaled.floor, scaled.width)
        return replace(fitted, best=float(fitted.logarithm(X)[0].min()))


@dataclass(frozen=True)
class ForestPredictor:
    """A fitted forest; see `Forest`.

    Attributes:
        trees: scikit-learn's trees on logarithms; without any, the mean is the floor and the
            deviation the width.
        floor: Loss of which the logarithm is minus infinity.
        width: Distance above the floor at which the logarithm is 0.
        best: Lowest predicted logarithm at an evaluated point.
    """

    trees: tuple[Any, ...]  # scikit-learn is untyped
    floor: float
    width: float
    best: float = 0.0

    def predict(self, X: Floats) -> Prediction:
        """Return mean and deviation of the log-normal loss."""
        if not self.trees:
            return Prediction(np.full(len(X), self.floor), np.full(len(X), self.width))
        mean, variance = self.logarithm(X)
        loss = np.exp(mean + 0.5 * variance)
        deviation = loss * np.sqrt(np.expm1(variance))
        return Prediction(self.floor + self.width * loss, self.width * deviation)

    def log_value(self, X: Floats, best: float) -> Floats:
        """Return the log of the expected improvement, itself measured in logarithms of losses."""
        del best  # a loss: the mean of log-normal losses lies above the measured ones
        if not self.trees:
            return np.zeros(len(X))
        mean, variance = self.logarithm(X)
        return log_expected_improvement(mean, np.sqrt(variance), self.best)

    def draw(self, rng: np.random.Generator) -> Callable[[Floats], Floats]:
        """Return the function of one random tree."""
        if not self.trees:
            return lambda X: np.full(len(X), self.floor)
        tree = self.trees[int(rng.integers(len(self.trees)))]
        return lambda X: np.asarray(
            self.floor + self.width * np.exp(tree.predict(inactive_outside(X)))
        )

    def logarithm(self, X: Floats) -> tuple[Floats, Floats]:
        """Return mean and variance over trees and within leaves, `(n,)` each."""
        points = inactive_outside(X).astype(np.float32)
        means, within = np.empty((2, len(self.trees), len(X)))
        for i, tree in enumerate(self.trees):
            leaves = tree.tree_.apply(points)
            means[i] = tree.tree_.value[leaves, 0, 0]
            within[i] = tree.tree_.impurity[leaves]
        variance = means.var(axis=0) + within.mean(axis=0)
        return means.mean(axis=0), np.maximum(variance, 1e-12)
