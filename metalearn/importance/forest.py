"""A regression forest over the unit cube, with access to its trees for exact integration.

As in `automl/fanova` (Hutter, Hoos, Leyton-Brown 2014) each tree has a bootstrap sample, and
splits consider a share of the axes. Its leaves may hold one run; ours hold up to five where there
are many runs. Trees are scikit-learn's.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from metalearn.core.arrays import Floats
from metalearn.core.seams import Prediction
from metalearn.numerics.statistics.loss_unit import LossUnit

__all__ = ["ForestSettings", "RunForest", "fit_forest"]

_PLAIN = LossUnit(0.0, 0.5)
_FINE = 2.0**20  # scales losses, because trees stop at an impurity of 2^-52


@dataclass(frozen=True, slots=True)
class ForestSettings:
    """Settings of the forest.

    Attributes:
        n_trees: Number of trees.
        feature_fraction: Share of the axes that a split may choose from, in (0, 1]; all by
            default. With 0.7, as in `automl/fanova`, a split in a space of two axes has one axis
            to choose from, and an axis without effect gets a positive share
            (experiments/importance_analytic).
        min_leaf: Least number of runs per leaf; by default one for each 300 runs, from 1 to 5:
            leaves of one run copy the noise of many runs, and larger leaves blur the function if
            there are few (experiments/importance_analytic).
        max_depth: Largest depth of a tree.
    """

    n_trees: int = 16
    feature_fraction: float = 1.0
    min_leaf: int | None = None
    max_depth: int = 64

    def leaf_size(self, n_runs: int) -> int:
        """Return the least number of runs per leaf of a forest on `n_runs` runs."""
        return min(max(n_runs // 300, 1), 5) if self.min_leaf is None else self.min_leaf


@dataclass(frozen=True, slots=True)
class RunForest:
    """A fitted forest.

    Attributes:
        trees: scikit-learn's node tables (children, feature, threshold, value), one per tree.
        n_axes: Number of axes.
        oob_r2: Out-of-bag R2; NaN if undefined.
        unit: Unit of the values in the node tables; predictions are losses.
    """

    trees: tuple[Any, ...]  # scikit-learn's Tree has no public type
    n_axes: int
    oob_r2: float
    unit: LossUnit = _PLAIN

    def predict(self, X: Floats) -> Prediction:
        """Return mean and spread over trees at `(n, n_axes)` points; NaN axes are at 0.5."""
        total, square = np.zeros(len(X)), np.zeros(len(X))
        for values in self.tree_values(X, in_unit=True):
            total += values
            square += values**2
        mean = total / len(self.trees)
        spread = np.sqrt(np.maximum(square / len(self.trees) - mean**2, 0.0))
        return Prediction(self.unit.losses(mean), self.unit.differences(spread))

    def tree_values(self, X: Floats, *, in_unit: bool = False) -> Iterator[Floats]:
        """Yield the `(n,)` prediction of each tree at `(n, n_axes)` points; NaN is 0.5.

        They are losses, or values in the forest's own unit, which keep all digits for any offset.
        """
        points = _single(np.where(np.isnan(X), 0.5, X))
        for tree in self.trees:
            values = tree.value[tree.apply(points), 0, 0]
            yield values if in_unit else self.unit.losses(values)


def fit_forest(
    X: Floats, y: Floats, rng: np.random.Generator, settings: ForestSettings | None = None
) -> RunForest:
    """Fit a forest.

    Args:
        X: `(n, n_axes)` finite points of the unit cube.
        y: `(n,)` finite losses.
        rng: Source of the bootstrap samples and of the axes tried.
        settings: Settings of the forest.

    Returns:
        The forest.
    """
    import sklearn
    from sklearn.tree import DecisionTreeRegressor

    settings = settings or ForestSettings()
    n = len(y)
    unit = LossUnit.of(y)
    points, target = _single(X), np.ascontiguousarray(_FINE * unit.values(y))
    grown_in = LossUnit(unit.low, unit.half / _FINE)
    # scikit-learn takes no Generator; one state for all trees saves seeding it for each.
    grower = DecisionTreeRegressor(
        max_features=settings.feature_fraction,
        min_samples_leaf=settings.leaf_size(n),
        max_depth=settings.max_depth,
        random_state=np.random.RandomState(
            np.random.MT19937(rng.integers(2**32))
        ),  # scikit-learn takes no Generator
    )
    trees, out_sum, out_count = [], np.zeros(n), np.zeros(n)
    for _ in range(settings.n_trees):
        weight = np.bincount(rng.integers(0, n, n), minlength=n).astype(np.float64)
        with sklearn.config_context(skip_parameter_validation=True):
            tree = grower.fit(points, target, sample_weight=weight, check_input=False).tree_
        trees.append(tree)
        unseen = weight == 0.0
        out_sum[unseen] += tree.value[tree.apply(points[unseen]), 0, 0]
        out_count[unseen] += 1.0
    return RunForest(tuple(trees), X.shape[1], _r2(target, out_sum, out_count), grown_in)


def _r2(y: Floats, out_sum: Floats, out_count: Floats) -> float:
    seen = out_count > 0
    if seen.sum() < 2 or np.ptp(y[seen]) == 0.0:
        return float("nan")
    error = y[seen] - out_sum[seen] / out_count[seen]
    return 1.0 - float((error**2).sum() / ((y[seen] - y[seen].mean()) ** 2).sum())


def _single(X: Floats) -> npt.NDArray[np.float32]:
    return np.ascontiguousarray(X, dtype=np.float32)
