"""Source tasks as functions over the space: what all transfer methods are given.

One sparse Gaussian process a task, all with a common kernel, fitted once (METHODS 10). Tasks
whose losses do not differ say nothing and are left out.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from metalearn.core.arrays import Floats
from metalearn.core.warm_start import WarmStart
from metalearn.numerics.shared_kernel import SharedKernel, fit_shared_kernel
from metalearn.surrogates.gaussian_process import MAX_POINTS, kept
from metalearn.surrogates.losses import cleaned, standardized
from metalearn.surrogates.points import Points

__all__ = ["SourceTasks", "fit_sources"]

_SEED = 0


@dataclass(frozen=True)
class SourceTasks:
    """Fitted source tasks.

    Attributes:
        points: Expansion of points of the space.
        weights: `(n_sources,)` similarity to the target before anything is evaluated; sum 1.
        low: `(n_sources,)` lowest observed loss, standardized.
        high: `(n_sources,)` highest one.
        widths: `(n_sources,)` standard deviation of the losses, what a standardized 1 is.
        model: The processes, on standardized losses.
    """

    points: Points
    weights: Floats
    low: Floats
    high: Floats
    widths: Floats
    model: SharedKernel

    def __len__(self) -> int:
        return len(self.weights)

    def means(self, X: Floats) -> Floats:
        """Return `(n_sources, n)` expected standardized losses at `(n, n_axes)` points."""
        return self.model.means(self.points.expand(X))

    def predict(self, X: Floats) -> tuple[Floats, Floats]:
        """Return means and standard deviations, `(n_sources, n)` each."""
        expanded = self.points.expand(X)
        return self.model.means(expanded), self.model.stds(expanded)

    def utility(self, X: Floats) -> Floats:
        """Return `(n_sources, n)` one minus the normalized regret expected, cut to [0, 1]."""
        width = (self.high - self.low)[:, None]
        return np.asarray(np.clip((self.high[:, None] - self.means(X)) / width, 0.0, 1.0))


def fit_sources(warm: WarmStart) -> SourceTasks | None:
    """Return the sources of a warm start as functions; None if there is none that tells anything.

    What is subsampled is so by a fixed generator: an optimizer that is resumed finds its sources
    as they were.
    """
    rng = np.random.default_rng(_SEED)
    points = Points.of(warm.space)
    tasks: list[tuple[Floats, Floats]] = []
    weights: list[float] = []
    widths: list[float] = []
    for source, weight in zip(warm.sources, warm.weights, strict=True):
        X, y = cleaned(source)
        if len(y) < 2 or np.ptp(y) <= 1e-12 * max(1.0, float(np.abs(y).max())):
            continue
        chosen = kept(y, MAX_POINTS, rng)
        scaled = standardized(y[chosen])
        tasks.append((points.expand(X[chosen]), scaled.y))
        widths.append(scaled.width)
        weights.append(float(weight))
    total = sum(weights)
    if not total > 0.0:
        return None
    model = fit_shared_kernel(tasks, points.groups, points.n_groups, rng)
    low, high = (np.array([end(y) for _, y in tasks]) for end in (np.min, np.max))
    return SourceTasks(points, np.array(weights) / total, low, high, np.array(widths), model)
