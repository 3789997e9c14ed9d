"""Several losses as one: normalisation and augmented Tchebycheff functions of ParEGO.

Knowles 2006, section IV. Weights come from a lattice on the simplex, so that repeated draws
approach the whole Pareto front, its ends included.
"""

from __future__ import annotations

from itertools import combinations

import numpy as np

from metalearn.core.arrays import Floats

__all__ = ["augmented_tchebycheff", "loss_ranges", "unit_losses", "weight_lattice"]

_STEPS = {1: 1, 2: 10, 3: 5, 4: 4}
_RHO = 0.05
_UPPER = 0.95


def weight_lattice(n_objectives: int) -> Floats:
    """Return all weights `l / s` with sum 1, `(n_weights, n_objectives)`.

    `s` is 10 for two objectives, 5 for three, 4 for four, 3 for more.

    >>> len(weight_lattice(2)), len(weight_lattice(3))
    (11, 21)
    """
    s = _STEPS.get(n_objectives, 3)
    bars = combinations(range(s + n_objectives - 1), n_objectives - 1)
    ends = np.array([(-1, *b, s + n_objectives - 1) for b in bars], dtype=np.float64)
    return np.asarray((np.diff(ends, axis=1) - 1) / s)


def loss_ranges(losses: Floats) -> tuple[Floats, Floats]:
    """Return the lowest value of each loss and the width from there to its 95 % quantile.

    Where the quantile is the lowest value, the width reaches to the highest one; that of a
    constant loss is 1.

    Args:
        losses: `(n, n_losses)`, n >= 1, finite.
    """
    low = losses.min(axis=0)
    width = np.quantile(losses, _UPPER, axis=0) - low
    width = np.where(width > 0, width, losses.max(axis=0) - low)
    return low, np.where(width > 0, width, 1.0)


def unit_losses(losses: Floats) -> Floats:
    """Return losses scaled per objective: 0 is the lowest, 1 the 95 % quantile or worse.

    Values above the quantile are clipped, so that one very bad point does not flatten the others.
    Low values are not clipped, because they are what the search looks for. A constant objective
    becomes 0.

    Args:
        losses: `(n, n_objectives)`, finite.
    """
    if not len(losses):
        return losses.copy()
    low, width = loss_ranges(losses)
    return np.asarray(np.minimum((losses - low) / width, 1.0))


def augmented_tchebycheff(losses: Floats, weights: Floats) -> Floats:
    """Return `max_k w_k f_k + 0.05 sum_k w_k f_k` of each point, `(n,)`.

    Args:
        losses: `(n, n_objectives)`, scaled to [0, 1].
        weights: `(n_objectives,)`, non-negative with sum 1.
    """
    weighted = losses * weights
    return np.asarray(weighted.max(axis=1) + _RHO * weighted.sum(axis=1))
