"""Requirements on the runs of a task for an analysis of importance."""

from __future__ import annotations

import zlib
from itertools import combinations

import numpy as np

from metalearn.core.arrays import Floats
from metalearn.core.history import History
from metalearn.core.space import Space
from metalearn.errors import NotEnoughMetaDataError, UsageError
from metalearn.histories.runs import Runs
from metalearn.importance.table import Item
from metalearn.numerics.statistics.loss_unit import are_coarse, are_equal

__all__ = [
    "active_masses",
    "all_items",
    "analysed_axes",
    "doubt",
    "objection",
    "rng_for",
    "varying",
]

_POOR_FIT = 0.5
_FEW_RUNS = 100


def objection(history: History, axes: list[int]) -> str:
    """Return why these runs cannot be analysed, as a sentence; "" if they can.

    Reasons: fewer than two runs per axis, a NaN or infinite loss, equal losses, or constant values
    on every axis (METHODS 0.3 D4 and 3.1).
    """
    n, d = len(history), len(axes)
    y = history.y
    if d == 0:
        return "no answer: the space has no axis with more than one value"
    if n < 2 * d or n < 2:
        return f"no answer: {n} runs for {d} hyperparameters; at least {max(2 * d, 2)} are needed"
    bad = int((~np.isfinite(y)).sum())
    if bad:
        return (
            f"no answer: {bad} of {n} losses are not finite; leave failed runs out or give them "
            f"the worst loss of the task first"
        )
    if are_equal(y):
        return f"no answer: all {n} losses are {y[0]:g}, so there is no variance to share out"
    points = history.X[:, axes]
    if (points == points[0]).all():  # NaN, an inactive axis, is unequal to itself
        return f"no answer: every hyperparameter has one value only in these {n} runs"
    return ""


def doubt(history: History, fit: float | None = None) -> str:
    """Return why results from these runs are doubtful, as a sentence; "" if they are not.

    Args:
        history: Runs that can be analysed.
        fit: Out-of-bag R2 of the surrogate; None if the method has none.
    """
    if are_coarse(history.y):
        return (
            f"doubtful: the losses agree in their first twelve digits ({history.y.min():.15g} to "
            f"{history.y.max():.15g}); what is left may be rounding"
        )
    if fit is not None and not fit >= _POOR_FIT:
        return (
            f"doubtful: the forest explains little of these runs (out-of-bag R2 "
            f"{fit:.2f} < {_POOR_FIT})"
        )
    if fit is not None and len(history) < _FEW_RUNS:
        return f"doubtful: only {len(history)} runs; {_FEW_RUNS} or more are advised"
    return ""


def varying(space: Space, runs: Runs | None = None) -> list[int]:
    """Return the axes that vary: not constant, not fixed, active in at least one run."""
    axes = [j for j, axis in enumerate(space.axes) if axis.n_cells != 1]
    if runs is None:
        return axes
    return [
        j
        for j in axes
        if space.names[j] not in runs.fixed
        and any((~np.isnan(h.X[:, j])).any() for h in runs.histories)
    ]


def analysed_axes(runs: Runs) -> list[int]:
    """Return the axes to analyse.

    Raises:
        NotEnoughMetaDataError: If no hyperparameter varies.
    """
    axes = varying(runs.space, runs)
    if not axes:
        raise NotEnoughMetaDataError(
            f"expected runs of {runs.algorithm!r} that vary at least one hyperparameter; none of "
            f"{list(runs.space.names)} varies in {len(runs.histories)} tasks. Collect more "
            f"configurations: metalearn collect TABLES --configurations 100"
        )
    return axes


def all_items(names: list[str], order: int) -> tuple[Item, ...]:
    """Return all sets of up to `order` names, smaller sets first."""
    if order < 1:
        raise UsageError(f"order must be at least 1 (main effects), got {order}")
    sizes = range(1, min(order, len(names)) + 1)
    return tuple(item for size in sizes for item in combinations(names, size))


def active_masses(runs: Runs, items: tuple[Item, ...], seed: int = 0) -> Floats:
    """Return `(n_items,)`: the share of the space where all axes of an item are active.

    Estimated from 4,096 points when the space has conditions; exactly 1 otherwise. Within a fixed
    branch it is the share of that branch.
    """
    space = runs.space
    if not space.config_space.conditions:
        return np.ones(len(items))
    points = np.random.default_rng(seed).random((4096, space.n_axes))
    at = {name: j for j, name in enumerate(space.names)}
    for name, value in runs.fixed.items():
        points[:, at[name]] = space.axes[at[name]].encode([value])[0]
    active = space.active(points)
    mass = np.array([active[:, [at[name] for name in item]].all(axis=1).mean() for item in items])
    return np.where(mass > 0.0, mass, np.nan)


def rng_for(seed: int, task: str) -> np.random.Generator:
    """Return a generator that depends on the seed and the task's key, not on its position."""
    return np.random.default_rng([seed, zlib.crc32(task.encode())])
