"""Task weights before anything is evaluated: meta-features, trusted as far as they earned it.

Known tasks count by forest proximity (METHODS 7.1) beside equal weights. The share of equal
weights is chosen on the known tasks themselves, each held out in turn: which share makes the
greedy lists of least regret, the proximity being that of the trees that were not grown on the
task. Differences between shares are small beside their noise, and the least of a few noisy means
is a matter of chance; so the choice is bagged (Breiman 1996): made on many bootstrap resamples of
the tasks, and averaged. It is made for the first configuration, which must be good on its own, and
for a list of three. Nearest tasks by distance of meta-features were tried as a third voice: held
out, they were behind the forest on every set, and what they won by chance made lists worse.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from metalearn.core.arrays import Floats, Ints
from metalearn.core.meta_dataset import MetaDataset
from metalearn.numerics.proximity import ForestProximity
from metalearn.recommenders.experience import Experience
from metalearn.recommenders.forest_portfolio import forest_proximity
from metalearn.recommenders.task_order import by_key

__all__ = ["MetaPrior", "fit_meta_prior"]

SHARES = (0.1, 1 / 3, 2 / 3, 1.0)
UNCHOSEN = 1 / 3
_N_TASKS, _MOST_TASKS, _LENGTH, _N_RESAMPLES = 250, 2000, 3, 200


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
        close = self.proximity.weights(meta_features) * self.votes
        close = close / close.sum() if close.sum() > 0 else self.votes
        uniform = self.uniform[0 if first else 1]
        return np.asarray((1.0 - uniform) * close + uniform * self.votes)


def fit_meta_prior(
    meta: MetaDataset, known: Experience, rng: np.random.Generator, uniform: float | None = None
) -> MetaPrior:
    """Return the prior learned from the known tasks.

    Args:
        meta: The known tasks.
        known: Their regrets.
        rng: Grows the forest and draws the resamples.
        uniform: Share of equal weights; None chooses it. With fewer than 10 tasks, or too many to
            hold them out, it is not chosen but `UNCHOSEN`.
    """
    votes, n_tasks = known.weights, meta.n_tasks
    proximity = forest_proximity(meta, known, rng)
    if uniform is not None or not proximity.trees or not 10 <= n_tasks <= _MOST_TASKS:
        fixed = UNCHOSEN if uniform is None else uniform
        return MetaPrior(votes, proximity, (fixed, fixed))
    some = by_key(meta)[np.linspace(0, n_tasks - 1, min(_N_TASKS, n_tasks)).astype(np.int64)]
    some = some[votes[some] > 0]
    others = np.where(meta.groups[some, None] == meta.groups, 0.0, votes)
    equal = _rows(others, np.full(n_tasks, 1.0 / n_tasks))
    close = _rows(proximity.out_of_bag()[some] * others, equal)
    # A greedy list hardly ever takes what is best for nobody; leaving that out saves time.
    contenders = known.utility[np.unique(known.utility.argmax(axis=0))]
    regret = np.array(
        [_regrets(contenders, (1 - share) * close + share * equal, some) for share in SHARES]
    )
    chosen = _bagged(regret[:, 0], rng), _bagged(regret[:, 1], rng)
    return MetaPrior(votes, proximity, chosen)


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


def _bagged(regret: Floats, rng: np.random.Generator) -> float:
    """Return the mean over bootstrap resamples of tasks of the share with the least mean regret.

    Args:
        regret: `(n_shares, n_tasks)`.
        rng: Draws the resamples.
    """
    n_tasks = regret.shape[1]
    counts = rng.multinomial(n_tasks, np.full(n_tasks, 1.0 / n_tasks), size=_N_RESAMPLES)
    means = np.round(counts @ regret.T / n_tasks, 9)
    best = means == means.min(axis=1, keepdims=True)
    return float((best @ np.array(SHARES) / best.sum(axis=1)).mean())
