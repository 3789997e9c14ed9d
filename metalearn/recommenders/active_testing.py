"""Active testing: try what would have helped on tasks that behave like the target (METHODS 9).

Leite, Brazdil & Vanschoren (2012): the next configuration maximizes the sum over tasks of
similarity times the gain over the incumbent. AT0 counts all tasks alike; AT1 counts the tasks
where the last duel (challenger against incumbent) had the winner that it had on the target. The
A3R variant (Abdulrahman et al. 2018) takes gains of score per time. The set-referenced variant
measures gains over everything evaluated instead of one incumbent, and weighs tasks by concordance:
a change of incumbent then does not forget what was covered before.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from metalearn.core.arrays import Floats
from metalearn.core.meta_dataset import MetaDataset
from metalearn.core.task import TargetTask
from metalearn.numerics.statistics.regret import fill_holes, normalized_regret
from metalearn.numerics.tasks.concordance import concordance
from metalearn.recommenders.a3r import score_per_time
from metalearn.recommenders.greedy import greedy_scores
from metalearn.recommenders.prepared_meta import Measured, PreparedMeta, measured, prepared_meta

__all__ = ["ActiveTesting", "ActiveTestingA3R", "ActiveTestingAT0", "ActiveTestingSet"]

Similarity = Literal["all", "last-duel"]


class ActiveTesting:
    """AT1: gain over the incumbent on the tasks that agree with the last duel.

    Args:
        similarity: `all` counts every task (AT0), `last-duel` those that agree with it (AT1).
        power: Exponent of the runtime (A3R variant); 0 = runtimes do not count.
    """

    def __init__(self, similarity: Similarity = "last-duel", power: float = 0.0) -> None:
        self.similarity, self.power = similarity, power

    def fit(self, meta: MetaDataset, rng: np.random.Generator) -> ActiveTestingRanker:  # noqa: ARG002
        """Return the ranker; deterministic.

        Raises:
            NotEnoughMetaDataError: If there is no task, or no runtime where runtimes count.
        """
        known = prepared_meta(meta, "active-testing")
        utility = known.utility
        if self.power > 0.0:
            ratio = score_per_time(meta, known.losses, self.power)
            utility = np.ascontiguousarray(1.0 - fill_holes(normalized_regret(-ratio)).T)
        return ActiveTestingRanker(known, utility, self.similarity)


class ActiveTestingAT0(ActiveTesting):
    """AT0: gain over the incumbent on all tasks alike."""

    def __init__(self) -> None:
        super().__init__("all")


class ActiveTestingA3R(ActiveTesting):
    """AT1 with gains of score per time."""

    def __init__(self, power: float = 1 / 64) -> None:
        super().__init__("last-duel", power)


@dataclass(frozen=True, slots=True)
class ActiveTestingRanker:
    """The fitted recommender; see `ActiveTesting`.

    Attributes:
        known: The known tasks.
        utility: `(n_configurations, n_tasks)` on which gains are measured.
        similarity: Which tasks count.
    """

    known: PreparedMeta
    utility: Floats
    similarity: Similarity

    def task_weights(self, target: TargetTask) -> Floats:
        """Return equal weights on the tasks that count; on all if none would."""
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
        """Return minus the gain over the incumbent; where none gains, minus the mean utility."""
        weights, seen = self.task_weights(target), measured(target)
        mean = self.utility @ weights
        if len(seen.indices) == 0:
            return np.asarray(self.known.fallback - 1e-6 * mean)
        reached = self.utility[seen.indices[_incumbent(seen, len(seen.indices))]]
        gain = np.maximum(self.utility - reached, 0.0) @ weights
        gain = np.where(gain > 1e-9, 1.0 + gain, 0.0)
        return -np.round(gain + 1e-6 * mean, 12)


def _incumbent(seen: Measured, n: int) -> int:
    """Return which of the first `n` evaluations was the best (the earlier one of equals)."""
    return int(np.lexsort((np.arange(n), seen.failed[:n], seen.losses[:n]))[0])


class ActiveTestingSet:
    """Gain over everything evaluated, tasks weighted by concordance.

    Args:
        power: Exponent of the concordance.
        floor: What a task of no concordance keeps; else all tasks would be gone after a few duels.
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
        """Return weights by concordance with what is evaluated."""
        seen = measured(target)
        agreement = concordance(self.known.losses[:, seen.indices], seen.losses)
        weights = self.known.weights * (agreement**self.power + self.floor)
        return np.asarray(weights / weights.sum())

    def score(self, target: TargetTask) -> Floats:
        """Return the position in the weighted greedy portfolio, given what is evaluated."""
        return greedy_scores(self.known, self.task_weights(target), target)
