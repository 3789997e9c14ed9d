"""Greedy portfolio over known tasks that are close by a learned distance (METHODS 6.5, 7.3).

The distance between meta-features is fitted to the disagreement of tasks in their order of
configurations. It is used only if it predicts this disagreement better than equal weights on
left-out tasks. After evaluations, concordance with them multiplies the weights (METHODS 0.5).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from metalearn.core.arrays import Floats, Ints
from metalearn.core.meta_dataset import MetaDataset
from metalearn.core.task import TargetTask
from metalearn.numerics.tasks.concordance import concordance
from metalearn.numerics.tasks.learned_distance import LearnedDistance, fit_distance
from metalearn.recommenders.greedy import greedy_scores
from metalearn.recommenders.prepared_meta import PreparedMeta, measured, prepared_meta
from metalearn.recommenders.task_order import by_key

__all__ = ["LearnedSimilarity", "LearnedSimilarityRanker"]

_FLOOR = 1e-3
_LIST = 16


class LearnedSimilarity:
    """Kernel weights from a learned distance, times concordance with the evaluations.

    Args:
        uniform: Share of equal weights in the task weights.
        neighbour: The kernel width is the distance to the task of this rank, or to that at a tenth
            of all tasks if this is more.

    Overview:
        idea: portfolio of tasks that a metric, fitted on agreement of losses, finds close
        adapts: yes
        needs: meta-features
    """

    def __init__(self, uniform: float = 1 / 3, neighbour: int = 5) -> None:
        self.uniform, self.neighbour = uniform, neighbour

    def fit(self, meta: MetaDataset, rng: np.random.Generator) -> LearnedSimilarityRanker:
        """Return the ranker; `rng` draws the folds on which the distance is tested."""
        known = prepared_meta(meta, "learned-similarity")
        order = by_key(meta)
        distance = fit_distance(meta.meta_features[order], known.losses[order], rng)
        return LearnedSimilarityRanker(
            known, distance, np.argsort(order), self.uniform, self.neighbour
        )


@dataclass(frozen=True, slots=True)
class LearnedSimilarityRanker:
    """The fitted recommender; see `LearnedSimilarity`."""

    known: PreparedMeta
    distance: LearnedDistance
    position: Ints
    uniform: float
    neighbour: int

    def task_weights(self, target: TargetTask) -> Floats:
        """Return the task weights `(n_tasks,)` given meta-features and evaluations; sum 1."""
        votes, seen = self.known.weights, measured(target)
        gaps = self.distance.distances(target.meta_features)[self.position]
        edge = min(max(self.neighbour, len(votes) // 10), len(votes)) - 1
        width = max(float(np.sort(gaps)[edge]), 1e-9)
        near = votes * np.exp(-((gaps / width) ** 2))
        mixed = (1 - self.uniform) * near / max(near.sum(), 1e-300) + self.uniform * votes
        agreement = concordance(self.known.losses[:, seen.indices], seen.losses)
        weights = mixed * (agreement**4 + _FLOOR)
        return np.asarray(weights / weights.sum())

    def score(self, target: TargetTask) -> Floats:
        """Return positions in the weighted greedy portfolio that continues the evaluations."""
        return greedy_scores(self.known, self.task_weights(target), target, _LIST)
