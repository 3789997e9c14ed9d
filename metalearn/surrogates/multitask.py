"""A multi-task Gaussian process (Swersky, Snoek & Adams 2013; METHODS 10.7).

Intrinsic coregionalization: the covariance of two evaluations is the covariance of their tasks
times that of their points. Task correlations are estimated, not fitted: between sources from their
predicted means, and with the target from Kendall's tau at the evaluated points, shrunk while these
are few. The kernel is the one that the sources share. The four nearest sources are used, with 50
points each.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from metalearn.core.arrays import Floats, Ints
from metalearn.core.seams import Prediction, Predictor
from metalearn.core.space import Space
from metalearn.core.warm_start import WarmStart
from metalearn.numerics.gaussian_process.regression import Hyper, kernel
from metalearn.numerics.tasks.concordance import concordance
from metalearn.surrogates.source_tasks import SourceTasks
from metalearn.surrogates.transfer import Observed, Transfer

__all__ = ["MultiTask", "MultiTaskPredictor", "task_correlations"]

_SOURCES, _POINTS = 4, 50
_DOUBT = 4.0


def task_correlations(between: Floats, with_target: Floats) -> Floats:
    """Return the nearest correlation matrix, the target last.

    Args:
        between: `(n, n)` correlations of the sources.
        with_target: `(n,)` correlations with the target.
    """
    n = len(with_target)
    full = np.eye(n + 1)
    full[:n, :n] = between
    full[n, :n] = full[:n, n] = with_target
    values, vectors = np.linalg.eigh(full)
    positive = (vectors * np.maximum(values, 1e-3)) @ vectors.T
    scale = np.sqrt(np.diag(positive))
    return np.asarray(positive / np.outer(scale, scale))


class MultiTask(Transfer):
    """See the module.

    Args:
        space: The space of the points.
        warm: Its sources are used; their weights help to choose which.
        n_sources: Number of sources used.

    Overview:
        formula: k((x,t),(x',t')) = B_tt' k(x,x'), B from rank correlations, four sources of 50
            points (Swersky et al. 2013)
        use: correlated sources, also negatively
        step: (200 + n)³
    """

    def __init__(
        self, space: Space, warm: WarmStart | None = None, *, n_sources: int = _SOURCES
    ) -> None:
        super().__init__(space, warm)
        self.n_sources = n_sources

    def _combine(
        self, target: Observed, sources: SourceTasks, rng: np.random.Generator
    ) -> Predictor:
        agreeing = concordance(sources.means(target.X), target.y)
        # Kendall's tau of normal variables is 2/pi times the arcsine of their correlation
        rho = np.sin(0.5 * np.pi * (2.0 * agreeing - 1.0)) * len(target) / (len(target) + _DOUBT)
        prior = _DOUBT / (len(target) + _DOUBT) * 0.5
        order = np.argsort(-(np.abs(rho) + sources.weights), kind="stable")[: self.n_sources]
        inducing = sources.model.inducing
        some = rng.permutation(len(inducing))[:_POINTS]
        means = sources.model.means(inducing)[order]
        between = np.atleast_2d(np.corrcoef(means))
        tasks = task_correlations(between, np.clip(rho[order] + prior, -0.95, 0.95))
        own = sources.points.expand(target.X)
        at = np.concatenate([*[inducing[some]] * len(order), own])
        which = np.repeat(np.arange(len(order) + 1), [*[len(some)] * len(order), len(own)])
        y = np.concatenate([means[:, some].ravel(), target.z])
        noise = np.where(
            which == len(order), max(target.process.posterior.hyper.noise, 1e-4), 1e-2
        )
        return MultiTaskPredictor.given(target, sources, tasks, at, which, y, noise)


@dataclass(frozen=True)
class MultiTaskPredictor:
    """The posterior process over all tasks; see `MultiTask`.

    Attributes:
        target: The target.
        sources: The source tasks.
        relation: `(n,)` correlation of each row's task with the target.
        at: `(n, n_columns)` points of all tasks, expanded.
        inverse: `(n, n)` inverse of the covariance of all losses.
        alpha: `(n,)` inverse times losses.
    """

    target: Observed
    sources: SourceTasks
    relation: Floats
    at: Floats
    inverse: Floats
    alpha: Floats

    @classmethod
    def given(
        cls,
        target: Observed,
        sources: SourceTasks,
        tasks: Floats,
        at: Floats,
        which: Ints,
        y: Floats,
        noise: Floats,
    ) -> MultiTaskPredictor:
        """Return the process given losses `(n,)` of tasks `which` at points `at`."""
        hyper = _unit(sources)
        covariance = tasks[np.ix_(which, which)] * kernel(at, at, hyper, sources.points.groups)
        inverse: Floats = np.asarray(np.linalg.inv(covariance + np.diag(noise)), np.float64)
        return cls(target, sources, tasks[-1, which], at, inverse, inverse @ y)

    def predict(self, X: Floats) -> Prediction:
        """Return mean and deviation of the target's loss."""
        groups = self.sources.points.groups
        at = self.sources.points.expand(X)
        cross = self.relation[:, None] * kernel(self.at, at, _unit(self.sources), groups)
        known = np.einsum("nm,nm->m", cross, self.inverse @ cross)
        std = np.sqrt(np.maximum(1.0 - known, 1e-12))
        return self.target.unscaled(self.alpha @ cross, std)


def _unit(sources: SourceTasks) -> Hyper:
    return Hyper(sources.model.hyper.lengths, 1.0, sources.model.hyper.noise)
