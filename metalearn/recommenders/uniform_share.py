"""How far to trust meta-features: chosen on the known tasks themselves, each held out in turn.

For every share of equal weights beside forest proximity, greedy lists are made for known tasks,
their neighbours taken from the trees that were not grown on them. Differences of regret between
shares are small beside their noise, and the least of a few noisy means is a matter of chance; so
the choice is bagged (Breiman 1996): made on many bootstrap resamples of the tasks, and averaged.
It is made for the first configuration, which must be good on its own, and for a list of three.
Where meta-features tell nothing, most of the weight is equal.
"""

from __future__ import annotations

import numpy as np

from metalearn.core.arrays import Floats, Ints
from metalearn.numerics.proximity import ForestProximity
from metalearn.recommenders.experience import Experience

__all__ = ["SHARES", "choose_uniform_shares"]

SHARES = (0.1, 1 / 3, 2 / 3, 1.0)
_N_TASKS, _MOST_TASKS, _LENGTH = 250, 2000, 3
_N_RESAMPLES = 200


def choose_uniform_shares(
    known: Experience,
    proximity: ForestProximity,
    order: Ints,
    groups: Ints,
    rng: np.random.Generator,
) -> tuple[float, float]:
    """Return a share of equal weights for the first configuration and one for what follows.

    Args:
        known: The known tasks.
        proximity: Fitted on them.
        order: `(n_tasks,)` the tasks in an order that does not depend on how they came.
        groups: `(n_tasks,)`; near-duplicates of a held-out task do not vote.
        rng: Draws the resamples.

    Returns:
        The shares, between the ends of `SHARES`; the least if nothing was learned, or if there are
        too many tasks to hold them out.
    """
    n_tasks = len(known.weights)
    if not proximity.trees or not 10 <= n_tasks <= _MOST_TASKS:
        return SHARES[0], SHARES[0]
    some = order[np.linspace(0, n_tasks - 1, min(_N_TASKS, n_tasks)).astype(np.int64)]
    some = some[known.weights[some] > 0]
    own = groups[some, None] == groups
    votes = _shares(np.where(own, 0.0, known.weights), np.full(n_tasks, 1.0 / n_tasks))
    close = _shares(np.where(own, 0.0, (proximity.out_of_bag() * known.weights)[some]), votes)
    # A greedy list hardly ever takes what is best for nobody; leaving that out saves time.
    contenders = known.utility[np.unique(known.utility.argmax(axis=0))]
    regret = np.array(
        [_regrets(contenders, (1 - share) * close + share * votes, some) for share in SHARES]
    )
    return _bagged(regret[:, 0], rng), _bagged(regret[:, 1], rng)


def _shares(weights: Floats, otherwise: Floats) -> Floats:
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
    first = utility[chosen, tasks]
    last = np.empty(len(tasks))
    for place, task in enumerate(tasks):
        covered = utility[chosen[place]]
        for _ in range(_LENGTH - 1):
            gains = np.maximum(utility - covered, 0.0) @ weights[place]
            covered = np.maximum(covered, utility[int(np.argmax(gains))])
        last[place] = covered[task]
    return 1.0 - np.array([first, last])


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
