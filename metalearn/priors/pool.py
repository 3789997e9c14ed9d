"""Pool of the best runs of prior tasks, the data of a prior (van Rijn & Hutter 2018).

The paper uses the 10 best of at least 40 runs per task. Stores often hold fewer, so the number
here depends on the runs of each task: a tenth of them, at least 3, at most 10, and not more than a
quarter. With 100 runs or more per task this equals the paper's 10.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from metalearn.core.arrays import Floats, Ints, frozen_array
from metalearn.core.names import known_names
from metalearn.histories.runs import Runs
from metalearn.numerics.statistics.loss_unit import are_equal

__all__ = ["Pool", "best_runs"]

_RUNS_PER_TOP, _LEAST, _MOST = 4, 3, 10


@dataclass(frozen=True, slots=True, eq=False)
class Pool:
    """Points of the unit cube with weights.

    Attributes:
        points: `(n, n_axes)`; NaN = inactive.
        weights: `(n,)`, sum 1.
        tasks: Keys of the tasks of the points.
        notes: Reasons why tasks were left out.
        resolution: `(n_axes,)` one over the number of distinct values on the axis, a lower bound
            of the bandwidth; 0 if None.
    """

    points: Floats
    weights: Floats
    tasks: tuple[str, ...]
    notes: tuple[str, ...] = ()
    # None is only an input, "unknown"; after construction this is an array.
    resolution: Floats = None  # type: ignore[assignment]  # see above

    def __post_init__(self) -> None:
        object.__setattr__(self, "points", frozen_array("points", self.points, (None, None)))
        n = len(self.points)
        object.__setattr__(self, "weights", frozen_array("weights", self.weights, (n,)))
        n_axes = self.points.shape[1]
        steps = np.zeros(n_axes) if self.resolution is None else self.resolution
        object.__setattr__(self, "resolution", frozen_array("resolution", steps, (n_axes,)))


def best_runs(
    runs: Runs,
    *,
    n_top: int | None = None,
    exclude: str | Sequence[str] = (),
    task_weights: Mapping[str, float] | None = None,
    seed: int = 0,
) -> Pool:
    """Return the best runs of every task, each task with the same weight.

    Tasks with constant losses or too few finished runs (four, or `4 n_top` if it is given) and
    excluded tasks are left out. Ties at the boundary are broken at random, by seed and task.

    Args:
        runs: Space and histories.
        n_top: Number of runs per task; if None a tenth of the task's runs, but 3 to 10 and at most
            a quarter. The paper uses 10.
        exclude: Tasks to leave out: the target task and its near-duplicates.
        task_weights: Weight per task, for instance its similarity to the target; 1 if None.
        seed: Seed of the tie-breaks.

    Raises:
        UnknownNameError: If an excluded task has no runs.
    """
    left_out = known_names("task", exclude, [history.task for history in runs.histories])
    points, weights, tasks, notes, tried = [], [], [], [], []
    for history in runs.histories:
        weight = 1.0 if task_weights is None else task_weights.get(history.task, 0.0)
        if history.task in left_out or weight <= 0.0:
            continue
        ok = np.isfinite(history.y)
        n_best = _n_best(int(ok.sum()), n_top)
        if problem := _objection(history.y[ok], n_best, n_top):
            notes.append(f"{history.task}: {problem}: left out")
            continue
        best = _first(history.y[ok], n_best, [seed, zlib.crc32(history.task.encode())])
        points.append(history.X[ok][best])
        weights.append(np.full(n_best, weight / n_best))
        tasks.append(history.task)
        tried.append(history.X[ok])
    if not points:
        return Pool(np.empty((0, runs.space.n_axes)), np.empty(0), (), tuple(notes))
    every = np.concatenate(weights)
    return Pool(
        np.concatenate(points), every / every.sum(), tuple(tasks), tuple(notes),
        _resolution(np.concatenate(tried)),
    )  # fmt: skip


def _n_best(n_runs: int, n_top: int | None) -> int:
    if n_top is not None:
        return n_top
    return min(max(n_runs // 10, _LEAST), n_runs // _RUNS_PER_TOP, _MOST)


def _objection(y: Floats, n_best: int, n_top: int | None) -> str:
    """Return why a task with these losses cannot contribute; "" if it can."""
    if n_top is not None and len(y) < _RUNS_PER_TOP * n_top:
        return f"{len(y)} runs are fewer than {_RUNS_PER_TOP} x {n_top}"
    if n_best < 1:
        return f"{len(y)} runs are fewer than {_RUNS_PER_TOP}"
    if are_equal(y):
        return "all losses are equal"
    return ""


def _first(y: Floats, n: int, seed: list[int]) -> Ints:
    """Return the indices of the `n` lowest losses, ties at random."""
    return np.lexsort((np.random.default_rng(seed).random(len(y)), y))[:n]


def _resolution(X: Floats) -> Floats:
    """Return `(n_axes,)`: one over the number of distinct values of each axis, without NaN."""
    return np.array([1.0 / max(np.unique(c[~np.isnan(c)]).size, 1) for c in X.T])
