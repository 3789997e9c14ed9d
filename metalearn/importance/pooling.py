"""Pooling of the runs of all tasks into one, for tasks with too few runs each.

Losses are replaced by their rank within the task (0 best, 1 worst), so that tasks have equal
weight, and averaged over the tasks that evaluated the same configuration. Differences between
tasks are lost. If every task evaluated configurations of its own, as random search does, the
number of points adds up. If all tasks evaluated one list, there are as many points as the list has
entries, with less noise but no finer resolution of the space.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from metalearn.core.history import History
from metalearn.core.metric import Metric
from metalearn.errors import NotEnoughMetaDataError
from metalearn.histories.runs import Runs
from metalearn.numerics.statistics.loss_unit import are_equal
from metalearn.numerics.statistics.ranks import rank_rows

__all__ = ["pooled"]


def pooled(runs: Runs) -> Runs:
    """Return runs of a single task with the mean rank over tasks as loss.

    Args:
        runs: Runs of many tasks; those with fewer than two finite or with constant losses are left
            out.

    Raises:
        NotEnoughMetaDataError: If no task is left.
    """
    points, scaled = [], []
    for history in runs.histories:
        ok = np.isfinite(history.y)
        if ok.sum() < 2 or are_equal(history.y[ok]):
            continue
        points.append(history.X[ok])
        scaled.append((rank_rows(history.y[None, ok])[0] - 1.0) / (ok.sum() - 1.0))
    if not points:
        raise NotEnoughMetaDataError(
            f"expected a task with two different losses of {runs.algorithm!r}, found none in "
            f"{len(runs.histories)} tasks"
        )
    marked = np.nan_to_num(np.concatenate(points), nan=-1.0)
    distinct, place = np.unique(marked, axis=0, return_inverse=True)
    place = place.ravel()
    mean = np.bincount(place, np.concatenate(scaled)) / np.bincount(place)
    note = (
        f"{len(place)} runs of {len(points)} tasks pooled: {len(distinct)} distinct configurations"
    )
    only = History(np.where(distinct < 0.0, np.nan, distinct), mean, f"{len(points)} tasks pooled")
    return replace(
        runs, metric=Metric("mean_rank", False, 0.0, 1.0), histories=(only,),
        notes=(*runs.notes, note),
    )  # fmt: skip
