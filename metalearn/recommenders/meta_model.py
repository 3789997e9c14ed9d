"""Performance prediction: a forest from meta-features to the regrets of all configurations.

METHODS 7.1a. The prediction of a multi-output forest is a weighted mean over known tasks. The list
sorts by predicted regret; it is no portfolio, so its first entries resemble each other (7.2).
`forest-portfolio` builds a portfolio from the same task weights.
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
        n_components: Number of principal components of the regrets that determine the splits; the
            forest predicts all regrets.

    Overview:
        idea: a forest predicts every loss from meta-features; best mean first
        adapts: no
        needs: meta-features
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
        """Return the task weights `(n_tasks,)` of the forest's prediction; sum 1."""
        weights = self.proximity.weights(target.meta_features) * (self.known.weights > 0)
        return np.asarray(weights / weights.sum()) if weights.sum() > 0 else self.known.weights

    def score(self, target: TargetTask) -> Floats:
        """Return predicted normalized regrets; ties by mean rank over all known tasks."""
        regret = 1.0 - self.known.utility @ self.task_weights(target)
        return np.asarray(np.round(regret, 9) + 1e-10 * self.known.fallback)
