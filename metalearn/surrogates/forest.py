"""A random forest whose variance is honest (SMAC; Hutter, Hoos & Leyton-Brown 2011; METHODS 11.3).

By the law of total variance: how much the trees' means differ, plus the mean variance of the
losses in the leaves (Hutter, Xu, Hoos & Leyton-Brown 2014, section 4.3). Trees are scikit-learn's,
which are as good here as trees of our own and faster.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from metalearn.core.arrays import Floats
from metalearn.core.history import History
from metalearn.core.seams import Prediction
from metalearn.core.space import Space
from metalearn.core.warm_start import WarmStart
from metalearn.surrogates.losses import cleaned, standardized

__all__ = ["Forest", "ForestPredictor"]

_OUTSIDE = -1.0  # inactive axes, outside the unit cube (METHODS 0.2)


class Forest:
    """See the module.

    Args:
        space: The space of the points.
        warm: Not used: this one learns from the task alone.
        n_trees: Number of trees.
        min_leaf: Least number of losses in a leaf.
    """

    def __init__(
        self,
        space: Space,
        warm: WarmStart | None = None,
        *,
        n_trees: int = 30,
        min_leaf: int = 2,
    ) -> None:
        del space, warm
        self.n_trees, self.min_leaf = n_trees, min_leaf

    def fit(self, history: History, rng: np.random.Generator) -> ForestPredictor:
        """Return the forest; without evaluations one that expects 0 give or take 1 everywhere."""
        from sklearn.ensemble import ExtraTreesRegressor

        X, y = cleaned(history)
        scaled = standardized(y)
        if len(y) < 2:
            return ForestPredictor((), scaled.centre, scaled.width)
        model = ExtraTreesRegressor(
            self.n_trees,
            bootstrap=True,
            min_samples_leaf=self.min_leaf if len(y) >= 4 * self.min_leaf else 1,
            max_features=5 / 6,
            random_state=int(rng.integers(2**31)),
        ).fit(_outside(X), scaled.y)
        return ForestPredictor(tuple(model.estimators_), scaled.centre, scaled.width)


@dataclass(frozen=True)
class ForestPredictor:
    """A fitted forest; see `Forest`.

    Attributes:
        trees: scikit-learn's trees on standardized losses.
        centre: What a standardized 0 is.
        width: What a standardized 1 is.
    """

    trees: tuple[Any, ...]  # scikit-learn is untyped
    centre: float
    width: float

    def predict(self, X: Floats) -> Prediction:
        """Return the mean over trees, and the deviation between and within leaves."""
        if not self.trees:
            return Prediction(np.full(len(X), self.centre), np.full(len(X), self.width))
        points = _outside(X).astype(np.float32)
        means, within = np.empty((2, len(self.trees), len(X)))
        for i, tree in enumerate(self.trees):
            leaves = tree.tree_.apply(points)
            means[i] = tree.tree_.value[leaves, 0, 0]
            within[i] = tree.tree_.impurity[leaves]
        variance = means.var(axis=0) + within.mean(axis=0)
        std = np.sqrt(np.maximum(variance, 1e-12))
        return Prediction(self.centre + self.width * means.mean(axis=0), self.width * std)

    def draw(self, rng: np.random.Generator) -> Callable[[Floats], Floats]:
        """Return the function of one tree."""
        if not self.trees:
            return lambda X: np.full(len(X), self.centre)
        tree = self.trees[int(rng.integers(len(self.trees)))]
        return lambda X: np.asarray(self.centre + self.width * tree.predict(_outside(X)))


def _outside(X: Floats) -> Floats:
    return np.where(np.isnan(X), _OUTSIDE, X)
