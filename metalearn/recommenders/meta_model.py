"""Performance prediction: a forest from meta-features to the regrets of all configurations.

METHODS 7.1a. The prediction of a forest is a weighted mean over known tasks, so one multi-output
forest is a set of task weights. Lowest predicted regret first: a ranking, not a portfolio; its
first entries resemble each other (7.2). `forest-portfolio` turns the same weights into a list.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from metalearn.core.arrays import Floats
from metalearn.core.meta_dataset import MetaDataset
from metalearn.core.task import TargetTask
from metalearn.numerics.tasks.forest_proximity import ForestProximity
from metalearn.recommenders.forest_portfolio import forest_proximity
from metalearn.recommenders.prepared_meta import PreparedMeta, prepared_meta

__all__ = ["MetaModel", "MetaModelRanker"]


class MetaModel:
    """Lowest predicted normalized regret first.

    Args:
        n_components: Principal components of the regrets on which the forest splits; it predicts
            all regrets.
    """

    def __init__(self, n_components: int = 8) -> None:
        self.n_components = n_components

    def fit(self, meta: MetaDataset, rng: np.random.Generator) -> MetaModelRanker:
        """Return the ranker; `rng` grows the forest."""
        known = prepared_meta(meta, "meta-model")
        return MetaModelRanker(known, forest_proximity(meta, known, rng, self.n_components))


@dataclass(frozen=True, slots=True)
class MetaModelRanker:
    """The fitted recommender; see `MetaModel`."""

    known: PreparedMeta
    proximity: ForestProximity

    def task_weights(self, target: TargetTask) -> Floats:
        """Return the weights of which the forest's prediction is the mean."""
        weights = self.proximity.weights(target.meta_features) * (self.known.weights > 0)
        return np.asarray(weights / weights.sum()) if weights.sum() > 0 else self.known.weights

    def score(self, target: TargetTask) -> Floats:
        """Return predicted normalized regrets; equal ones by mean rank over all known tasks."""
        regret = 1.0 - self.known.utility @ self.task_weights(target)
        return np.asarray(np.round(regret, 9) + 1e-10 * self.known.fallback)
