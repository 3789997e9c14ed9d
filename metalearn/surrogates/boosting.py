"""Quantile boosting with exploration by distance: HyperBoost (van Hoof & Vanschoren 2019/2021).

Gradient boosting predicts the 10 % quantile of the loss. The acquisition is half a term that is
larger for lower quantiles, and half the distance to the nearest evaluated point in units of the
cube's diagonal (METHODS 10.12). The authors divide the distance by the squared number of columns,
which gives it less weight. Trees are scikit-learn's (`surrogates.quantile_trees`) in place of
LightGBM's, with the authors' 100 trees of 8 leaves.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from metalearn.core.arrays import Floats
from metalearn.core.history import History
from metalearn.core.seams import Prediction
from metalearn.core.space import Space
from metalearn.core.warm_start import WarmStart
from metalearn.surrogates.losses import cleaned, standardized
from metalearn.surrogates.points import Points
from metalearn.surrogates.quantile_trees import QuantileTrees, boosted

if TYPE_CHECKING:
    from scipy.spatial import cKDTree

__all__ = ["Boosting", "BoostingPredictor"]

_QUANTILE = 0.1
_TREES, _LEAVES = 100, 8
_LEAST = 1e-12


class Boosting:
    """See the module.

    Args:
        space: The space of the points.
        warm: Not used; this surrogate learns from the target alone.

    Overview:
        idea: the 10 % quantile by gradient boosting, and the distance to the evaluated points
            (van Hoof & Vanschoren 2021)
        use: if trees fit well but the variance of a forest is unreliable
        cost: n log n
        code: scikit-learn's boosting in place of LightGBM's
    """

    def __init__(self, space: Space, warm: WarmStart | None = None) -> None:
        del warm
        self.points = Points.of(space)

    def fit(self, history: History, rng: np.random.Generator) -> BoostingPredictor:
        """Return models of the low quantile and the median."""
        X, y = cleaned(history)
        scaled, points = standardized(y), self.points.expand(X)
        models = tuple(
            boosted(points, scaled.y, quantile, n_trees=_TREES, n_leaves=_LEAVES,
                    seed=int(rng.integers(2**31)))
            for quantile in ((_QUANTILE, 0.5) if len(y) >= 2 else ())
        )  # fmt: skip
        return BoostingPredictor(self.points, points, models, scaled.centre, scaled.width)


@dataclass(frozen=True)
class BoostingPredictor:
    """Fitted quantiles; see `Boosting`.

    Attributes:
        points: Expansion of points of the space.
        seen: `(n, n_columns)` evaluated points, expanded.
        models: The low quantile and the median; none before two evaluations.
        centre: Loss at a standardized value of 0.
        width: Loss difference of a standardized 1.
    """

    points: Points
    seen: Floats
    models: tuple[QuantileTrees, ...]
    centre: float
    width: float

    def predict(self, X: Floats) -> Prediction:
        """Return the median, and a deviation from the two quantiles plus the distance.

        The first part is that of a normal distribution with these quantiles.
        """
        low, middle = self._quantiles(X)
        std = np.maximum(middle - low, 0.0) / 1.2816 + self._distance(X)
        return Prediction(self.centre + self.width * middle, self.width * std)

    def log_value(self, X: Floats, best: float) -> Floats:
        """Return the logarithm of half `exp(best - quantile)` plus half the distance."""
        low = self.models[0].predict(self.points.expand(X)) if self.models else -1.0
        reach = (best - self.centre) / self.width
        value = 0.5 * np.exp(reach - low) + 0.5 * self._distance(X)
        return np.asarray(np.log(np.maximum(value, _LEAST)))

    def _quantiles(self, X: Floats) -> tuple[Floats, Floats]:
        if not self.models:
            return np.full(len(X), -1.0), np.zeros(len(X))
        expanded = self.points.expand(X)
        low, middle = (model.predict(expanded) for model in self.models)
        return low, middle

    def _distance(self, X: Floats) -> Floats:
        """Return the distance to the nearest evaluated point, 1 = the diagonal of the cube."""
        if not len(self.seen) or not self.seen.shape[1]:
            return np.ones(len(X))
        nearest = self._tree.query(self.points.expand(X))[0]
        return np.asarray(nearest / np.sqrt(max(self.points.n_active, 1)), dtype=np.float64)

    @cached_property
    def _tree(self) -> cKDTree:
        from scipy.spatial import cKDTree

        return cKDTree(self.seen)
