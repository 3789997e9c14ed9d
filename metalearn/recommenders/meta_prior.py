"""Task weights before anything is evaluated: meta-features, trusted unless they have misled.

Known tasks count by forest proximity (METHODS 7.1) beside equal weights. For the first
configuration the forest has all the weight: it was grown on bootstrap samples, so where
meta-features tell little its trees disagree and its weights are near equal of themselves; they are
even too near, and proximity counts to the power of 3/2. For what follows equal weights have a
third, since the later places of a list are there for when the forest was wrong. A share of equal
weights chosen on the known tasks, each held out, costs more by the noise of the choice than it
wins, even bagged. But meta-features may be worth nothing at all. So the forest is dropped where
equal weights made better lists for the known tasks, the proximity being that of the trees that
were not grown on the task, by more than two standard errors of the difference.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from metalearn.core.arrays import Floats, Ints
from metalearn.core.meta_dataset import MetaDataset
from metalearn.numerics.tasks.forest_proximity import ForestProximity
from metalearn.recommenders.forest_portfolio import forest_proximity
from metalearn.recommenders.prepared_meta import PreparedMeta
from metalearn.recommenders.task_order import by_key

__all__ = ["MetaPrior", "fit_meta_prior"]

SHARES, POWERS = (0.0, 1 / 3), (1.5, 1.0)  # for the first configuration, and for what follows
_STANDARD_ERRORS = 2.0
_N_TASKS, _MOST_TASKS, _LENGTH = 250, 2000, 3


@dataclass(frozen=True, slots=True)
class MetaPrior:
    """A fitted prior.

    Attributes:
        votes: `(n_tasks,)`, sum 1: one vote per group of near-duplicates.
        proximity: Forest proximity.
        uniform: Share of equal weights for the first configuration, and for what follows.
    """

    votes: Floats
    proximity: ForestProximity
    uniform: tuple[float, float]

    def weights(self, meta_features: Floats, *, first: bool = False) -> Floats:
        """Return `(n_tasks,)`, non-negative, sum 1: how much each known task counts.

        Args:
            meta_features: `(n_meta_features,)` of the target; NaN = unknown; may be empty.
            first: Whether for the first configuration, or for what follows.
        """
        place = 0 if first else 1
        close = self.proximity.weights(meta_features) ** POWERS[place] * self.votes
        close = close / close.sum() if close.sum() > 0 else self.votes
        uniform = self.uniform[place]
        return np.asarray((1.0 - uniform) * close + uniform * self.votes)


def fit_meta_prior(
    meta: MetaDataset, known: PreparedMeta, rng: np.random.Generator, uniform: float | None = None
) -> MetaPrior:
    """Return the prior learned from the known tasks.

    Args:
        meta: The known tasks.
        known: Their regrets.
        rng: Grows the forest.
        uniform: Share of equal weights; None takes `SHARES`, or 1 where the forest has misled.
            With fewer than 10 tasks, or too many to hold them out, that is not looked at.
    """
    votes, n_tasks = known.weights, meta.n_tasks
    proximity = forest_proximity(meta, known, rng)
    if uniform is not None:
        return MetaPrior(votes, proximity, (uniform, uniform))
    if not proximity.trees or not 10 <= n_tasks <= _MOST_TASKS:
        return MetaPrior(votes, proximity, SHARES)
    some = by_key(meta)[np.linspace(0, n_tasks - 1, min(_N_TASKS, n_tasks)).astype(np.int64)]
    some = some[votes[some] > 0]
    others = np.where(meta.groups[some, None] == meta.groups, 0.0, votes)
    equal = _rows(others, np.full(n_tasks, 1.0 / n_tasks))
    proximities = proximity.out_of_bag()[some]
    # A greedy list hardly ever takes what is best for nobody; leaving that out saves time.
    contenders = known.utility[np.unique(known.utility.argmax(axis=0))]
    without = _regrets(contenders, equal, some)
    chosen = []
    for place, share in enumerate(SHARES):
        close = _rows(proximities ** POWERS[place] * others, equal)
        with_forest = _regrets(contenders, (1.0 - share) * close + share * equal, some)
        chosen.append(1.0 if _misled(with_forest[place] - without[place]) else share)
    return MetaPrior(votes, proximity, (chosen[0], chosen[1]))


def _rows(weights: Floats, otherwise: Floats) -> Floats:
    """Return rows that sum to 1; `otherwise` where nothing is left."""
    total = weights.sum(axis=1, keepdims=True)
    return np.where(total > 0, weights / np.maximum(total, 1e-300), otherwise)


def _regrets(utility: Floats, weights: Floats, tasks: Ints) -> Floats:
    """Return `(2, n)`: regret of tasks after the first and the last of a short greedy list.

    Args:
        utility: `(n_contenders, n_tasks)`.
        weights: `(n, n_tasks)` of the known tasks for each task held out.
        tasks: `(n,)` the tasks held out.
    """
    chosen = np.argmax(weights @ utility.T, axis=1)
    last = np.empty(len(tasks))
    for place, task in enumerate(tasks):
        voting = np.flatnonzero(weights[place])
        theirs, share = utility[:, voting], weights[place, voting]
        picked = [int(chosen[place])]
        covered = theirs[picked[0]]
        for _ in range(_LENGTH - 1):
            picked.append(int(np.argmax(np.maximum(theirs - covered, 0.0) @ share)))
            covered = np.maximum(covered, theirs[picked[-1]])
        last[place] = utility[picked, task].max()
    return 1.0 - np.array([utility[chosen, tasks], last])


def _misled(excess: Floats) -> bool:
    """Return whether regrets with the forest are above those without it beyond chance.

    Args:
        excess: `(n_tasks,)` differences of regret.
    """
    error = float(excess.std()) / np.sqrt(max(len(excess), 1))
    return bool(len(excess) > 0 and excess.mean() > _STANDARD_ERRORS * error + 1e-9)
