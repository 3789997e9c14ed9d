"""The stored runs of several algorithms on every known task, in their joint space.

The losses are those that `recommend` ranks by: one matrix of all algorithms, whose failed cells
have the worst loss of their task over all algorithms (METHODS 0.3 D3), without far outliers.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from metalearn.core.arrays import Floats
from metalearn.core.configuration import Configuration
from metalearn.core.history import History
from metalearn.core.joint_space import JointSpace
from metalearn.core.meta_dataset import MetaDataset
from metalearn.core.metric import Metric
from metalearn.core.task import Kind
from metalearn.errors import NotEnoughMetaDataError, UnknownNameError
from metalearn.workflows.recommend.ask import chosen_metric
from metalearn.workflows.recommend.floor import known_floor
from metalearn.workflows.recommend.metric_choice import metrics_of, stored_metric
from metalearn.workflows.warm_start.stored_runs import StoredRuns, placed_in

if TYPE_CHECKING:
    from metalearn.store import Store

__all__ = ["joint_runs"]


def joint_runs(
    store: Store, space: JointSpace, kind: Kind, *, metric: str | None = None
) -> StoredRuns:
    """Return the stored runs of the algorithms of a joint space on tasks of one kind.

    Args:
        store: The store to read.
        space: The joint space.
        kind: Kind of task.
        metric: Name of the metric; None takes the default of this kind, else the first one that
            the store has for it.

    Raises:
        UsageError: If the metric is for the other kind of task.
        NotEnoughMetaDataError: If the store has no run of any of the algorithms.
    """
    measure, notes = stored_metric(store, kind) if metric is None else (
        chosen_metric(kind, metric), [])  # fmt: skip
    meta = _meta(store, space, kind, measure)
    meta = meta.with_failures_imputed().with_outliers_clipped()
    kept, points, n_lost = _placed(meta, space)
    meta = replace(meta.take(configurations=kept), configurations=tuple(space.decode(points)))
    if n_lost:
        notes = [*notes, f"{n_lost} of {n_lost + len(kept)} configurations lie outside the space: "
                         "left out"]  # fmt: skip
    meta = meta.take(tasks=np.isfinite(meta.losses).any(axis=1))
    histories = []
    for task, row in zip(meta.tasks, meta.losses, strict=True):
        run = np.isfinite(row)
        histories.append(History(points[run], row[run], task.key))
    described = store.described_tasks(meta.metric.name, [task.key for task in meta.tasks])
    place = {task.key: i for i, task in enumerate(meta.tasks)}
    order = [place[task.key] for task in described.tasks]
    matrix = meta.take(order)
    return StoredRuns(
        space,
        described,
        tuple(histories[i] for i in order),
        tuple(notes),
        matrix,
        known_floor(store, matrix),
    )


def _meta(store: Store, space: JointSpace, kind: Kind, metric: Metric) -> MetaDataset:
    """Return the meta-dataset of the algorithms of the space that the store knows.

    Raises:
        NotEnoughMetaDataError: If it knows none of them under the metric.
    """
    known = set(store.sql("SELECT DISTINCT algorithm FROM configuration")["algorithm"])
    algorithms = tuple(name for name in space.algorithms if name in known)
    with suppress(UnknownNameError):  # of the metric
        meta = store.meta_dataset(metric.name, kind=kind, algorithms=algorithms)
        if meta.n_tasks and meta.n_configurations:
            return meta
    others = ", ".join(metrics_of(store, kind)) or "none"
    raise NotEnoughMetaDataError(
        f"the store has no runs of {', '.join(space.algorithms)} on {kind} tasks under "
        f"{metric.name!r} (metrics of its {kind} tasks: {others}); collect some (metalearn "
        "collect TABLES), or name another store"
    )


def _placed(meta: MetaDataset, space: JointSpace) -> tuple[list[int], Floats, int]:
    """Return columns within the space, their points, and the number of columns outside it.

    An axis missing in a configuration gets its default. Of two columns that become the same
    configuration, the first is kept.
    """
    points = np.full((meta.n_configurations, space.n_axes), np.nan)
    inside = np.zeros(meta.n_configurations, dtype=np.bool_)
    for part in space.parts:
        own = [j for j, c in enumerate(meta.configurations) if c.algorithm == part.algorithm]
        rows = [meta.configurations[j].hyperparameters for j in own]
        found, where = placed_in(part, rows)
        points[own] = space.lifted(part.algorithm, found)
        inside[own] = where
    once: dict[Configuration, int] = {}
    columns = np.flatnonzero(inside)
    for j, configuration in zip(columns, space.decode(points[columns]), strict=True):
        once.setdefault(configuration, int(j))
    kept = list(once.values())
    return kept, points[kept], int((~inside).sum())
