"""Importance at one point: the ablation path from a default to an incumbent, and local importance.

Fawcett & Hoos, "Analysing differences between algorithm configurations through ablation", J.
Heuristics 2016; on a surrogate as in Biedenkapp et al., AAAI 2017. Each step of the path sets one
more hyperparameter to its value in the incumbent, the one with the largest gain, together with the
children it activates. Local importance (Biedenkapp et al., LION 2018): the variance of the loss
when one hyperparameter alone moves away from the incumbent.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from metalearn.core.arrays import Floats
from metalearn.core.configuration import Configuration
from metalearn.core.history import History
from metalearn.core.seams import Predictor
from metalearn.core.space import Space
from metalearn.importance.checks import doubt, objection, varying
from metalearn.importance.forest import ForestSettings, RunForest, fit_forest
from metalearn.importance.table import TaskImportance
from metalearn.numerics.statistics.loss_unit import are_coarse, are_equal
from metalearn.surrogates.inactive import inactive_drawn

__all__ = ["AblationPath", "ablation_path", "axis_positions", "local_importance", "task_forest"]

_LOCAL_POINTS = 500
_TREES = 50


@dataclass(frozen=True, slots=True, eq=False)
class AblationPath:
    """The ablation path from a default to an incumbent.

    Attributes:
        names: Hyperparameters in the order in which they were changed.
        losses: `(n_steps + 1,)` predicted losses, the default's first, the incumbent's last.
        shares: `(n_steps,)` gain of each step divided by the total gain; NaN if that is 0.
        note: A sentence if the shares are undefined; else "".
    """

    names: tuple[str, ...]
    losses: Floats
    shares: Floats
    note: str = ""


def task_forest(
    space: Space,
    history: History,
    rng: np.random.Generator,
    settings: ForestSettings | None = None,
) -> RunForest:
    """Return a forest of 50 trees on all axes of a task's runs."""
    points = inactive_drawn(history.X, rng)
    assert points.shape[1] == space.n_axes
    return fit_forest(points, history.y, rng, settings or ForestSettings(n_trees=_TREES))


def ablation_path(
    space: Space, surrogate: Predictor, default: Configuration, incumbent: Configuration
) -> AblationPath:
    """Return the changes from a default to an incumbent, largest predicted gain first.

    Args:
        space: Space of both configurations.
        surrogate: Predicts the loss at points of the unit cube; needs `O(n_axes^2)` points.
        default: Start of the path.
        incumbent: End of the path.

    Returns:
        The path; gains of single steps may be negative, and the shares sum to 1.
    """
    here, goal = space.encode([default, incumbent])
    losses = [_loss(surrogate, here)]
    names: list[str] = []
    while (open_axes := _open(here, goal)).size:
        candidates = np.array([_flipped(space, here, goal, int(j)) for j in open_axes])
        predicted = surrogate.predict(candidates).mean
        allowed = np.array([space.is_allowed(c) for c in space.decode(candidates)])
        best = int(np.argmin(np.where(allowed | ~allowed.any(), predicted, np.inf)))
        here = candidates[best]
        names.append(space.names[open_axes[best]])
        losses.append(float(predicted[best]))
    path = np.array(losses)
    gain = path[0] - path[-1]
    ends = path[[0, -1]]
    if are_equal(ends):
        note = "no answer: default and incumbent have the same predicted loss"
        return AblationPath(tuple(names), path, np.full(len(names), np.nan), note)
    note = ""
    if are_coarse(ends):
        note = "doubtful: the two predicted losses agree in their first twelve digits"
    if gain < 0:
        note = "doubtful: the incumbent is predicted to be worse than the default"
    return AblationPath(tuple(names), path, -np.diff(path) / gain, note)


def local_importance(
    space: Space,
    history: History,
    rng: np.random.Generator,
    *,
    incumbent: Configuration | None = None,
) -> TaskImportance:
    """Return the share of each hyperparameter in the local variance around an incumbent.

    Args:
        space: The space of the history.
        history: Runs of a task.
        rng: Source of the forest's randomness.
        incumbent: Centre of the analysis; the best run if None.

    Returns:
        Shares of all non-constant axes, in their order; 0 for those inactive at the incumbent.
    """
    axes = varying(space)
    if problem := objection(history, axes):
        return TaskImportance.undefined(len(axes), len(history), problem)
    forest = task_forest(space, history, rng)
    if incumbent is None:
        centre = history.X[int(np.argmin(history.y))]
    else:
        centre = space.encode([incumbent])[0]
    variance = np.zeros((len(forest.trees), len(axes)))
    for column, j in enumerate(axes):
        if np.isnan(centre[j]):
            continue
        points = _moved(space, centre, j)
        variance[:, column] = [v.var() for v in forest.tree_values(points, in_unit=True)]
    total = variance.sum(axis=1, keepdims=True)
    if not (total > 0).all():
        note = "no answer: the surrogate is constant around the incumbent"
        return TaskImportance.undefined(len(axes), len(history), note)
    shares = variance / total
    return TaskImportance(
        variance.mean(axis=0) / variance.mean(axis=0).sum(), shares.std(axis=0, ddof=1),
        forest.oob_r2, len(history), doubt(history, forest.oob_r2),
    )  # fmt: skip


def axis_positions(space: Space, j: int, n: int) -> Floats:
    """Return positions along an axis: the middle of every cell, or `n` points if continuous."""
    edges = space.axes[j].cell_edges()
    if edges is None or len(edges) > n + 1:
        return (np.arange(n) + 0.5) / n
    return np.asarray((edges[:-1] + edges[1:]) / 2)


def _moved(space: Space, centre: Floats, j: int) -> Floats:
    """Return the allowed neighbours that differ in axis `j` alone (and what it activates)."""
    positions = axis_positions(space, j, _LOCAL_POINTS)
    points = np.tile(centre, (len(positions), 1))
    points[:, j] = positions
    points = np.where(space.active(points), points, np.nan)
    if space.config_space.forbidden_clauses:
        points = points[[space.is_allowed(c) for c in space.decode(points)]]
    return points


def _loss(surrogate: Predictor, point: Floats) -> float:
    mean = surrogate.predict(point[None, :]).mean
    assert math.isfinite(mean[0])
    return float(mean[0])


def _open(here: Floats, goal: Floats) -> np.ndarray[tuple[int], np.dtype[np.intp]]:
    """Return the axes that are active at both ends and still differ."""
    return np.flatnonzero(~np.isnan(here) & ~np.isnan(goal) & (here != goal))


def _flipped(space: Space, here: Floats, goal: Floats, j: int) -> Floats:
    """Return `here` with axis `j` at the goal; children it activates go to the goal as well."""
    point = here.copy()
    point[j] = goal[j]
    filled = np.where(np.isnan(point), goal, point)
    return np.where(space.active(filled[None, :])[0], filled, np.nan)
