"""Label ranking: weighted Borda count of rankings, or votes of pairwise classifiers (METHODS 7.2).

`label-ranking` is instance-based label ranking (Brazdil, Soares & da Costa 2003; Cheng, Huehn &
Huellermeier 2009): a Borda count over known tasks, weighted by a Gaussian kernel of the distance
in meta-features and, after evaluations, by concordance with them. `pairwise-ranking` learns from
meta-features which configuration of each pair is better, with errors weighted by their cost in
regret, and counts votes. This is the selector of auto-sklearn 2 (Feurer et al. 2022) with ridge
classifiers in closed form in place of forests.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from metalearn.core.arrays import Floats
from metalearn.core.meta_dataset import MetaDataset
from metalearn.core.task import TargetTask
from metalearn.errors import InputError
from metalearn.numerics.statistics.ranks import mean_utility, rank_rows, rank_utility
from metalearn.numerics.tasks.concordance import concordance
from metalearn.numerics.tasks.distance import MetaScaling, fit_scaling, meta_distances
from metalearn.numerics.tasks.scaling import QuantileScaling, fit_quantiles
from metalearn.recommenders.prepared_meta import PreparedMeta, measured, prepared_meta

__all__ = ["LabelRanking", "LabelRankingRanker", "PairwiseRanking", "PairwiseRankingRanker"]

MOST_CONFIGURATIONS = 50
_FLOOR = 1e-3
_TRUST = 2 / 3  # share of the kernel weights; the rest are equal weights (METHODS 0.5)


class LabelRanking:
    """Weighted Borda count over known tasks.

    Args:
        neighbour: The kernel width is the distance to the task of this rank, or to that at a fifth
            of all tasks if this is more.

    Overview:
        idea: weighted Borda count of the nearest tasks' rankings
        adapts: yes
        needs: meta-features
    """

    def __init__(self, neighbour: int = 5) -> None:
        self.neighbour = neighbour

    def fit(self, meta: MetaDataset, rng: np.random.Generator) -> LabelRankingRanker:  # noqa: ARG002
        """Return the ranker; deterministic."""
        known = prepared_meta(meta, "label-ranking")
        scaling = fit_scaling(meta.meta_features)
        scaled = scaling.apply(meta.meta_features)
        utility = rank_utility(rank_rows(known.losses))
        return LabelRankingRanker(known, utility, scaling, scaled, self.neighbour)


@dataclass(frozen=True, slots=True)
class LabelRankingRanker:
    """The fitted recommender; see `LabelRanking`."""

    known: PreparedMeta
    utility: Floats
    scaling: MetaScaling
    scaled: Floats
    neighbour: int

    def task_weights(self, target: TargetTask) -> Floats:
        """Return kernel weights mixed with equal weights, times concordance to the power of 4."""
        votes, seen = self.known.weights, measured(target)
        weights = votes
        if len(target.meta_features):
            distance = meta_distances(self.scaled, self.scaling.apply(target.meta_features))
            edge = min(max(self.neighbour, len(votes) // 5), len(votes)) - 1
            width = max(float(np.sort(distance)[edge]), 1e-9)
            near = votes * np.exp(-((distance / width) ** 2))
            weights = _TRUST * near / max(near.sum(), 1e-300) + (1 - _TRUST) * votes
        agreement = concordance(self.known.losses[:, seen.indices], seen.losses)
        weights = weights * (agreement**4 + _FLOOR)
        return np.asarray(weights / weights.sum())

    def score(self, target: TargetTask) -> Floats:
        """Return minus the weighted mean rank utility; ties by the unweighted mean."""
        utility = mean_utility(self.utility, self.task_weights(target))
        return np.asarray(np.round(-utility, 9) + 1e-9 * self.known.fallback)


class PairwiseRanking:
    """Votes of one cost-weighted ridge classifier for each pair of configurations.

    Args:
        penalty: Ridge, in units of tasks with average cost.

    Overview:
        idea: one vote per pair of configurations, from meta-features
        adapts: no
        needs: meta-features, few configurations
    """

    does_not_scale = (
        f"one classifier for each pair: at most {MOST_CONFIGURATIONS} configurations (METHODS 7.2)"
    )

    def __init__(self, penalty: float = 10.0) -> None:
        self.penalty = penalty

    def fit(self, meta: MetaDataset, rng: np.random.Generator) -> PairwiseRankingRanker:  # noqa: ARG002
        """Return the ranker; deterministic.

        Raises:
            InputError: If there are more than 50 configurations.
        """
        known = prepared_meta(meta, "pairwise-ranking")
        n = meta.n_configurations
        if n > MOST_CONFIGURATIONS:
            raise InputError(
                f"'pairwise-ranking' takes at most {MOST_CONFIGURATIONS} configurations, got {n}: "
                f"it learns one classifier for each pair; use --recommender label-ranking"
            )
        encoding = fit_quantiles(meta.meta_features)
        features = encoding.apply(meta.meta_features)
        middle = features.mean(axis=0)
        design = np.concatenate([np.ones((meta.n_tasks, 1)), features - middle], axis=1)
        first, second = np.triu_indices(n, 1)
        margin = known.utility[first] - known.utility[second]  # (n_pairs, n_tasks)
        cost = np.abs(margin) * known.weights
        cost *= meta.n_tasks / np.maximum(cost.sum(axis=1, keepdims=True), 1e-12)
        ridge = self.penalty * np.eye(design.shape[1])
        ridge[0, 0] = 1e-6
        gram = np.einsum("pt,ti,tj->pij", cost, design, design, optimize=True) + ridge
        moment = (cost * np.sign(margin)) @ design
        slopes = np.linalg.solve(gram, moment[:, :, None])[:, :, 0]
        return PairwiseRankingRanker(known, encoding, middle, np.asarray(slopes, np.float64))


@dataclass(frozen=True, slots=True)
class PairwiseRankingRanker:
    """The fitted recommender; see `PairwiseRanking`."""

    known: PreparedMeta
    encoding: QuantileScaling
    middle: Floats
    slopes: Floats

    def score(self, target: TargetTask) -> Floats:
        """Return minus the sum of pairwise votes in [-1, 1]; ties by mean rank."""
        n = self.known.n_configurations
        encoded = np.zeros(len(self.middle))
        used = list(self.encoding.columns)
        features = target.meta_features
        if len(features) and np.isfinite(features[used]).any():
            encoded = self.encoding.apply(features[None])[0] - self.middle
        lead = self.slopes @ np.concatenate([[1.0], encoded])
        votes = np.sign(np.round(lead, 9)) + 1e-3 * np.tanh(lead)
        first, second = np.triu_indices(n, 1)
        won = np.bincount(first, votes, n) - np.bincount(second, votes, n)
        return np.asarray(np.round(-won, 9) + 1e-6 * self.known.fallback)
