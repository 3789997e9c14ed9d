"""The Pareto front of a search for several objectives."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from metalearn.core.arrays import Floats
from metalearn.core.objective import Objective
from metalearn.numerics.search.front import front_members, hypervolume_shares

if TYPE_CHECKING:
    from metalearn.workflows.optimize.result import Optimization, SearchTrial

__all__ = ["front_of", "hypervolumes", "losses_of"]


def losses_of(trials: Sequence[SearchTrial], objectives: Sequence[Objective]) -> Floats:
    """Return the losses of trials, `(n_trials, n_objectives)`; NaN where a value is missing."""
    rows = [
        [o.loss(t.values.get(o.name, np.nan)) if t.is_complete else np.nan for o in objectives]
        for t in trials
    ]
    return np.array(rows, dtype=np.float64).reshape(-1, len(objectives))


def front_of(
    trials: Sequence[SearchTrial], objectives: Sequence[Objective]
) -> tuple[SearchTrial, ...]:
    """Return the undominated trials, best by the first objective first; none with one."""
    if not objectives:
        return ()
    return tuple(trials[i] for i in front_members(losses_of(trials, objectives)))


def hypervolumes(searches: Sequence[Optimization]) -> list[float]:
    """Return the share of a common box that each search covers, see `hypervolume_shares`.

    Args:
        searches: Searches for the same objectives; 0 for each if they have one objective only.
    """
    if not all(search.objectives for search in searches):
        return [0.0] * len(searches)
    known = [losses_of((*s.remembered, *s.trials), s.objectives) for s in searches]
    return [float(share) for share in hypervolume_shares(known)]
