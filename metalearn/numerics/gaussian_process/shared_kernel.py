"""Sparse Gaussian processes of many tasks with a common kernel and common inducing points.

The hyperparameters are fitted to the tasks' mean log evidence. All tasks use the same inducing
points (Quinonero-Candela & Rasmussen 2005, section 5: deterministic training conditional), so that
the prediction of a point for all tasks costs one row of the kernel and one matrix product. If all
points of a small grid are inducing points, the processes are exact.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.linalg import solve_triangular

from metalearn.core.arrays import Floats, Ints
from metalearn.numerics.gaussian_process.fit import fit_map
from metalearn.numerics.gaussian_process.linear import LinearPosterior, fit_several
from metalearn.numerics.gaussian_process.linear_deviations import Deviations
from metalearn.numerics.gaussian_process.regression import Hyper, axis_distances, kernel

__all__ = ["SharedKernel", "fit_shared_kernel", "inducing_points"]

_NOISES = (1e-4, 1e-3, 1e-2, 1e-1, 0.5)
_TASKS, _POINTS = 8, 60
_POOL = 2000


@dataclass(frozen=True, slots=True)
class SharedKernel:
    """Sparse processes of several tasks, on standardized losses.

    Attributes:
        inducing: `(m, n_columns)` inducing points.
        hyper: Common hyperparameters.
        groups: `(n_columns,)` axis of each column.
        root: `(m, m)` lower Cholesky factor of the kernel at the inducing points.
        deviations: Posterior covariances of the tasks' weights over the whitened features.
        alphas: `(m, n_tasks)`; the kernel between a point and `inducing` times these is the mean.
    """

    inducing: Floats
    hyper: Hyper
    groups: Ints
    root: Floats
    deviations: Deviations
    alphas: Floats

    def means(self, at: Floats) -> Floats:
        """Return `(n_tasks, n)` means at `(n, n_columns)` points."""
        cross = kernel(at, self.inducing, self.hyper, self.groups)
        return np.ascontiguousarray((cross @ self.alphas).T)

    def features(self, at: Floats) -> Floats:
        """Return `(n, m)` whitened features, whose inner products approximate the kernel."""
        return _whitened(kernel(self.inducing, at, self.hyper, self.groups), self.root)

    def stds(self, at: Floats, of: Ints | None = None, *, exact: bool = False) -> Floats:
        """Return `(n_tasks, n)` standard deviations, without noise; slower than the means.

        Args:
            at: `(n, n_columns)` points.
            of: The tasks; None for all.
            exact: Do not approximate, even for many tasks (`linear_deviations`).
        """
        return self._stds(self.features(at), of, exact=exact)

    def predict(self, at: Floats) -> tuple[Floats, Floats]:
        """Return means and standard deviations of all tasks, from one kernel matrix."""
        cross = kernel(self.inducing, at, self.hyper, self.groups)
        return np.asarray(self.alphas.T @ cross), self._stds(_whitened(cross, self.root))

    def _stds(self, features: Floats, of: Ints | None = None, *, exact: bool = False) -> Floats:
        missed = np.maximum(self.hyper.signal - (features**2).sum(axis=1), 0.0)
        known = self.deviations.squares(features, of, exact=exact)
        return np.asarray(np.sqrt(np.maximum(known + missed, 1e-12)))


def fit_shared_kernel(
    tasks: Sequence[tuple[Floats, Floats]],
    groups: Ints,
    n_groups: int,
    rng: np.random.Generator,
    *,
    n_active: int | None = None,
    n_inducing: int = 300,
) -> SharedKernel:
    """Return the processes of tasks with a common kernel.

    Args:
        tasks: At least one: points `(n, n_columns)` and standardized losses `(n,)` of each.
        groups: `(n_columns,)` axis of each column.
        n_groups: Number of axes.
        rng: Chooses the tasks and points that the hyperparameters are fitted to.
        n_active: Number of axes in which two points can differ; None = all.
        n_inducing: Largest number of inducing points.
    """
    chosen = rng.permutation(len(tasks))[:_TASKS]
    parts = []
    for task in chosen:
        points, y = tasks[task]
        some = rng.permutation(len(y))[:_POINTS]
        parts.append((axis_distances(points[some], groups, n_groups), y[some]))
    hyper = Hyper.of(fit_map(parts, n_active=n_active), n_groups)
    pool = np.unique(np.concatenate([points for points, _ in tasks]), axis=0)
    if len(pool) > _POOL:
        pool = pool[rng.choice(len(pool), _POOL, replace=False)]
    inducing = inducing_points(pool, hyper, groups, n_inducing)
    covariance = kernel(inducing, inducing, hyper, groups)
    steadied = covariance + 1e-6 * hyper.signal * np.eye(len(inducing))
    root: Floats = np.asarray(np.linalg.cholesky(steadied), dtype=np.float64)
    posteriors = _posteriors(
        tasks, lambda points: _whitened(kernel(inducing, points, hyper, groups), root)
    )
    weights = np.stack([posterior.mean for posterior in posteriors], axis=1)
    alphas = solve_triangular(root, weights, lower=True, trans="T", check_finite=False)
    deviations = Deviations.of([posterior.root for posterior in posteriors], root)
    return SharedKernel(inducing, hyper, groups, root, deviations, np.asarray(alphas))


def _posteriors(
    tasks: Sequence[tuple[Floats, Floats]], features: Callable[[Floats], Floats]
) -> list[LinearPosterior]:
    """Return the posterior of each task; tasks with the same points are fitted together."""
    by_points: dict[bytes, list[int]] = {}
    for task, (points, _) in enumerate(tasks):
        by_points.setdefault(points.tobytes(), []).append(task)
    found: dict[int, LinearPosterior] = {}
    for members in by_points.values():
        losses = np.stack([tasks[task][1] for task in members], axis=1)
        fitted = fit_several(features(tasks[members[0]][0]), losses, _NOISES)
        found.update(zip(members, fitted, strict=True))
    return [found[task] for task in range(len(tasks))]


def inducing_points(pool: Floats, hyper: Hyper, groups: Ints, n: int) -> Floats:
    """Return up to `n` points of a pool, each of largest variance given those before it.

    The method is a pivoted Cholesky factorization of the kernel (Fine & Scheinberg 2001). It ends
    early when all variances are below a ten-thousandth of the signal's variance.
    """
    n = min(n, len(pool))
    left = np.full(len(pool), hyper.signal)
    factor = np.zeros((n, len(pool)))
    chosen: list[int] = []
    for i in range(n):
        pivot = int(np.argmax(left))
        if left[pivot] <= 1e-4 * hyper.signal:
            break
        row = kernel(pool[pivot : pivot + 1], pool, hyper, groups)[0]
        row = row - factor[:i, pivot] @ factor[:i]
        factor[i] = row / np.sqrt(left[pivot])
        left = np.maximum(left - factor[i] ** 2, 0.0)
        left[pivot] = 0.0
        chosen.append(pivot)
    return pool[chosen]


def _whitened(cross: Floats, root: Floats) -> Floats:
    """Return `(n, m)` features of points, given the kernel `(m, n)` at the inducing points."""
    return np.asarray(solve_triangular(root, cross, lower=True, check_finite=False).T)
