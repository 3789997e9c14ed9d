"""Greedy portfolio over per-task surrogates, for tasks that share no configurations (METHODS 2.4).

Wistuba, Schilling & Schmidt-Thieme 2015; Winkelmolen et al. 2020: a surrogate per task completes
the matrix on common candidates, and a greedy portfolio is built on that matrix. Candidates are
configurations with a normalized regret of at most 0.2 on some task; all others follow after them.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import numpy as np

from metalearn.core.arrays import Floats, Ints
from metalearn.core.encoding import encode_configurations
from metalearn.core.history import History
from metalearn.core.meta_dataset import MetaDataset
from metalearn.core.task import TargetTask
from metalearn.numerics.matrix.set_gain import greedy_order
from metalearn.numerics.statistics.regret import normalized_regret
from metalearn.recommenders.prepared_meta import as_scores, prepared_meta
from metalearn.recommenders.task_order import by_key
from metalearn.surrogates.densify import TaskModel, densify, forest_predictions

__all__ = ["ZeroShotSurrogate", "ZeroShotSurrogateRanker"]

_ALL_TREES, _TREES = 6_000, (12, 40)
_GOOD = 0.2  # maximum normalized regret of a candidate on its best task


class ZeroShotSurrogate:
    """Greedy portfolio over predicted losses.

    Args:
        n_candidates: Maximum number of candidates.
        n_observations: Maximum number of observations to fit the surrogate of a task on.
        model: Surrogate of one task; random forests if None.

    Overview:
        idea: greedy portfolio over per-task surrogates on common candidates
        adapts: no
    """

    def __init__(
        self,
        n_candidates: int = 1000,
        n_observations: int = 500,
        model: TaskModel | None = None,
    ) -> None:
        self.n_candidates, self.n_observations = n_candidates, n_observations
        self.model = model

    def fit(self, meta: MetaDataset, rng: np.random.Generator) -> ZeroShotSurrogateRanker:
        """Return the ranker; `rng` draws candidates and grows the forests."""
        known = prepared_meta(meta, "zero-shot-surrogate")
        order = by_key(meta)
        losses = known.losses[order]
        table = encode_configurations(meta.configurations).table
        candidates = self._candidates(losses, rng)
        histories = []
        for row in losses:
            seen = np.flatnonzero(np.isfinite(row))
            if len(seen) > self.n_observations:
                seen = rng.choice(seen, self.n_observations, replace=False)
            histories.append(History(table[seen], row[seen]))
        if not np.isfinite(losses).any():
            return ZeroShotSurrogateRanker(known.fallback, candidates, np.empty((0, 0)))
        trees = int(np.clip(_ALL_TREES // len(histories), *_TREES))  # bounds the total time
        model = self.model or partial(forest_predictions, n_trees=trees)
        dense = densify(histories, table[candidates], rng, model=model)
        utility = np.ascontiguousarray(1.0 - dense.regret.T)
        weights = np.where(np.isfinite(losses).any(axis=1), known.weights[order], 0.0)
        weights = weights / weights.sum() if weights.sum() > 0 else known.weights[order]
        mean = np.asarray(np.round(-(utility @ weights), 9), dtype=np.float64)
        listed = candidates[greedy_order(utility, weights, fallback=mean)]
        rest = np.setdiff1d(np.argsort(known.fallback, kind="stable"), listed, assume_unique=True)
        scores = as_scores(np.concatenate([listed, rest]), meta.n_configurations)
        return ZeroShotSurrogateRanker(scores, candidates, dense.regret)

    def _candidates(self, losses: Floats, rng: np.random.Generator) -> Ints:
        """Return configurations good on some task, or all if few; a random subset if too many."""
        regret = normalized_regret(losses)
        with np.errstate(invalid="ignore"):
            good = np.flatnonzero((regret <= _GOOD).any(axis=0))
        if losses.shape[1] <= self.n_candidates or len(good) == 0:
            good = np.arange(losses.shape[1])
        if len(good) > self.n_candidates:
            good = np.sort(rng.choice(good, self.n_candidates, replace=False))
        return np.asarray(good, dtype=np.int64)


@dataclass(frozen=True, slots=True)
class ZeroShotSurrogateRanker:
    """The fitted recommender; see `ZeroShotSurrogate`.

    Attributes:
        scores: `(n_configurations,)` positions.
        candidates: Indices of the candidates, `(n_candidates,)`.
        regret: Imputed regrets, `(n_tasks, n_candidates)`, tasks in order of their keys.
    """

    scores: Floats
    candidates: Ints
    regret: Floats

    def score(self, target: TargetTask) -> Floats:  # noqa: ARG002 -- zero-shot by design
        """Return positions in the portfolio."""
        return self.scores.copy()
