"""The front of a search: its undominated points, and the share of the hypervolume they cover."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from metalearn.core.arrays import Floats, Ints
from metalearn.numerics.search.hypervolume import hypervolume
from metalearn.numerics.search.pareto import undominated
from metalearn.numerics.search.scalarization import loss_ranges

__all__ = ["box_of", "front_members", "hypervolume_shares"]

_MARGIN = 0.1


def front_members(losses: Floats) -> Ints:
    """Return the indices of the undominated points, by ascending first loss; of equal points one.

    Args:
        losses: `(n, n_losses)`, lower is better; rows with NaN are left out.
    """
    known = np.flatnonzero(np.isfinite(losses).all(axis=1))
    distinct = known[np.unique(losses[known], axis=0, return_index=True)[1]]
    best = distinct[undominated(losses[distinct])]
    return np.asarray(best[np.lexsort(losses[best].T[::-1])])


def box_of(losses: Floats) -> tuple[Floats, Floats]:
    """Return the ideal point and the reference point of a set of losses, both `(n_losses,)`.

    The ideal point has the lowest value of each loss. The reference point lies a tenth of the
    range beyond the 95 % quantile, so that a single very bad point does not decide.

    Args:
        losses: `(n, n_losses)`, n >= 1, finite.
    """
    ideal, width = loss_ranges(losses)
    return ideal, ideal + (1.0 + _MARGIN) * width


def hypervolume_shares(searches: Sequence[Floats]) -> Floats:
    """Return the share of a common box that each set of points dominates, `(n_searches,)`.

    The box lies between the ideal point and the reference point of all points together. 1 needs a
    single point that is best in every loss.

    Args:
        searches: For each search its losses, `(n, n_losses)`; rows with NaN are left out.
    """
    known = [losses[np.isfinite(losses).all(axis=1)] for losses in searches]
    every = np.concatenate(known)
    if not len(every):
        return np.zeros(len(searches))
    ideal, reference = box_of(every)
    volume = float(np.prod(reference - ideal))
    return np.array([hypervolume(losses, reference) / volume for losses in known])
