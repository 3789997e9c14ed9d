"""Task weights before anything is evaluated: meta-features, trusted as far as they earned it.

Three voices say how much each known task counts: equal weights, forest proximity (METHODS 7.1),
and the nearest tasks by distance of meta-features (METHODS 6.4). Their shares are chosen on the
known tasks themselves, each held out in turn: which mixture makes the greedy lists of least
regret, where the forest's answer comes from the trees that were not grown on the task. Differences
between mixtures are small beside their noise, and the least of a few noisy means is a matter of
chance; so the choice is bagged (Breiman 1996): made on many bootstrap resamples of the tasks, and
averaged. It is made for the first configuration, which must be good on its own, and for a list of
three.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from metalearn.core.arrays import Bools, Floats, Ints
from metalearn.core.meta_dataset import MetaDataset
from metalearn.numerics.meta_distance import MetaScaling, fit_scaling, meta_distances
from metalearn.numerics.proximity import ForestProximity
from metalearn.recommenders.experience import Experience
from metalearn.recommenders.forest_portfolio import forest_proximity
from metalearn.recommenders.nearest_tasks import nearest_weights
from metalearn.recommenders.task_order import by_key

__all__ = ["MetaPrior", "fit_meta_prior"]

# of equal weights, forest proximity, nearest tasks
MIXTURES = np.array(
    [
        (1.0, 0.0, 0.0),
        (2 / 3, 1 / 3, 0.0), (1 / 3, 2 / 3, 0.0), (0.1, 0.9, 0.0),
        (2 / 3, 0.0, 1 / 3), (1 / 3, 0.0, 2 / 3), (0.1, 0.0, 0.9),
        (1 / 3, 1 / 3, 1 / 3), (0.1, 0.45, 0.45),
    ]
)  # fmt: skip
UNCHOSEN = (1 / 3, 2 / 3, 0.0)
_N_NEIGHBOURS = 10
_N_TASKS, _MOST_TASKS, _LENGTH, _N_RESAMPLES = 200, 2000, 3, 200


@dataclass(frozen=True, slots=True)
class MetaPrior:
    """A fitted prior.

    Attributes:
        votes: `(n_tasks,)`, sum 1: one vote per group of near-duplicates.
        proximity: Forest proximity.
        scaling: Scaling of meta-features for the distance.
        scaled: `(n_tasks, n_meta_features)` of the known tasks.
        shares: `(2, 3)` shares of equal weights, forest and nearest tasks: for the first
            configuration, and for what follows.
    """

    votes: Floats
    proximity: ForestProximity
    scaling: MetaScaling
    scaled: Floats
    shares: Floats

    def weights(self, meta_features: Floats, *, first: bool = False) -> Floats:
        """Return `(n_tasks,)`, non-negative, sum 1: how much each known task counts.

        Args:
            meta_features: `(n_meta_features,)` of the target; NaN = unknown; may be empty.
            first: Whether for the first configuration, or for what follows.
        """
        close = self.proximity.weights(meta_features) * self.votes
        close = close / close.sum() if close.sum() > 0 else self.votes
        distance = np.zeros(len(self.votes))
        if len(meta_features):
            distance = meta_distances(self.scaled, self.scaling.apply(meta_features))
        near = nearest_weights(distance, self.votes, _N_NEIGHBOURS)
        return np.asarray(self.shares[0 if first else 1] @ np.array([self.votes, close, near]))


def fit_meta_prior(
    meta: MetaDataset, known: Experience, rng: np.random.Generator, uniform: float | None = None
) -> MetaPrior:
    """Return the prior learned from the known tasks.

    Args:
        meta: The known tasks.
        known: Their regrets.
        rng: Grows the forest and draws the resamples.
        uniform: Share of equal weights, the forest having the rest; None chooses the shares. With
            fewer than 10 tasks, or too many to hold them out, they are not chosen but fixed.
    """
    proximity = forest_proximity(meta, known, rng)
    scaling = fit_scaling(meta.meta_features)
    fixed = UNCHOSEN if uniform is None else (uniform, 1.0 - uniform, 0.0)
    prior = MetaPrior(
        known.weights,
        proximity,
        scaling,
        scaling.apply(meta.meta_features),
        np.array([fixed, fixed]),
    )
    if uniform is not None or not proximity.trees or not 10 <= meta.n_tasks <= _MOST_TASKS:
        return prior
    order = by_key(meta)
    some = order[np.linspace(0, meta.n_tasks - 1, min(_N_TASKS, meta.n_tasks)).astype(np.int64)]
    some = some[known.weights[some] > 0]
    voices = _voices(prior, some, meta.groups[some, None] == meta.groups)
    # A greedy list hardly ever takes what is best for nobody; leaving that out saves time.
    contenders = known.utility[np.unique(known.utility.argmax(axis=0))]
    regret = np.array(
        [_regrets(contenders, np.tensordot(shares, voices, 1), some) for shares in MIXTURES]
    )
    chosen = np.array([_bagged(regret[:, 0], rng), _bagged(regret[:, 1], rng)])
    return MetaPrior(known.weights, proximity, scaling, prior.scaled, chosen)


def _voices(prior: MetaPrior, some: Ints, own: Bools) -> Floats:
    """Return `(3, n_some, n_tasks)`: weights for known tasks as if each were new.

    Args:
        prior: Its shares are not looked at.
        some: `(n_some,)` tasks held out.
        own: `(n_some, n_tasks)`: the task itself and its near-duplicates, which do not vote.
    """
    n_tasks = len(prior.votes)
    open_to = np.where(own, 0.0, prior.votes)
    votes = _rows(open_to, np.full(n_tasks, 1.0 / n_tasks))
    close = _rows(prior.proximity.out_of_bag()[some] * open_to, votes)
    near = [
        nearest_weights(meta_distances(prior.scaled, prior.scaled[task]), row, _N_NEIGHBOURS)
        for task, row in zip(some, open_to, strict=True)
    ]
    return np.array([votes, close, _rows(np.array(near), votes)])


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


def _bagged(regret: Floats, rng: np.random.Generator) -> Floats:
    """Return the mean over bootstrap resamples of tasks of the mixture with the least mean regret.

    Args:
        regret: `(n_mixtures, n_tasks)`.
        rng: Draws the resamples.
    """
    n_tasks = regret.shape[1]
    counts = rng.multinomial(n_tasks, np.full(n_tasks, 1.0 / n_tasks), size=_N_RESAMPLES)
    means = np.round(counts @ regret.T / n_tasks, 9)
    best = means == means.min(axis=1, keepdims=True)
    return np.asarray((best / best.sum(axis=1, keepdims=True)).mean(axis=0) @ MIXTURES)
