"""Active testing: evaluate next the configuration with the largest expected gain (METHODS 9).

Leite, Brazdil & Vanschoren (2012): the next configuration maximizes the sum over known tasks of
similarity to the target times the gain over the incumbent. AT0 gives all tasks equal weight; AT1
keeps only the tasks on which the last duel (challenger against incumbent) had the same winner as
on the target. The A3R variant (Abdulrahman et al. 2018) measures gains in score per time. The
set-based variant measures gains over the best of all evaluated configurations instead of one
incumbent and weights tasks by concordance, so that a new incumbent does not discard earlier
evaluations.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from metalearn.core.arrays import Floats
from metalearn.core.meta_dataset import MetaDataset
from metalearn.core.task import TargetTask
from metalearn.numerics.imputation import imputed_regret
from metalearn.numerics.tasks.concordance import concordance
from metalearn.recommenders.a3r import score_per_time
from metalearn.recommenders.greedy import greedy_scores
from metalearn.recommenders.prepared_meta import Measured, PreparedMeta, measured, prepared_meta

__all__ = ["ActiveTesting", "ActiveTestingA3R", "ActiveTestingAT0", "ActiveTestingSet"]

Similarity = Literal["all", "last-duel"]


class ActiveTesting:
    """AT1: gain over the incumbent on the tasks that agree with the last duel.

    Args:
        similarity: `all` uses every task (AT0), `last-duel` those that agree with it (AT1).
        power: Exponent of the runtime (A3R variant); 0 ignores runtimes.

    Overview:
        idea: gain over the incumbent on tasks that agree with the last duel
        adapts: yes
    """

    def __init__(self, similarity: Similarity = "last-duel", power: float = 0.0) -> None:
        self.similarity, self.power = similarity, power

    def fit(self, meta: MetaDataset, rng: np.random.Generator) -> ActiveTestingRanker:  # noqa: ARG002
        """Return the ranker; deterministic.

        Raises:
            NotEnoughMetaDataError: If there is no task, or no runtime although `power` > 0.
        """
        known = prepared_meta(meta, "active-testing")
        utility = known.utility
        if self.power > 0.0:
            ratio = score_per_time(meta, known.losses, self.power)
            utility = np.ascontiguousarray(1.0 - imputed_regret(-ratio).T)
        return ActiveTestingRanker(known, utility, self.similarity)


class ActiveTestingAT0(ActiveTesting):
    """AT0: gain over the incumbent on all tasks, equally weighted.

    Overview:
        idea: gain over the incumbent on all tasks
        adapts: yes
    """

    def __init__(self) -> None:
        super().__init__("all")


class ActiveTestingA3R(ActiveTesting):
    """AT1 with gains of score per time.

    Overview:
        idea: gain over the incumbent in score per time, on tasks that agree with the last duel
        adapts: yes
        needs: runtimes
    """

    def __init__(self, power: float = 1 / 64) -> None:
        super().__init__("last-duel", power)


@dataclass(frozen=True, slots=True)
class ActiveTestingRanker:
    """The fitted recommender; see `ActiveTesting`.

    Attributes:
        known: The known tasks.
        utility: `(n_configurations, n_tasks)` from which gains are computed.
        similarity: Which tasks have weight.
    """

    known: PreparedMeta
    utility: Floats
    similarity: Similarity

    def task_weights(self, target: TargetTask) -> Floats:
        """Return equal weights on the tasks that agree; on all tasks if none agrees."""
        votes, seen = self.known.weights, measured(target)
        n = len(seen.indices)
        if self.similarity == "all" or n < 2:
            return votes.copy()
        challenger = n - 1
        incumbent = _incumbent(seen, n - 1)
        duel = np.sign(seen.losses[challenger] - seen.losses[incumbent])
        pair = self.utility[seen.indices[[challenger, incumbent]]]
        agrees = np.sign(pair[1] - pair[0]) == duel
        weights = votes * agrees
        return np.asarray(weights / weights.sum() if weights.sum() > 0 else votes.copy())

    def score(self, target: TargetTask) -> Floats:
        """Return minus the gain over the incumbent; without a gain, minus the mean utility."""
        weights, seen = self.task_weights(target), measured(target)
        mean = self.utility @ weights
        if len(seen.indices) == 0:
            return np.asarray(self.known.fallback - 1e-6 * mean)
        reached = self.utility[seen.indices[_incumbent(seen, len(seen.indices))]]
        gain = np.maximum(self.utility - reached, 0.0) @ weights
        gain = np.where(gain > 1e-9, 1.0 + gain, 0.0)
        return -np.round(gain + 1e-6 * mean, 12)


def _incumbent(seen: Measured, n: int) -> int:
    """Return the position of the best of the first `n` evaluations (the earliest of equals)."""
    return int(np.lexsort((np.arange(n), seen.failed[:n], seen.losses[:n]))[0])


class ActiveTestingSet:
    """Gain over all evaluated configurations, tasks weighted by concordance.

    Args:
        power: Exponent of the concordance.
        floor: Weight that a task of zero concordance keeps, so that no task drops out completely.

    Overview:
        idea: gain over all evaluated configurations, tasks weighted by concordance
        adapts: yes
    """

    def __init__(self, power: float = 4.0, floor: float = 1e-3) -> None:
        self.power, self.floor = power, floor

    def fit(self, meta: MetaDataset, rng: np.random.Generator) -> ActiveTestingSetRanker:  # noqa: ARG002
        """Return the ranker; deterministic."""
        return ActiveTestingSetRanker(
            prepared_meta(meta, "active-testing-set"), self.power, self.floor
        )


@dataclass(frozen=True, slots=True)
class ActiveTestingSetRanker:
    """The fitted recommender; see `ActiveTestingSet`."""

    known: PreparedMeta
    power: float
    floor: float

    def task_weights(self, target: TargetTask) -> Floats:
        """Return task weights by concordance with the evaluations so far."""
        seen = measured(target)
        agreement = concordance(self.known.losses[:, seen.indices], seen.losses)
        weights = self.known.weights * (agreement**self.power + self.floor)
        return np.asarray(weights / weights.sum())

    def score(self, target: TargetTask) -> Floats:
        """Return positions in the weighted greedy portfolio that continues the evaluations."""
        return greedy_scores(self.known, self.task_weights(target), target)
