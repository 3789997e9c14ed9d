"""The stored runs of one algorithm on every known task, in one space.

The space is the one to be searched, which may be narrower than that of the runs. Runs outside it
are left out, and a note counts them. Failed runs get the worst loss of their task (METHODS 0.3
D3); far outliers of metrics without a worst value are clipped.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from metalearn.core.arrays import Bools, Floats
from metalearn.core.configuration import Value
from metalearn.core.history import History
from metalearn.core.meta_dataset import MetaDataset
from metalearn.core.metric import Metric
from metalearn.core.space import Axis, Space
from metalearn.core.task import Kind
from metalearn.errors import NotEnoughMetaDataError, UnknownNameError, did_you_mean
from metalearn.histories.runs import Runs, runs_of
from metalearn.workflows.recommend.ask import chosen_metric
from metalearn.workflows.recommend.floor import known_floor

if TYPE_CHECKING:
    from metalearn.store import Store

__all__ = ["StoredRuns", "moved", "placed_in", "stored_runs"]


@dataclass(frozen=True, eq=False)
class StoredRuns:
    """Known tasks with their runs in one space.

    Attributes:
        space: The space that all points live in.
        described: The tasks with meta-features and groups, without configurations.
        histories: One per task, in the same order; losses finite, on each task's own scale.
        notes: What was clipped, left out or missing, one sentence each.
        matrix: The same tasks and losses as a matrix over the configurations of all algorithms,
            as `recommend` ranks them; None for one algorithm.
        floor: `(n_tasks,)` losses of the dummy, NaN = unknown; None = unknown on all tasks.
    """

    space: Space
    described: MetaDataset
    histories: tuple[History, ...]
    notes: tuple[str, ...] = ()
    matrix: MetaDataset | None = None
    floor: Floats | None = None

    @property
    def metric(self) -> Metric:
        """The metric of the losses."""
        return self.described.metric

    @property
    def runs(self) -> Runs:
        """The same runs as input of the analyses of one algorithm."""
        return Runs(self.space, self.metric, self.histories)

    def take(self, keep: npt.ArrayLike) -> StoredRuns:
        """Return a subset of the tasks, by index or boolean mask."""
        rows = np.arange(len(self.histories))[np.asarray(keep)]
        histories = tuple(self.histories[i] for i in rows)
        matrix = None if self.matrix is None else self.matrix.take(rows)
        floor = None if self.floor is None else self.floor[rows]
        return replace(
            self,
            described=self.described.take(rows),
            histories=histories,
            matrix=matrix,
            floor=floor,
        )

    def without(self, names: Sequence[str]) -> StoredRuns:
        """Return the tasks except those with these names or keys and their near-duplicates."""
        unwanted = set(names)
        named = [t.name in unwanted or t.key in unwanted for t in self.described.tasks]
        groups = self.described.groups
        return self.take(~np.isin(groups, groups[np.array(named, dtype=np.bool_)]))


def stored_runs(
    store: Store, space: str | Space, kind: Kind, *, metric: str | None = None
) -> StoredRuns:
    """Return the stored runs of an algorithm on tasks of one kind; see `joint_runs` for several.

    Args:
        store: The store to read.
        space: Name of an algorithm, for its own space; or the space to search.
        kind: Kind of task.
        metric: Name of the metric; None takes the default of this kind, else the first one
            under which the algorithm has runs.

    Raises:
        UnknownNameError: If neither the store nor the learners know the algorithm.
        UsageError: If the algorithm or the metric is for the other kind of task.
        NotEnoughMetaDataError: If the store has no run of it.
    """
    algorithm = space if isinstance(space, str) else space.algorithm
    declared = _learner_space(algorithm, kind) if isinstance(space, str) else space
    runs = _runs(store, algorithm, kind, metric)
    wanted = runs.space if declared is None else declared
    if isinstance(space, str) and not set(runs.space.names) <= set(wanted.names):
        wanted = runs.space  # runs of another implementation of the same name
    histories, notes = moved(runs, wanted)
    described = store.described_tasks(runs.metric.name, [history.task for history in histories])
    by_task = {history.task: history for history in histories}
    found = tuple(by_task[task.key] for task in described.tasks)
    floor = known_floor(store, described)
    every = StoredRuns(wanted, described, found, (*runs.notes, *notes), floor=floor)
    of_kind = np.array([task.kind == kind for task in described.tasks], dtype=np.bool_)
    return every.take(of_kind)


def moved(runs: Runs, space: Space) -> tuple[tuple[History, ...], list[str]]:
    """Return the histories in another space, and a note about the runs that lie outside it.

    An axis missing in a run gets its default. Tasks without a run in the space are left out.
    """
    if runs.space is space or runs.space.to_json() == space.to_json():
        return tuple(h for h in runs.histories if len(h)), []
    every = np.concatenate([h.X for h in runs.histories])
    rows = [c.hyperparameters for c in runs.space.decode(every)]
    points, inside = placed_in(space, rows)
    histories, start = [], 0
    for history in runs.histories:
        part = slice(start, start + len(history))
        start += len(history)
        if inside[part].any():
            kept = inside[part]
            histories.append(History(points[part][kept], history.y[kept], history.task))
    n_lost = int((~inside).sum())
    lost = f"{n_lost} of {len(rows)} runs lie outside the space: left out"
    return tuple(histories), [lost] if n_lost else []


def placed_in(space: Space, rows: Sequence[Mapping[str, Value]]) -> tuple[Floats, Bools]:
    """Return `(n, n_axes)` points of values by axis, NaN outside, and `(n,)`: which lie inside.

    An axis without a value gets its default.
    """
    inside = _inside(rows, space)
    points = np.full((len(rows), space.n_axes), np.nan)
    points[inside] = _completed(
        space.encode([r for r, i in zip(rows, inside, strict=True) if i]), space
    )
    return points, inside


def _learner_space(algorithm: str, kind: Kind) -> Space | None:
    from metalearn.learners import CATALOGUE

    return CATALOGUE.get(algorithm).space(kind) if algorithm in CATALOGUE else None


def _runs(store: Store, algorithm: str, kind: Kind, metric: str | None) -> Runs:
    from metalearn.learners.scores import METRICS_OF

    if metric is not None:
        return runs_of(store, algorithm, chosen_metric(kind, metric).name, exact=True)
    usual = [chosen_metric(kind, None).name, *METRICS_OF[kind]]
    stored = list(store.metrics())
    reasons: list[str] = []
    for name in [n for n in usual if n in stored] + [n for n in stored if n not in usual]:
        try:
            return runs_of(store, algorithm, name, exact=True)
        except NotEnoughMetaDataError as error:
            reasons.append(str(error))
        except UnknownNameError as error:
            raise NotEnoughMetaDataError(
                f"the store has no runs of {algorithm!r}; it has runs of "
                f"{', '.join(error.known)}. Collect some (metalearn collect TABLES --algorithm "
                f"{algorithm}), or name another store{did_you_mean(algorithm, error.known)}"
            ) from None
    raise NotEnoughMetaDataError(
        f"the store has no runs of {algorithm!r} under any of {', '.join(stored) or 'no'} metrics"
        f"{': ' if reasons else ''}{reasons[-1] if reasons else ''}"
    )


def _inside(rows: Sequence[Mapping[str, Value]], space: Space) -> Bools:
    """Return `(n,)`: which rows lie in the space."""
    known = set(space.names)
    inside = np.array([set(row) <= known for row in rows], dtype=np.bool_)
    for axis in space.axes:
        given = [i for i, row in enumerate(rows) if axis.name in row]
        if given:
            inside[given] &= _within(axis, [rows[i][axis.name] for i in given])
    return inside


def _within(axis: Axis, values: Sequence[Any]) -> Bools:
    if axis.kind == "category":
        places = [axis.index.strictly(value) for value in values]
        return np.array([place is not None for place in places], dtype=np.bool_)
    is_number = np.array([isinstance(v, (int, float)) and v is not True for v in values])
    numbers = np.array([v if ok else np.nan for v, ok in zip(values, is_number, strict=True)],
                       dtype=np.float64)  # fmt: skip
    slack = 1e-9 * max(abs(axis.lower), abs(axis.upper))
    return np.asarray((numbers >= axis.lower - slack) & (numbers <= axis.upper + slack))


def _completed(points: Floats, space: Space) -> Floats:
    """Fill NaN of active axes with their defaults, and set inactive axes to NaN."""
    defaults = np.array([axis.encode([axis.default])[0] for axis in space.axes])
    active = space.active(points)
    return np.where(active, np.where(np.isnan(points), defaults, points), np.nan)
