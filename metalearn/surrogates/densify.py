"""Complete matrix of losses for tasks that share no configuration (METHODS 2.4).

OpenML's random runs evaluate different configurations on every task. One model per task predicts
losses at candidates that are *the same for all tasks* (Wistuba, Schilling & Schmidt-Thieme 2015;
Winkelmolen et al. 2020). Predictions of a task are shrunk towards those of a model pooled over all
tasks, by one minus the task model's out-of-bag R2. The result is imputed, so it carries the R2 of
every task.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from metalearn.core.arrays import Floats
from metalearn.core.history import History
from metalearn.errors import NotEnoughMetaDataError, ShapeError
from metalearn.surrogates.inactive import inactive_outside

__all__ = ["Densified", "TaskModel", "densify", "forest_predictions"]

TaskModel = Callable[[Floats, Floats, Floats, np.random.Generator], tuple[Floats, float]]
"""Maps points `(n, d)`, losses `(n,)`, candidates `(m, d)` and a generator to predictions `(m,)`
and their R2 on held-out observations, in [0, 1]."""

MIN_OBSERVATIONS = 30
_MAX_POOLED = 6_000


@dataclass(frozen=True, slots=True)
class Densified:
    """Losses of all tasks at common candidates, imputed.

    Attributes:
        losses: `(n_tasks, n_candidates)`, finite, on each task's own scale.
        trust: `(n_tasks,)` in [0, 1]: out-of-bag R2 of the task's own model; 0 where the task
            has fewer than 30 observations and only the pooled model is used.
        low: `(n_tasks,)` lowest observed loss of each task.
        high: `(n_tasks,)` highest observed loss of each task.
    """

    losses: Floats
    trust: Floats
    low: Floats
    high: Floats

    @property
    def regret(self) -> Floats:
        """Normalized regret by each task's observed range, cut to [0, 1]; 0 for constant tasks."""
        width = self.high - self.low
        scaled = (self.losses - self.low[:, None]) / np.where(width > 0, width, 1.0)[:, None]
        return np.asarray(np.clip(np.where(width[:, None] > 0, scaled, 0.0), 0.0, 1.0))


def densify(
    histories: Sequence[History],
    candidates: Floats,
    rng: np.random.Generator,
    *,
    model: TaskModel | None = None,
    min_observations: int = MIN_OBSERVATIONS,
) -> Densified:
    """Return the losses of every task at the same candidates.

    Args:
        histories: One per task, points in one common encoding; NaN losses are left out.
        candidates: `(n_candidates, n_axes)` in that encoding, the same for all tasks; NaN =
            inactive.
        rng: For the models; each task gets a generator of its own, by its position.
        model: Model of one task; random forests if None.
        min_observations: A task with fewer uses only the pooled model.

    Raises:
        ShapeError: If points and candidates have different numbers of axes.
        NotEnoughMetaDataError: If no history has a finite loss.
    """
    units = np.array([_unit(h.y) for h in histories])
    points = _scaled_points(histories, units, candidates.shape[1])
    fit = forest_predictions if model is None else model
    at = inactive_outside(candidates)
    generators = rng.spawn(len(points) + 1)
    own: list[tuple[Floats, float]] = []
    for (x, y), generator in zip(points, generators, strict=False):
        enough = len(y) >= min_observations and np.ptp(y) > 0
        own.append(fit(x, y, at, generator) if enough else (np.zeros(len(at)), 0.0))
    trust = np.clip([r2 for _, r2 in own], 0.0, 1.0)
    shared = np.zeros(len(at))
    if trust.min() < 1.0:
        shared = _pooled(points, at, fit, generators[-1])
    center = np.array([y.mean() if len(y) else 0.0 for _, y in points])
    spread = np.array([y.std() if len(y) else 0.0 for _, y in points])
    usual = center[:, None] + spread[:, None] * shared
    predicted = np.array([prediction for prediction, _ in own])
    return Densified(
        losses=units[:, None] * (trust[:, None] * predicted + (1.0 - trust[:, None]) * usual),
        trust=trust,
        low=units * np.array([y.min() if len(y) else 0.0 for _, y in points]),
        high=units * np.array([y.max() if len(y) else 0.0 for _, y in points]),
    )


