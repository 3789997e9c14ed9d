"""Nearest tasks: greedy portfolio over the closest known tasks.

kND of auto-sklearn (Feurer et al. 2015) takes the best configuration of each neighbour in order of
distance. A single neighbour's best is noisy (METHODS 7.2), so here the neighbours form a greedy
portfolio. Before evaluations the distance is that of meta-features. After two or more, it is the
discordance with the evaluations (METHODS 0.5); ties, frequent after few evaluations, are ordered
by meta-features.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from metalearn.core.arrays import Floats
from metalearn.core.meta_dataset import MetaDataset
from metalearn.core.task import TargetTask
from metalearn.numerics.tasks.concordance import concordance
from metalearn.numerics.tasks.distance import MetaScaling, fit_scaling, meta_distances
from metalearn.recommenders.greedy import greedy_scores
from metalearn.recommenders.prepared_meta import PreparedMeta, measured, prepared_meta

__all__ = ["NearestTasks"]


class NearestTasks:
    """Greedy portfolio of the nearest known tasks.

    Args:
        n_neighbours: Number of nearest tasks that the portfolio covers.

    Overview:
        idea: portfolio of the nearest tasks, by meta-features, then by the order of the
            evaluations
        adapts: yes
    """

    def __init__(self, n_neighbours: int = 10) -> None:
        self.n_neighbours = n_neighbours

    def fit(self, meta: MetaDataset, rng: np.random.Generator) -> NearestTasksRanker:  # noqa: ARG002
        """Return the ranker; deterministic."""
        scaling = fit_scaling(meta.meta_features)
        return NearestTasksRanker(
            prepared_meta(meta, "nearest-tasks"),
            scaling,
            scaling.apply(meta.meta_features),
            self.n_neighbours,
        )


@dataclass(frozen=True, slots=True)
class NearestTasksRanker:
    """The fitted recommender; see `NearestTasks`."""

    known: PreparedMeta
    scaling: MetaScaling
    scaled: Floats
    n_neighbours: int

    def task_weights(self, target: TargetTask) -> Floats:
        """Return equal weights on the nearest tasks; ties at the edge share their weight."""
        seen = measured(target)
        votes = self.known.weights
        distance = np.zeros(len(votes))
        if len(target.meta_features):
            distance = meta_distances(self.scaled, self.scaling.apply(target.meta_features))
        if len(seen.indices) > 1:
            agreement = concordance(self.known.losses[:, seen.indices], seen.losses)
            distance = (1.0 - agreement) + 1e-3 * distance / max(distance.max(), 1e-12)
        distance = np.where(votes > 0, np.round(distance, 9), np.inf)
        edge = np.sort(distance)[min(self.n_neighbours, len(votes)) - 1]
        near = np.where(distance <= edge, votes, 0.0)
        return np.asarray((near if near.sum() > 0 else votes) / (near.sum() or 1.0))

    def score(self, target: TargetTask) -> Floats:
        """Return positions in the neighbours' greedy portfolio that continues the evaluations."""
        return greedy_scores(self.known, self.task_weights(target), target)
