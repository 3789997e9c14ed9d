"""Initial design for several objectives: a portfolio by hypervolume on the known tasks."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from metalearn.core.configuration import Configuration
from metalearn.core.inside import lies_in
from metalearn.core.objective import Objective
from metalearn.core.space import Space
from metalearn.core.stored_json import stored_object
from metalearn.core.warm_start import WarmStart
from metalearn.numerics.matrix.set_gain import greedy_order
from metalearn.numerics.search.front import front_members
from metalearn.numerics.search.hypervolume_slices import slice_reaches
from metalearn.workflows.objectives import stored_values

if TYPE_CHECKING:
    import pandas as pd

    from metalearn.store import Store

__all__ = ["front_design", "front_portfolio", "task_weights"]

_MOST_TASKS = 100
_EQUAL_SHARE = 0.5


def front_design(
    store: Store,
    space: Space,
    objectives: Sequence[Objective],
    warm: WarmStart,
    k: int,
    *,
    degenerate: Collection[Configuration] = (),
) -> tuple[Configuration, ...]:
    """Return up to `k` configurations that cover much hypervolume on the known tasks.

    Half of the weight of a task is its similarity, half is equal for all: of the source tasks, at
    most the 100 most similar ones count.

    Args:
        store: The store with the runs.
        space: Where the configurations must lie.
        objectives: Metrics, and costs that the store knows; at least two.
        warm: Source tasks with their weights, most similar first.
        k: Length of the design.
        degenerate: Configurations that are worse than the dummy on most known tasks; they are
            cheap at times, but never listed.
    """
    weights = task_weights(warm)
    table = stored_values(store, objectives, list(weights))
    return front_portfolio(table, space, objectives, weights, k, degenerate=degenerate)


def task_weights(warm: WarmStart) -> dict[str, float]:
    """Return the weight of each source task that counts, see `front_design`."""
    tasks = [source.task for source in warm.sources[:_MOST_TASKS]]
    similar = warm.weights[:_MOST_TASKS]
    weights = _EQUAL_SHARE / len(tasks) + (1.0 - _EQUAL_SHARE) * similar / similar.sum()
    return dict(zip(tasks, weights.tolist(), strict=True))


def front_portfolio(
    table: pd.DataFrame,
    space: Space,
    objectives: Sequence[Objective],
    weights: Mapping[str, float],
    k: int,
    *,
    degenerate: Collection[Configuration] = (),
) -> tuple[Configuration, ...]:
    """Return a greedy list: each configuration adds most to the weighted mean hypervolume.

    Candidates are the undominated configurations of each task. One without a value on a task adds
    nothing there.

    Args:
        table: Values of the objectives on known tasks, as `stored_values` returns them.
        space: Where the configurations must lie.
        objectives: Objectives that are columns of the table; at least two.
        weights: Weight of each task of the table.
        k: Length of the list.
        degenerate: Configurations that are never listed.
    """
    table = table[table["algorithm"].isin(space.algorithms)]
    losses = np.column_stack([o.losses(table[o.name].to_numpy(float)) for o in objectives])
    is_finite, tasks = np.isfinite(losses).all(axis=1), table["task"].to_numpy()
    rows_of = {task: np.flatnonzero(is_finite & (tasks == task)) for task in weights}
    rows_of = {task: rows for task, rows in rows_of.items() if len(rows)}
    if not rows_of:
        return ()
    best = [rows[front_members(losses[rows])] for rows in rows_of.values()]
    listed = _allowed(table.iloc[np.concatenate(best)], space, degenerate)
    numbers = {key: i for i, key in enumerate(listed)}
    place = np.array([numbers.get(key, -1) for key in table["configuration"]])
    parts, shares = [], []
    for task, rows in rows_of.items():
        reaches, at = slice_reaches(losses[rows]), place[rows]
        part = np.zeros((len(listed), reaches.shape[1]))
        part[at[at >= 0]] = reaches[at >= 0]
        parts.append(part)
        shares.append(np.full(reaches.shape[1], weights[task] / reaches.shape[1]))
    utility, weight = np.hstack(parts), np.concatenate(shares)
    order = greedy_order(utility, weight, fallback=-utility @ weight, n=k)
    configurations = list(listed.values())
    return tuple(configurations[i] for i in order[:k])


def _allowed(
    table: pd.DataFrame, space: Space, degenerate: Collection[Configuration]
) -> dict[str, Configuration]:
    """Return the configurations of a table that may be listed, by key."""
    distinct = table.drop_duplicates("configuration")
    columns = [distinct[name] for name in ("configuration", "algorithm", "hyperparameters")]
    known = {key: Configuration(algorithm, stored_object(text))
             for key, algorithm, text in zip(*columns, strict=True)}  # fmt: skip
    return {
        key: c
        for key, c in known.items()
        if c not in degenerate and lies_in(space, c) and space.is_allowed(c)
    }
