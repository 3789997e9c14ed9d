"""Greedy maximization of a weighted set function over tasks (METHODS 2.2).

`F(S) = sum_t w_t max(covered_t, max_{c in S} utility[t, c])` is monotone and submodular, so a
greedy list reaches at least `1 - 1/e` of the optimum at every length. Lazy evaluation (Minoux
1978) uses earlier gains as upper bounds, because gains never increase; in a small matrix computing
all gains is faster.
"""

from __future__ import annotations

import numpy as np

from metalearn.core.arrays import Bools, Floats, Ints

__all__ = ["greedy_order", "set_gains"]

SATURATED = 1e-9
_TIE = 1e-12
_SMALL = 131_072  # cells up to which all gains are computed
_BLOCK = 32_768  # cells whose gains are computed at once, in the processor's cache


def set_gains(utility: Floats, weights: Floats, covered: Floats) -> Floats:
    """Return the increase of covered utility by each configuration.

    Args:
        utility: `(n_configurations, n_tasks)`, larger is better; finite.
        weights: `(n_tasks,)`, non-negative; or `(n_tasks, n)` for n weightings at once.
        covered: `(n_tasks,)`, the best utility of the set so far.

    Returns:
        `(n_configurations,)` or `(n_configurations, n)`, non-negative.
    """
    gains = np.empty((len(utility), *weights.shape[1:]))
    step = max(1, _BLOCK // max(len(covered), 1))
    for start in range(0, len(utility), step):
        gained = utility[start : start + step] - covered
        np.maximum(gained, 0.0, out=gained)
        gains[start : start + step] = gained @ weights
    return gains


def greedy_order(
    utility: Floats,
    weights: Floats,
    *,
    fallback: Floats,
    covered: Floats | None = None,
    price: Floats | None = None,
    available: Bools | None = None,
    n: int = 64,
) -> Ints:
    """Return all available configurations: a greedy portfolio first, then by `fallback`.

    Args:
        utility: `(n_configurations, n_tasks)`, non-negative, larger is better.
        weights: `(n_tasks,)`, non-negative.
        fallback: `(n_configurations,)`, lower first: breaks ties between gains, and orders the
            configurations after the greedy part.
        covered: `(n_tasks,)` utility reached before; zeros if None.
        price: `(n_configurations,)`, positive; gains are divided by it.
        available: `(n_configurations,)`; False = not to be listed.
        n: Largest length of the greedy part, which also ends when no gain is left.

    Returns:
        Indices, `(n_available,)`.
    """
    count = len(utility)
    reached = np.zeros(utility.shape[1]) if covered is None else covered.astype(np.float64)
    left = np.ones(count, dtype=np.bool_) if available is None else available.copy()
    cost = np.ones(count) if price is None else price
    gains = np.where(left, set_gains(utility, weights, reached) / cost, -1.0)
    chosen: list[int] = []
    find_best = _plain_best if utility.size <= _SMALL else _lazy_best
    while len(chosen) < min(n, count):
        best = find_best(utility, weights, reached, cost, gains, fallback)
        if gains[best] < SATURATED:
            break
        chosen.append(best)
        np.maximum(reached, utility[best], out=reached)
        gains[best] = -1.0
        left[best] = False
    rest = np.flatnonzero(left)
    rest = rest[np.argsort(fallback[rest], kind="stable")]
    return np.concatenate([np.array(chosen, dtype=np.int64), rest])


def _plain_best(
    utility: Floats, weights: Floats, reached: Floats, cost: Floats, gains: Floats, tie: Floats
) -> int:
    """Return the configuration of largest gain; updates `gains`, those not below 0."""
    np.copyto(gains, set_gains(utility, weights, reached) / cost, where=gains >= 0.0)
    near = _near_top(gains)
    return int(near[np.argmin(tie[near])])


def _near_top(gains: Floats) -> Ints:
    """Return the configurations whose gain equals the largest up to rounding errors."""
    top = gains.max()
    return np.flatnonzero(gains >= top - _TIE * max(1.0, abs(top)))


def _lazy_best(
    utility: Floats, weights: Floats, reached: Floats, cost: Floats, gains: Floats, tie: Floats
) -> int:
    """Return the configuration of largest gain; updates the recomputed entries of `gains`."""
    fresh = np.zeros(len(gains), dtype=np.bool_)
    batch = max(8, _BLOCK // max(len(reached), 1))
    while True:
        near = _near_top(gains)
        if fresh[near].all() or gains[near].max() < SATURATED:
            return int(near[np.argmin(tie[near])])
        stale = np.flatnonzero(~fresh & (gains >= SATURATED))
        if len(stale) > batch:
            stale = stale[np.argpartition(-gains[stale], batch - 1)[:batch]]
        stale = np.union1d(stale, near[~fresh[near]])
        gains[stale] = set_gains(utility[stale], weights, reached) / cost[stale]
        fresh[stale] = True
        batch *= 2
