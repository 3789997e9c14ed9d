"""Task weights before any evaluation: forest proximity of meta-features, mixed with equal weights.

The weights of known tasks come from forest proximity (METHODS 7.1). For the first configuration
they are the proximity to the power of 3/2, without equal weights. The forest is grown on bootstrap
samples, so that its weights are nearly equal where meta-features carry little information. For
later configurations equal weights have a share of one third, since later entries of a list serve
the case that the forest is wrong.

Meta-features may carry no information at all. Each known task is therefore held out (proximity by
the trees grown without it), and lists with and without the forest are compared. If the forest did
worse by more than two standard errors of the difference, equal weights are used.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from metalearn.core.arrays import Floats, Ints
from metalearn.core.meta_dataset import MetaDataset
from metalearn.numerics.matrix.set_gain import set_gains
from metalearn.numerics.tasks.forest_proximity import ForestProximity
from metalearn.recommenders.forest_portfolio import forest_proximity
from metalearn.recommenders.prepared_meta import PreparedMeta
from metalearn.recommenders.task_order import by_key

__all__ = ["MetaPrior", "fit_meta_prior"]

SHARES, POWERS = (0.0, 1 / 3), (1.5, 1.0)  # first configuration, later ones
_STANDARD_ERRORS = 2.0
_N_TASKS, _LEAST_TASKS, _MOST_TASKS, _LENGTH = 250, 60, 2000, 3
# In large stores, fewer tasks are held out, and fewer configurations compete.
_MOST_CELLS, _MOST_CONTENDERS = 60_000_000, 500


@dataclass(frozen=True, slots=True)
class MetaPrior:
    """A fitted prior.

    Attributes:
        votes: `(n_tasks,)`, sum 1: one vote per group of near-duplicates.
        proximity: Forest proximity.
        uniform: Share of equal weights for the first configuration and for later ones.
    """

    votes: Floats
    proximity: ForestProximity
    uniform: tuple[float, float]

    def weights(self, meta_features: Floats, *, first: bool = False) -> Floats:
        """Return the task weights `(n_tasks,)`, non-negative, sum 1.

        Args:
            meta_features: `(n_meta_features,)` of the target; NaN = unknown; may be empty.
            first: Whether the weights are for the first configuration or for later ones.
        """
        return self._mixed(self.proximity.weights(meta_features), 0 if first else 1)

    def both_weights(self, meta_features: Floats) -> tuple[Floats, Floats]:
        """Return the weights for the first configuration, and those for later ones."""
        close = self.proximity.weights(meta_features)
        return self._mixed(close, 0), self._mixed(close, 1)

    def _mixed(self, proximity: Floats, place: int) -> Floats:
        close = proximity ** POWERS[place] * self.votes
        close = close / close.sum() if close.sum() > 0 else self.votes
        uniform = self.uniform[place]
        return np.asarray((1.0 - uniform) * close + uniform * self.votes)


def fit_meta_prior(
    meta: MetaDataset, known: PreparedMeta, rng: np.random.Generator, uniform: float | None = None
) -> MetaPrior:
    """Return the prior learned from the known tasks.

    Args:
        meta: The known tasks.
        known: The same, prepared.
        rng: Grows the forest.
        uniform: Share of equal weights; None takes `SHARES`, or 1 where the forest did worse than
            equal weights. Below 10 and above 2,000 tasks this comparison is left out; 60 to 250
            tasks are held out for it, fewer in larger meta-datasets.
    """
    votes, n_tasks = known.weights, meta.n_tasks
    proximity = forest_proximity(meta, known, rng)
    if uniform is not None:
        return MetaPrior(votes, proximity, (uniform, uniform))
    if not proximity.trees.n_trees or not 10 <= n_tasks <= _MOST_TASKS:
        return MetaPrior(votes, proximity, SHARES)
    contenders = known.utility[_contenders(known.utility)]
    n_held_out = int(np.clip(_MOST_CELLS // contenders.size, _LEAST_TASKS, _N_TASKS))
    some = by_key(meta)[np.linspace(0, n_tasks - 1, min(n_held_out, n_tasks)).astype(np.int64)]
    some = some[votes[some] > 0]
    others = np.where(meta.groups[some, None] == meta.groups, 0.0, votes)
    equal = _rows(others, np.full(n_tasks, 1.0 / n_tasks))
    proximities = proximity.out_of_bag(some)
    without = _first_regret(contenders, equal, some), _list_regret(contenders, equal, some)
    chosen = []
    for place, regret in enumerate((_first_regret, _list_regret)):
        share = SHARES[place]
        close = _rows(proximities ** POWERS[place] * others, equal)
        with_forest = regret(contenders, (1.0 - share) * close + share * equal, some)
        chosen.append(1.0 if _is_worse(with_forest - without[place]) else share)
    return MetaPrior(votes, proximity, (chosen[0], chosen[1]))


def _contenders(utility: Floats) -> Ints:
    """Return the configurations that are best on some task: others hardly ever enter a list.

    If they are many, those that are best on most tasks.
    """
    best, n_tasks = np.unique(utility.argmax(axis=0), return_counts=True)
    return np.sort(best[np.argsort(-n_tasks, kind="stable")[:_MOST_CONTENDERS]])


def _rows(weights: Floats, otherwise: Floats) -> Floats:
    """Return rows scaled to sum 1; `otherwise` for rows of sum 0."""
    total = weights.sum(axis=1, keepdims=True)
    return np.where(total > 0, weights / np.maximum(total, 1e-300), otherwise)


def _first_regret(utility: Floats, weights: Floats, tasks: Ints) -> Floats:
    """Return `(n,)`: regret of tasks after the configuration of largest weighted utility.

    Args:
        utility: `(n_contenders, n_tasks)`.
        weights: `(n, n_tasks)` of the known tasks for each task held out.
        tasks: `(n,)` the tasks held out.
    """
    return np.asarray(1.0 - utility[np.argmax(weights @ utility.T, axis=1), tasks])


def _list_regret(utility: Floats, weights: Floats, tasks: Ints) -> Floats:
    """Return `(n,)`: regret of tasks after a short greedy list; see `_first_regret`."""
    picked = np.argmax(weights @ utility.T, axis=1)[:, None]
    for _ in range(_LENGTH - 1):
        picked = np.column_stack([picked, _next(utility, weights, picked)])
    return np.asarray(1.0 - utility[picked, tasks[:, None]].max(axis=1))


def _next(utility: Floats, weights: Floats, picked: Ints) -> Ints:
    """Return `(n,)` the configuration of largest gain after each list; equal lists share work.

    Args:
        utility: `(n_contenders, n_tasks)`.
        weights: `(n, n_tasks)`, one row for each list.
        picked: `(n, length)` the lists.
    """
    best = np.empty(len(picked), dtype=np.int64)
    lists, member = np.unique(picked, axis=0, return_inverse=True)
    for number, chosen in enumerate(lists):
        rows = np.flatnonzero(member.ravel() == number)
        gains = set_gains(utility, weights[rows].T, utility[chosen].max(axis=0))
        best[rows] = gains.argmax(axis=0)
    return best


def _is_worse(excess: Floats) -> bool:
    """Return whether the mean excess regret exceeds two standard errors.

    Args:
        excess: `(n_tasks,)` regret with the forest minus regret without it.
    """
    error = float(excess.std()) / np.sqrt(max(len(excess), 1))
    return bool(len(excess) > 0 and excess.mean() > _STANDARD_ERRORS * error + 1e-9)
