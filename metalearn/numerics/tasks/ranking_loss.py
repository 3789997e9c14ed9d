"""The ranking loss of RGPE (Feurer, Letham, Hutter & Bakshy 2018/2022, equations 3 to 5)."""

from __future__ import annotations

import numpy as np

from metalearn.core.arrays import Bools, Floats

__all__ = ["diluted", "left_out_ranking_loss", "may_stay", "ranking_loss", "shares_of_lowest"]


def ranking_loss(f: Floats, y: Floats) -> Floats:
    """Return the number of misordered pairs in each draw of a source at the target's points.

    Args:
        f: `(n_draws, n_trials)` drawn losses.
        y: `(n_trials,)` observed losses; finite.

    Returns:
        `(n_draws,)` counts of ordered pairs; 0 means that all trials are ordered as observed.

    >>> ranking_loss(np.array([[1.0, 2.0, 3.0], [3.0, 2.0, 1.0]]), np.array([1.0, 2.0, 3.0]))
    array([0., 6.])
    """
    wrong = (f[:, :, None] < f[:, None, :]) != (y[:, None] < y)
    return np.asarray(wrong.sum(axis=(1, 2)), dtype=np.float64)


def left_out_ranking_loss(f: Floats, y: Floats) -> Floats:
    """Return the ranking loss of the target's own process, from leave-one-out draws.

    Args:
        f: `(n_draws, n_trials)` losses drawn at each point given all the others.
        y: `(n_trials,)` observed losses; a draw is compared with the losses at other points.
    """
    wrong = (f[:, :, None] < y) != (y[:, None] < y)
    wrong[:, np.arange(len(y)), np.arange(len(y))] = False
    return np.asarray(wrong.sum(axis=(1, 2)), dtype=np.float64)


def shares_of_lowest(losses: Floats) -> Floats:
    """Return the share of draws in which each model has the lowest loss; ties are split.

    Args:
        losses: `(n_models, n_draws)`.

    Returns:
        `(n_models,)`, sum 1.
    """
    lowest = losses == losses.min(axis=0)
    return np.asarray((lowest / lowest.sum(axis=0)).mean(axis=1))


def may_stay(chance: Floats, n_trials: int, budget: int) -> Bools:
    """Return the sources that `diluted` can keep, so that others need no draws.

    A source passes if it would be kept when better than the target in every draw. After `budget`
    evaluations no source passes.

    Args:
        chance: `(n_sources,)` uniform on [0, 1), see `diluted`.
        n_trials: Evaluations of the target so far.
        budget: Number of planned evaluations.
    """
    return np.asarray(chance < 1.0 - min(n_trials / budget, 1.0))


def diluted(losses: Floats, chance: Floats, n_trials: int, budget: int) -> Floats:
    """Return the losses with dropped sources set to infinity.

    Source i, better than the target in a share p_i of the draws, is dropped with probability
    `1 - p_i (1 - n_trials / budget)` (2022, section 4.3).

    Args:
        losses: `(n_sources + 1, n_draws)`, the target last.
        chance: `(n_sources,)` uniform random numbers on [0, 1), which decide.
        n_trials: Evaluations of the target so far.
        budget: Number of planned evaluations.
    """
    better = (losses[:-1] < losses[-1]).mean(axis=1)
    keep = better * (1.0 - min(n_trials / budget, 1.0))
    found = losses.copy()
    found[:-1][chance >= keep] = np.inf
    return found
