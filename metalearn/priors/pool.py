"""The best runs of prior tasks, pooled: what a prior is made of (van Rijn & Hutter 2018)."""

from __future__ import annotations

import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from metalearn.core.arrays import Floats, frozen_array
from metalearn.core.runs import Runs

__all__ = ["Pool", "best_runs"]

_RUNS_PER_TOP = 4


@dataclass(frozen=True, slots=True, eq=False)
class Pool:
    """Points of the unit cube with weights.

    Attributes:
        points: `(n, n_axes)`; NaN = inactive.
        weights: `(n,)`, sum 1.
        tasks: Keys of the tasks they come from.
        notes: Why tasks were left out.
    """

    points: Floats
    weights: Floats
    tasks: tuple[str, ...]
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "points", frozen_array("points", self.points, (None, None)))
        n = len(self.points)
        object.__setattr__(self, "weights", frozen_array("weights", self.weights, (n,)))


def best_runs(
    runs: Runs,
    *,
    n_top: int = 10,
    exclude: Sequence[str] = (),
    task_weights: Mapping[str, float] | None = None,
    seed: int = 0,
) -> Pool:
    """Return the best runs of every task, each task with the same weight.

    Tasks with fewer than `4 n_top` finished runs, with constant losses, or excluded are left out.
    Ties at the boundary are broken at random, by seed and task.

    Args:
        runs: Space and histories.
        n_top: Runs per task.
        exclude: Tasks to leave out: the target task and its near-duplicates.
        task_weights: Weight per task, for instance its similarity to the target; 1 if None.
        seed: Seed of the tie-breaks.
    """
    points, weights, tasks, notes = [], [], [], []
    for history in runs.histories:
        weight = 1.0 if task_weights is None else task_weights.get(history.task, 0.0)
        ok = np.isfinite(history.y)
        if history.task in exclude or weight <= 0.0:
            continue
        if ok.sum() < _RUNS_PER_TOP * n_top:
            notes.append(f"{history.task}: {ok.sum()} runs are fewer than 4 x {n_top}: left out")
            continue
        y = history.y[ok]
        if np.ptp(y) <= 1e-12 * max(1.0, float(np.abs(y).max())):
            notes.append(f"{history.task}: all losses are equal: left out")
            continue
        rng = np.random.default_rng([seed, zlib.crc32(history.task.encode())])
        best = np.lexsort((rng.random(len(y)), y))[:n_top]
        points.append(history.X[ok][best])
        weights.append(np.full(n_top, weight / n_top))
        tasks.append(history.task)
    if not points:
        return Pool(np.empty((0, runs.space.n_axes)), np.empty(0), (), tuple(notes))
    every = np.concatenate(weights)
    return Pool(np.concatenate(points), every / every.sum(), tuple(tasks), tuple(notes))
