"""Greedy portfolio over tasks weighted by forest proximity of meta-features (METHODS 7.3)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from metalearn.core.arrays import Floats
from metalearn.core.meta_dataset import MetaDataset
from metalearn.core.task import TargetTask
from metalearn.numerics.tasks.forest_proximity import (
    ForestProximity,
    fit_proximity,
    principal_components,
)
from metalearn.recommenders.greedy import greedy_scores
from metalearn.recommenders.prepared_meta import PreparedMeta, prepared_meta
from metalearn.recommenders.task_order import by_key

__all__ = ["ForestPortfolio", "ForestPortfolioRanker", "forest_proximity"]


class ForestPortfolio:
    """Greedy portfolio over tasks weighted by forest proximity, mixed with equal weights.

    Args:
        uniform: Share of equal weights in the task weights.
        n_components: Principal components of the utilities that the forest learns to predict.

    Overview:
        idea: portfolio of tasks weighted by forest proximity
        adapts: no
        needs: meta-features
    """

    def __init__(self, uniform: float = 1 / 3, n_components: int = 8) -> None:
        self.uniform, self.n_components = uniform, n_components

    def fit(self, meta: MetaDataset, rng: np.random.Generator) -> ForestPortfolioRanker:
        """Return the ranker; `rng` grows the forest."""
        known = prepared_meta(meta, "forest-portfolio")
        proximity = forest_proximity(meta, known, rng, self.n_components)
        return ForestPortfolioRanker(known, proximity, self.uniform)


@dataclass(frozen=True, slots=True)
class ForestPortfolioRanker:
    """The fitted recommender; see `ForestPortfolio`."""

    known: PreparedMeta
    proximity: ForestProximity
    uniform: float

    def task_weights(self, target: TargetTask) -> Floats:
        """Return the task weights `(n_tasks,)` from meta-features alone; sum 1."""
        close = self.proximity.weights(target.meta_features) * (self.known.weights > 0)
        mixed = (1 - self.uniform) * close + self.uniform * self.known.weights
        return np.asarray(mixed / mixed.sum())

    def score(self, target: TargetTask) -> Floats:
        """Return positions in the weighted greedy portfolio that continues the evaluations."""
        return greedy_scores(self.known, self.task_weights(target), target)


def forest_proximity(
    meta: MetaDataset, known: PreparedMeta, rng: np.random.Generator, n_components: int = 8
) -> ForestProximity:
    """Return the task proximity learned from `meta`; invariant to the order of tasks."""
    order = by_key(meta)
    utility = known.utility.T[order]
    fitted = fit_proximity(
        meta.meta_features[order],
        principal_components(utility, n_components),
        known.weights[order],
        rng,
    )
    return fitted.reordered(np.argsort(order))
