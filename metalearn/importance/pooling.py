"""The runs of all tasks as those of one: what to analyse when each task alone has too few.

Losses are replaced by their rank within the task (0 best, 1 worst), so that no task outweighs
another, and averaged over the tasks that ran the same configuration. What is lost is how tasks
differ; what is gained depends on the design. Where every task ran configurations of its own, as
random search does, their points add up; where all tasks ran one list, there are as many points as
the list is long, with less noise, and no analysis of the space is finer than that.
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
    """Return runs of a single task, whose loss is the mean rank within the tasks.

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
