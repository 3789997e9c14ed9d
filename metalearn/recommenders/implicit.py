"""Implicit feedback: tasks are users, good configurations are their positive items (METHODS 8.6).

Hu, Koren & Volinsky 2008, as in the package `implicit`. A configuration near a task's best is a
positive, with a confidence that grows with its score; every other cell, *including one never
evaluated*, is a negative with confidence 1. The method therefore suits complete or nearly complete
matrices: with many missing cells it learns "not evaluated" as "bad". It has no scale of losses, so
it predicts neither a loss nor an uncertainty, and a bad evaluation does not change its scores.
"""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from typing import Any

import numpy as np

from metalearn.core.arrays import Bools, Floats
from metalearn.core.meta_dataset import MetaDataset
from metalearn.core.task import TargetTask
from metalearn.errors import MissingPackageError
from metalearn.numerics.statistics.ranks import rank_rows
from metalearn.numerics.statistics.regret import normalized_regret
from metalearn.recommenders.prepared_meta import measured, prepared_meta
from metalearn.recommenders.task_order import by_key

__all__ = ["Implicit", "ImplicitRanker"]

_LIKED_REGRET, _LIKED_SHARE = 0.1, 0.05


class Implicit:
    """Alternating least squares on positives, by the package `implicit`.

    Args:
        factors: Number of factors.
        regularization: Ridge on all factors.
        alpha: Confidence per unit of value; a positive has the value 1 + 4 (1 - regret).
        iterations: Iterations of alternating least squares.

    Overview:
        idea: factorization of positives only: configurations near the best of a task
        adapts: yes
        needs: the extra `implicit`; few missing cells
    """

    def __init__(
        self,
        factors: int = 12,
        regularization: float = 0.1,
        alpha: float = 1.0,
        iterations: int = 15,
    ) -> None:
        self.factors, self.regularization = factors, regularization
        self.alpha, self.iterations = alpha, iterations

    def fit(self, meta: MetaDataset, rng: np.random.Generator) -> ImplicitRanker:
        """Return the ranker; `rng` draws the initial factors.

        Raises:
            MissingPackageError: If the package is not installed.
        """
        known = prepared_meta(meta, "implicit")
        from scipy.sparse import csr_matrix
        from threadpoolctl import threadpool_limits

        losses = known.losses[by_key(meta)]
        regret = normalized_regret(losses)
        values = np.where(_liked(losses, regret), self.alpha * (5.0 - 4.0 * regret), 0.0)
        # one thread fixes the order of sums, so that results are reproducible
        with threadpool_limits(1, user_api="blas"):
            model = _library().AlternatingLeastSquares(
                factors=self.factors,
                regularization=self.regularization,
                alpha=1.0,
                iterations=self.iterations,
                dtype=np.float64,
                num_threads=1,
                random_state=int(rng.integers(2**31)),
            )
            model.fit(csr_matrix(np.nan_to_num(values)), show_progress=False)
        return ImplicitRanker(
            np.array(model.item_factors, dtype=np.float64),
            np.array(model.user_factors, dtype=np.float64).mean(axis=0),
            self.regularization,
            self.alpha,
        )


@dataclass(frozen=True, slots=True)
class ImplicitRanker:
    """The fitted recommender; see `Implicit`.

    Attributes:
        configurations: Factors, `(n_configurations, factors)`.
        average: Mean of the known tasks' factors.
        regularization: Ridge.
        alpha: Confidence per unit of value.
    """

    configurations: Floats
    average: Floats
    regularization: float
    alpha: float

    def task_factors(self, values: Floats) -> Floats:
        """Return a task's factors from its positives, as the library's `recalculate_user` does.

        Args:
            values: Confidences, `(n_configurations,)`; 0 = not a positive.
        """
        liked = values > 0
        part, confidence = self.configurations[liked], values[liked]
        gram = self.configurations.T @ self.configurations
        gram += (part.T * (confidence - 1.0)) @ part
        gram += self.regularization * np.eye(gram.shape[0])
        return np.asarray(np.linalg.solve(gram, part.T @ confidence), dtype=np.float64)

    def score(self, target: TargetTask) -> Floats:
        """Return minus the predicted preference; the average one before two evaluations."""
        seen = measured(target)
        if len(seen.losses) > 1 and np.ptp(seen.losses) > 0:
            regret = normalized_regret(seen.losses[None])[0]
            liked = (regret <= _LIKED_REGRET) & ~seen.failed
            values = np.zeros(len(self.configurations))
            values[seen.indices] = np.where(liked, self.alpha * (5.0 - 4.0 * regret), 0.0)
            return -self.configurations @ self.task_factors(values)
        return -self.configurations @ self.average


def _liked(losses: Floats, regret: Floats) -> Bools:
    """Return which cells are positive: regret of at most 0.1, or among the best 5 %."""
    count = np.isfinite(losses).sum(axis=1, keepdims=True)
    top = rank_rows(losses) <= np.maximum(1.0, _LIKED_SHARE * count)
    return np.asarray((regret <= _LIKED_REGRET) | top)


def _library() -> Any:  # the package is untyped
    try:
        return importlib.import_module("implicit.cpu.als")
    except ModuleNotFoundError as error:
        raise MissingPackageError("implicit", "implicit", "the recommender 'implicit'") from error
