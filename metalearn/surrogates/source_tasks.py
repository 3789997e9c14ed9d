"""Gaussian processes of the source tasks, the input of all transfer methods (METHODS 10).

Each task has one sparse process; all share one kernel and are fitted once. Tasks with equal losses
are left out.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from metalearn.core.arrays import Floats, Ints
from metalearn.core.warm_start import WarmStart
from metalearn.numerics.gaussian_process.shared_kernel import SharedKernel, fit_shared_kernel
from metalearn.surrogates.from_sources import usable_sources
from metalearn.surrogates.gaussian_process import MAX_POINTS, kept
from metalearn.surrogates.losses import standardized
from metalearn.surrogates.measured_losses import MeasuredLosses
from metalearn.surrogates.points import Expansion, Points

__all__ = ["SourceTasks", "fit_sources"]

_SEED = 0


@dataclass(frozen=True)
class SourceTasks:
    """Fitted source tasks.

    Attributes:
        points: Expansion of points of the space.
        weights: `(n_sources,)` similarity to the target before any evaluation; sum 1.
        low: `(n_sources,)` lowest observed loss, standardized.
        high: `(n_sources,)` highest observed loss, standardized.
        widths: `(n_sources,)` standard deviations of the losses before they were standardized.
        model: The processes, on standardized losses.
        measured: Measured losses at points that tasks share; they replace the predictions there.
    """

    points: Expansion
    weights: Floats
    low: Floats
    high: Floats
    widths: Floats
    model: SharedKernel
    measured: MeasuredLosses

    def __len__(self) -> int:
        return len(self.weights)

    def means(self, X: Floats) -> Floats:
        """Return `(n_sources, n)` standardized losses at `(n, n_axes)` points.

        They are measured where tasks share points, and predicted means elsewhere.
        """
        expanded = self.points.expand(X)
        return self.measured.instead_of(self.model.means(expanded), expanded)

    def stds(self, X: Floats, of: Ints, *, exact: bool = False) -> Floats:
        """Return `(len(of), n)` standard deviations of some sources, see `SharedKernel.stds`."""
        return self.model.stds(self.points.expand(X), of, exact=exact)

    def predict(self, X: Floats) -> tuple[Floats, Floats]:
        """Return means and standard deviations, `(n_sources, n)` each."""
        expanded = self.points.expand(X)
        means, stds = self.model.predict(expanded)
        return self.measured.instead_of(means, expanded), stds

    def utility(self, X: Floats) -> Floats:
        """Return `(n_sources, n)` one minus the expected normalized regret, clipped to [0, 1]."""
        width = (self.high - self.low)[:, None]
        return np.asarray(np.clip((self.high[:, None] - self.means(X)) / width, 0.0, 1.0))


def fit_sources(warm: WarmStart, points: Expansion | None = None) -> SourceTasks:
    """Return the fitted sources of a warm start, of which at least one must be usable.

    A fixed generator subsamples long histories, so that a resumed optimizer gets the same sources.

    Args:
        warm: The warm start.
        points: Columns of the common kernel; None = one length scale for each axis.
    """
    rng = np.random.default_rng(_SEED)
    points = points or Points.of(warm.space)
    tasks: list[tuple[Floats, Floats]] = []
    weights, widths = [], []
    for X, y, weight in usable_sources(warm):
        chosen = kept(y, MAX_POINTS, rng)
        scaled = standardized(y[chosen])
        tasks.append((points.expand(X[chosen]), scaled.y))
        widths.append(scaled.width)
        weights.append(weight)
    model = fit_shared_kernel(tasks, points.groups, points.n_groups, rng, n_active=points.n_active)
    low, high = (np.array([end(y) for _, y in tasks]) for end in (np.min, np.max))
    return SourceTasks(
        points, np.array(weights) / sum(weights), low, high, np.array(widths), model,
        MeasuredLosses.of(tasks),
    )  # fmt: skip
