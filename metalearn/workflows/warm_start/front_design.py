"""Initial design for several objectives: the merged Pareto fronts of the most similar tasks."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING

import numpy as np

from metalearn.core.arrays import Floats
from metalearn.core.configuration import Configuration
from metalearn.core.inside import lies_in
from metalearn.core.objective import Objective
from metalearn.core.space import Space
from metalearn.core.stored_json import stored_object
from metalearn.core.warm_start import WarmStart
from metalearn.numerics.search.front import front_members
from metalearn.numerics.search.pareto import best_by_front
from metalearn.workflows.objectives import stored_values

if TYPE_CHECKING:
    from metalearn.store import Store

__all__ = ["front_design"]

_N_TASKS = 5


def front_design(
    store: Store,
    space: Space,
    objectives: Sequence[Objective],
    warm: WarmStart,
    k: int,
    *,
    degenerate: Collection[Configuration] = (),
) -> tuple[Configuration, ...]:
    """Return up to `k` configurations of the fronts of the five most similar tasks.

    The losses of each task are scaled to [0, 1] per objective. Its undominated configurations are
    merged with those of the others, and the best are taken by Pareto front, then by crowding
    distance, so that the design spreads over the objectives.

    Args:
        store: The store with the runs.
        space: Where the configurations must lie.
        objectives: Metrics, and costs that the store knows.
        warm: Source tasks with their weights, most similar first.
        k: Length of the design.
        degenerate: Configurations that are worse than the dummy on most known tasks; they are
            cheap at times, but never listed.
    """
    tasks = [source.task for source in warm.sources[:_N_TASKS]]
    table = stored_values(store, objectives, tasks)
    table = table[table["algorithm"].isin(space.algorithms)]
    found: dict[Configuration, list[Floats]] = {}
    for _, rows in table.groupby("task", sort=False):
        losses = np.column_stack([o.losses(rows[o.name].to_numpy(float)) for o in objectives])
        scaled = _scaled(losses)
        for i in front_members(losses):
            row = rows.iloc[int(i)]
            configuration = Configuration(row["algorithm"], stored_object(row["hyperparameters"]))
            if configuration in degenerate:
                continue
            if lies_in(space, configuration) and space.is_allowed(configuration):
                found.setdefault(configuration, []).append(scaled[i])
    if not found:
        return ()
    listed = list(found)
    merged = np.array([np.mean(found[configuration], axis=0) for configuration in listed])
    return tuple(listed[i] for i in best_by_front(merged, k))


def _scaled(losses: Floats) -> Floats:
    """Return the losses of one task scaled to [0, 1] per objective; a constant one becomes 0."""
    low, high = losses.min(axis=0), losses.max(axis=0)
    return np.asarray((losses - low) / np.where(high > low, high - low, 1.0))