def _scaled_points(
    histories: Sequence[History], units: Floats, n_axes: int
) -> list[tuple[Floats, Floats]]:
    """Return the points with a loss of each task, and their losses in its unit."""
    for history in histories:
        if history.X.shape[1] != n_axes:
            raise ShapeError(
                f"candidates have {n_axes} axes, task {history.task!r} has "
                f"{history.X.shape[1]}; encode both in the same way"
            )
    points = [
        (inactive_outside(h.X[np.isfinite(h.y)]), h.y[np.isfinite(h.y)] / unit)
        for h, unit in zip(histories, units, strict=True)
    ]
    if not any(len(y) for _, y in points):
        raise NotEnoughMetaDataError("densify needs at least 1 task with a loss, got none")
    return points


def forest_predictions(
    x: Floats, y: Floats, candidates: Floats, rng: np.random.Generator, n_trees: int = 40
) -> tuple[Floats, float]:
    """Return a random forest's predictions and its out-of-bag R2 (a `TaskModel`).

    Trees predict plateaus. Equal predictions are ordered by the distance to the nearest
    observation. No prediction lies below the lowest observed loss.
    """
    from sklearn.ensemble import ExtraTreesRegressor

    forest = ExtraTreesRegressor(
        n_trees,
        bootstrap=True,
        min_samples_leaf=2,
        max_features=0.7,
        random_state=int(rng.integers(2**31)),
    ).fit(x, y)
    total, count = np.zeros(len(y)), np.zeros(len(y))
    for tree, drawn in zip(forest.estimators_, forest.estimators_samples_, strict=True):
        unseen = np.ones(len(y), dtype=np.bool_)
        unseen[drawn] = False
        total[unseen] += tree.predict(x[unseen])
        count += unseen
    held_out = count > 0
    error = y[held_out] - total[held_out] / count[held_out]
    variance = float(y.var())
    r2 = 1.0 - float((error**2).mean()) / variance if variance > 0 else 0.0
    gap = _nearest(candidates, x)
    nudge = 1e-6 * np.sqrt(variance) * gap / max(float(gap.max()), 1e-12)
    return forest.predict(candidates) + nudge, max(r2, 0.0)


def _pooled(
    points: Sequence[tuple[Floats, Floats]], at: Floats, fit: TaskModel, rng: np.random.Generator
) -> Floats:
    """Return standardized losses `(n_candidates,)` predicted by one model of all tasks."""
    usable = [(x, (y - y.mean()) / y.std()) for x, y in points if len(y) > 1 and np.ptp(y) > 0]
    if not usable:
        return np.zeros(len(at))
    x = np.concatenate([x for x, _ in usable])
    z = np.concatenate([np.clip(z, -3.0, 3.0) for _, z in usable])
    if len(z) > _MAX_POOLED:
        chosen = rng.choice(len(z), _MAX_POOLED, replace=False)
        x, z = x[chosen], z[chosen]
    return fit(x, z, at, rng)[0] if len(z) >= 2 and np.ptp(z) > 0 else np.zeros(len(at))


def _unit(losses: Floats) -> float:
    """Return the power of two above the largest absolute loss, so that the division is exact."""
    largest = float(np.abs(losses[np.isfinite(losses)]).max(initial=0.0))
    return float(np.ldexp(1.0, max(int(np.frexp(largest)[1]), -1021))) if largest > 0.0 else 1.0


def _nearest(candidates: Floats, points: Floats) -> Floats:
    from scipy.spatial import cKDTree

    if points.shape[1] == 0:
        return np.zeros(len(candidates))
    return np.asarray(cKDTree(points).query(candidates)[0], dtype=np.float64)
