"""KDE priors: density of good configurations on prior tasks (van Rijn & Hutter, KDD 2018).

The best runs of prior tasks are pooled and smoothed on the unit axes of the space: a truncated
Gaussian per number, cell masses for integers, additive smoothing for categories, each mixed with
the uniform density so that every point has positive density. By default a draw chooses one pooled
configuration and perturbs each coordinate, which preserves correlations (C and gamma). With
`joint=False` marginals are independent, as in the paper. The paper's code smooths raw values with
a fixed bandwidth of 0.4 instead.

Densities are relative to the uniform measure of the space: 1 is neutral, log density 0.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from metalearn.core.arrays import Floats
from metalearn.core.configuration import Configuration, Value
from metalearn.core.space import Axis, Space
from metalearn.errors import InputError, ShapeError
from metalearn.histories.runs import Runs, as_runs
from metalearn.histories.source import RunSource
from metalearn.numerics.density.kde import (
    CategoryKernels,
    CellKernels,
    Kernels,
    UnitKernels,
    bandwidth,
)
from metalearn.numerics.density.unit_product import UnitProduct
from metalearn.priors.pool import Pool, best_runs

__all__ = ["KDEPrior", "kde"]

_UNIFORM, _UNIFORM_ONE_TASK = 0.1, 0.3
_FEW_POINTS, _FEW_LEVELS = 5, 5


def kde(
    source: RunSource | Runs,
    algorithm: str | None = None,
    *,
    metric: str | None = None,
    where: Mapping[str, Value] | None = None,
    n_top: int | None = None,
    exclude: str | Sequence[str] = (),
    task_weights: Mapping[str, float] | None = None,
    joint: bool = True,
    seed: int = 0,
) -> KDEPrior:
    """Return the prior over good configurations of an algorithm, from its runs on prior tasks.

    Args:
        source: A store, or runs.
        algorithm: Name of the algorithm; needed with a store.
        metric: Name of the metric; with a store, the first one that has runs if None.
        where: Values that fix a branch of the space.
        n_top: Number of best runs per task; if None a tenth of its runs, but 3 to 10 and at most a
            quarter. The paper takes 10 and leaves out tasks with fewer than 40 runs.
        exclude: Tasks to leave out: the target task and its near-duplicates.
        task_weights: Weight per task; equal if None.
        joint: Keep correlations between axes.
        seed: Seed of the tie-breaks among equal runs.

    Returns:
        The prior; uniform, with a note, if no task has enough runs.
    """
    runs = as_runs(source, algorithm, metric=metric, where=where)
    pool = best_runs(runs, n_top=n_top, exclude=exclude, task_weights=task_weights, seed=seed)
    uniform = _UNIFORM_ONE_TASK if len(pool.tasks) == 1 else _UNIFORM
    return KDEPrior(runs.space, pool, uniform=uniform, joint=joint)


@dataclass(frozen=True, eq=False)
class KDEPrior:
    """A density over a space, and a sampler.

    Attributes:
        space: The space.
        pool: The pooled points.
        uniform: Share of the uniform density in the mixture, in (0, 1].
        joint: Whether coordinates are perturbed together or drawn independently.
    """

    space: Space
    pool: Pool
    uniform: float = _UNIFORM
    joint: bool = True

    def __post_init__(self) -> None:
        if not 0.0 < self.uniform <= 1.0:
            raise InputError(f"the uniform share must be in (0, 1], got {self.uniform}")
        if self.pool.points.shape[1] != self.space.n_axes:
            raise ShapeError(
                f"the pool has {self.pool.points.shape[1]} axes, the space {self.space.n_axes}"
            )

    @property
    def is_uniform(self) -> bool:
        """Whether the pool is too small, so that the density is uniform."""
        return len(self.pool.points) < _FEW_POINTS or self.uniform == 1.0

    def log_density(self, X: Floats) -> Floats:
        """Return `(n,)` log densities at `(n, n_axes)` points; NaN axes are inactive.

        Relative to the uniform density over the active axes, which has log density 0.
        """
        if self.is_uniform:
            return np.zeros(len(X))
        if self.joint:
            numbers, together = self._numbers
            product = together.density(X[:, numbers])
            for j in range(self.space.n_axes):
                if j not in numbers:
                    product *= self._kernel_density(j, X[:, j])
            mixed = (1 - self.uniform) * (product @ self.pool.weights) + self.uniform
            return np.asarray(np.log(mixed))
        total = np.zeros(len(X))
        for j in range(self.space.n_axes):
            here = ~np.isnan(X[:, j])
            total[here] += np.log(self.marginal_density(j, X[here, j]))
        return total

    def marginal_density(self, j: int, u: Floats) -> Floats:
        """Return `(n,)` densities of positions on axis `j`, given that it is active."""
        kernels = self._kernels[j]
        if kernels is None:
            return np.ones(len(u))
        active = ~np.isnan(self.pool.points[:, j])
        share = self.pool.weights[active] / self.pool.weights[active].sum()
        return np.asarray((1 - self.uniform) * (kernels.density(u) @ share) + self.uniform)

    def sample_points(self, n: int, rng: np.random.Generator) -> Floats:
        """Return `(n, n_axes)` allowed points of the cube, NaN where inactive."""
        found: list[Floats] = []
        for _ in range(1000):
            missing = n - sum(len(part) for part in found)
            if missing <= 0:
                break
            drawn = self._draw(missing, rng)
            if self.space.config_space.forbidden_clauses:
                drawn = drawn[[self.space.is_allowed(c) for c in self.space.decode(drawn)]]
            found.append(drawn)
        else:
            raise InputError(
                f"space {self.space.algorithm!r}: the forbidden clauses allow no draw of the "
                "prior; drop clauses or use a larger share of the uniform density"
            )
        return np.concatenate(found) if found else np.empty((0, self.space.n_axes))

    def sample(self, n: int, rng: np.random.Generator) -> list[Configuration]:
        """Return `n` configurations drawn from the prior."""
        return self.space.decode(self.sample_points(n, rng))

    def _draw(self, n: int, rng: np.random.Generator) -> Floats:
        points = rng.random((n, self.space.n_axes))
        if not self.is_uniform:
            which = rng.choice(len(self.pool.points), n, p=self.pool.weights)
            keep_uniform = rng.random(n) < self.uniform
            for j, kernels in enumerate(self._kernels):
                if kernels is None:
                    continue
                active = np.flatnonzero(~np.isnan(self.pool.points[:, j]))
                if not self.joint:
                    share = self.pool.weights[active] / self.pool.weights[active].sum()
                    which = active[rng.choice(len(active), n, p=share)]
                    keep_uniform = rng.random(n) < self.uniform
                place = np.full(len(self.pool.points), -1)
                place[active] = np.arange(len(active))
                use = (place[which] >= 0) & ~keep_uniform
                points[use, j] = kernels.draw(place[which[use]], rng)
        return np.where(self.space.active(points), points, np.nan)

    def _kernel_density(self, j: int, u: Floats) -> Floats:
        """Return `(n, n_pool)` densities on axis `j`; 1 where it is inactive in either point."""
        kernels = self._kernels[j]
        here, active = ~np.isnan(u), ~np.isnan(self.pool.points[:, j])
        if kernels is not None and here.all() and active.all():
            return kernels.density(u)
        found = np.ones((len(u), len(self.pool.points)))
        if kernels is not None and here.any():
            found[np.ix_(here, active)] = kernels.density(u[here])
        return found

    @cached_property
    def _numbers(self) -> tuple[list[int], UnitProduct]:
        """The continuous axes, and the product of their kernels around the pool."""
        found = {j: k.width for j, k in enumerate(self._kernels) if isinstance(k, UnitKernels)}
        numbers, widths = list(found), np.array(list(found.values()), dtype=np.float64)
        return numbers, UnitProduct.around(self.pool.points[:, numbers], widths)

    @cached_property
    def _kernels(self) -> tuple[Kernels | None, ...]:
        return tuple(
            _axis_kernels(axis, self.pool.points[:, j], self.pool.weights, self.pool.resolution[j])
            for j, axis in enumerate(self.space.axes)
        )


def _axis_kernels(
    axis: Axis, column: Floats, weights: Floats, resolution: float
) -> Kernels | None:
    """Return the kernels around the active points of an axis; None = uniform."""
    active = ~np.isnan(column)
    if axis.n_cells == 1 or active.sum() < _FEW_POINTS:
        return None
    u, w = column[active], weights[active]
    n_eff = float(w.sum() ** 2 / (w**2).sum())
    if axis.kind == "category" or (0 < axis.n_cells <= _FEW_LEVELS and axis.is_even):
        cell = np.clip((u * axis.n_cells).astype(np.int64), 0, axis.n_cells - 1)
        return CategoryKernels(cell, axis.n_cells, 1.0 / n_eff)
    kernels = UnitKernels(u, max(bandwidth(u, w), resolution))
    edges = axis.cell_edges()
    return kernels if edges is None else CellKernels(kernels, edges)
