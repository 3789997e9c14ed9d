"""Tuning ranges of hyperparameters, and complementary default sets."""

from __future__ import annotations

import math

import numpy as np

from metalearn.core.arrays import Floats
from metalearn.core.space import Space
from metalearn.histories.runs import Runs
from metalearn.importance.tunability_table import DefaultStep, TuningRange
from metalearn.importance.tuning_gain import numeric_range, usual_levels
from metalearn.numerics.matrix.set_gain import greedy_order

__all__ = ["default_set", "tuning_ranges"]


def tuning_ranges(space: Space, optima: Floats) -> tuple[TuningRange, ...]:
    """Return the ranges of the optima of tasks (Probst et al. 2019, section 3.5; METHODS 4.4).

    Args:
        space: The space.
        optima: `(n_tasks, n_axes)` best point of each task; entries of inactive axes are ignored.

    Returns:
        For numbers the 5 % and 95 % quantiles on the (log) axis, as values; None with fewer than
        10 tasks. For categories the levels that are best on more than 5 % of the tasks.
    """
    active = space.active(optima)
    found = []
    for j, axis in enumerate(space.axes):
        if axis.n_cells == 1:
            continue
        here = optima[active[:, j], j]
        if axis.kind == "category":
            levels = tuple((v, s) for v, s in usual_levels(axis.decode(here))
                           if isinstance(v, (str, int, float, bool)) or v is None)  # fmt: skip
            found.append(TuningRange(axis.name, None, None, levels))
            continue
        ends = numeric_range(here)
        if math.isnan(ends[0]):
            found.append(TuningRange(axis.name, None, None, ()))
            continue
        low, high = (float(value) for value in axis.decode(np.array(ends)) if value is not None)
        found.append(TuningRange(axis.name, low, high, ()))
    return tuple(found)


def default_set(runs: Runs, points: Floats, losses: Floats, n: int) -> tuple[DefaultStep, ...]:
    """Return complementary defaults, chosen greedily on predicted losses scaled per task.

    Args:
        runs: Runs with the space and the metric.
        points: `(n_points, n_axes)` candidates.
        losses: `(n_tasks, n_points)` predicted losses.
        n: Length of the set.
    """
    low, high = losses.min(axis=1, keepdims=True), losses.max(axis=1, keepdims=True)
    regret = (losses - low) / np.where(high > low, high - low, 1.0)
    weights = np.full(len(losses), 1.0 / len(losses))
    order = greedy_order(1.0 - regret.T, weights, fallback=regret.mean(axis=0), n=n)[:n]
    steps = []
    for rank, configuration in enumerate(runs.space.decode(points[order]), start=1):
        chosen = order[:rank]
        score = runs.metric.score(float(losses[:, chosen].min(axis=1).mean()))
        steps.append(
            DefaultStep(configuration, rank, score, float(regret[:, chosen].min(axis=1).mean()))
        )
    return tuple(steps)
