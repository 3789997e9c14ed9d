"""Source tasks as functions over the space: what all transfer methods are given.

One sparse Gaussian process a task, all with a common kernel, fitted once (METHODS 10). Tasks
whose losses do not differ say nothing and are left out.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from metalearn.core.arrays import Floats, Ints
from metalearn.core.warm_start import WarmStart
from metalearn.numerics.gaussian_process.shared_kernel import SharedKernel, fit_shared_kernel
from metalearn.surrogates.from_sources import told_by
from metalearn.surrogates.gaussian_process import MAX_POINTS, kept
from metalearn.surrogates.losses import standardized
from metalearn.surrogates.measured_losses import MeasuredLosses
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
        told: The losses themselves, where tasks ran the very points that are asked about.
    """

    points: Points
    weights: Floats
    low: Floats
    high: Floats
    widths: Floats
    model: SharedKernel
    told: MeasuredLosses

    def __len__(self) -> int:
        return len(self.weights)

    def means(self, X: Floats) -> Floats:
        """Return `(n_sources, n)` expected standardized losses at `(n, n_axes)` points.

        What a task ran is not modelled: on a grid that tasks share the means are its rows.
        """
        expanded = self.points.expand(X)
        return self.told.instead_of(self.model.means(expanded), expanded)

    def stds(self, X: Floats, of: Ints, *, exact: bool = False) -> Floats:
        """Return `(len(of), n)` standard deviations of some sources, see `SharedKernel.stds`."""
        return self.model.stds(self.points.expand(X), of, exact=exact)

    def predict(self, X: Floats) -> tuple[Floats, Floats]:
        """Return means and standard deviations, `(n_sources, n)` each."""
        expanded = self.points.expand(X)
        means, stds = self.model.predict(expanded)
        return self.told.instead_of(means, expanded), stds

    def utility(self, X: Floats) -> Floats:
        """Return `(n_sources, n)` one minus the normalized regret expected, cut to [0, 1]."""
        width = (self.high - self.low)[:, None]
        return np.asarray(np.clip((self.high[:, None] - self.means(X)) / width, 0.0, 1.0))


def fit_sources(warm: WarmStart) -> SourceTasks:
    """Return the sources of a warm start as functions; at least one has to tell anything.

    What is subsampled is so by a fixed generator: an optimizer that is resumed finds its sources
    as they were.
    """
    rng = np.random.default_rng(_SEED)
    points = Points.of(warm.space)
    tasks: list[tuple[Floats, Floats]] = []
    weights, widths = [], []
    for X, y, weight in told_by(warm):
        chosen = kept(y, MAX_POINTS, rng)
        scaled = standardized(y[chosen])
        tasks.append((points.expand(X[chosen]), scaled.y))
        widths.append(scaled.width)
        weights.append(weight)
    model = fit_shared_kernel(tasks, points.groups, points.n_groups, rng)
    low, high = (np.array([end(y) for _, y in tasks]) for end in (np.min, np.max))
    return SourceTasks(
        points, np.array(weights) / sum(weights), low, high, np.array(widths), model,
        MeasuredLosses.of(tasks),
    )  # fmt: skip
