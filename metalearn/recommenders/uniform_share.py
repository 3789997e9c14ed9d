"""How far to trust meta-features: chosen on the known tasks themselves, each held out in turn.

The share of equal weights beside forest proximity is the one whose lists would have left the least
regret on the known tasks, their neighbours taken from the trees that were not grown on them. It is
chosen for the first configuration, which must be good on its own, and for a list of three. Where
meta-features tell nothing, the choice falls on equal weights.
"""

from __future__ import annotations

import numpy as np

from metalearn.core.arrays import Floats, Ints
from metalearn.numerics.proximity import ForestProximity
from metalearn.numerics.set_gain import set_gains
from metalearn.recommenders.experience import Experience

__all__ = ["SHARES", "choose_uniform_shares"]

SHARES = (0.1, 1 / 3, 2 / 3, 1.0)
_N_TASKS, _MOST_TASKS, _LENGTH = 150, 2000, 3


def choose_uniform_shares(
    known: Experience, proximity: ForestProximity, order: Ints, groups: Ints
) -> tuple[float, float]:
    """Return one of `SHARES` for the first configuration and one for what follows.

    Args:
        known: The known tasks.
        proximity: Fitted on them.
        order: `(n_tasks,)` the tasks in an order that does not depend on how they came.
        groups: `(n_tasks,)`; near-duplicates of a held-out task do not vote.

    Returns:
        The shares; the least if nothing was learned, or with too many tasks to hold them out.
    """
    n_tasks = len(known.weights)
    if not proximity.trees or not 10 <= n_tasks <= _MOST_TASKS:
        return SHARES[0], SHARES[0]
    close = proximity.out_of_bag() * known.weights
    some = order[np.linspace(0, n_tasks - 1, min(_N_TASKS, n_tasks)).astype(np.int64)]
    some = some[known.weights[some] > 0]
    # A greedy list hardly ever takes what is best for nobody; leaving that out saves time.
    contenders = known.utility[np.unique(known.utility.argmax(axis=0))]
    regret = np.empty((len(SHARES), len(some), 2))
    for row, share in zip(regret, SHARES, strict=True):
        for place, task in enumerate(some):
            own = groups == groups[task]
            row[place] = _regrets(contenders, known.weights, close[task], own, task, share)
    first, rest = np.argmin(np.round(regret.mean(axis=1), 9), axis=0)
    return SHARES[int(first)], SHARES[int(rest)]


def _regrets(
    utility: Floats,
    votes: Floats,
    close: Floats,
    own: np.ndarray[tuple[int], np.dtype[np.bool_]],
    task: int,
    share: float,
) -> tuple[float, float]:
    """Return the task's regret after the first and after the last of a short greedy list."""
    close, votes = np.where(own, 0.0, close), np.where(own, 0.0, votes)
    close = close / close.sum() if close.sum() > 0 else votes
    weights = (1.0 - share) * close + share * votes / max(votes.sum(), 1e-12)
    covered, reached = np.zeros(len(weights)), []
    for _ in range(_LENGTH):
        best = int(np.argmax(set_gains(utility, weights, covered)))
        covered = np.maximum(covered, utility[best])
        reached.append(1.0 - float(covered[task]))
    return reached[0], reached[-1]
