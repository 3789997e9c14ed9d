"""Two-stage transfer surrogates (Wistuba, Schilling & Schmidt-Thieme 2016; METHODS 10.2).

A process a task, then a Nadaraya-Watson mean over tasks: Epanechnikov weights of the distance to
the target, three quarters for the target itself,

    mean(x) = sum_t K(d_t / rho) mean_t(x) / sum_t K(d_t / rho),   std(x) = std of the target.

TST-R: the distance is the share of discordant pairs among the evaluated. TST-M: it comes from
meta-features, here from the warm start's weights. TAF-R uses the same weights for acquisitions.
As in the authors' program the target's losses are not rescaled: what is mixed are the sources'
losses between 0 and 1, and the target's as they are.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from metalearn.core.arrays import Floats
from metalearn.core.seams import Prediction, Predictor
from metalearn.core.space import Space
from metalearn.core.warm_start import WarmStart
from metalearn.numerics.search.log_improvement import log_expected_improvement
from metalearn.numerics.tasks.concordance import concordance
from metalearn.surrogates.acquisition_transfer import GainPredictor, spread_of
from metalearn.surrogates.source_tasks import SourceTasks
from metalearn.surrogates.transfer import Observed, Transfer

__all__ = ["TAFR", "TSTM", "TSTR", "epanechnikov"]

_TARGET = 0.75
_XI = 0.01


def epanechnikov(distance: Floats) -> Floats:
    """Return `(n,)` 3/4 (1 - d^2) below distance 1, else 0."""
    return np.asarray(np.where(np.abs(distance) < 1.0, 0.75 * (1.0 - distance**2), 0.0))


@dataclass(frozen=True)
class MixedPredictor:
    """Means of target and sources mixed, the target's deviation.

    Attributes:
        target: The target's own belief, on its losses.
        sources: The source tasks.
        weights: `(n_sources,)` of the sources; with the target's they sum to 1.
        lowest: Lowest loss observed on the target; None if nothing was evaluated.
    """

    target: Predictor
    sources: SourceTasks
    weights: Floats
    lowest: float | None

    def predict(self, X: Floats) -> Prediction:
        """Return the mixed mean and the target's deviation."""
        own = self.target.predict(X)
        theirs = self.weights @ (1.0 - self.sources.utility(X))
        return Prediction((1.0 - self.weights.sum()) * own.mean + theirs, own.std)

    def log_value(self, X: Floats, best: float) -> Floats:
        """Return log expected improvement over what was observed, by the authors' margin.

        Not over the lowest mixed mean: that is lower than any loss where the sources agree, and
        what is good for all of them would count as no improvement.
        """
        predicted = self.predict(X)
        best = best if self.lowest is None else self.lowest
        return log_expected_improvement(predicted.mean, predicted.std, best, _XI)


class TSTR(Transfer):
    """Weights by discordance.

    Args:
        space: The space of the points.
        warm: Its sources are used; their weights are not.
        bandwidth: rho; the authors take 0.1 for their SVM data and 0.9 for their Weka data.
    """

    def __init__(
        self, space: Space, warm: WarmStart | None = None, *, bandwidth: float = 0.1
    ) -> None:
        super().__init__(space, warm)
        self.bandwidth = bandwidth

    def _combine(
        self, target: Observed, sources: SourceTasks, rng: np.random.Generator
    ) -> Predictor:
        del rng
        lowest = float(target.y.min()) if len(target) else None
        return MixedPredictor(target.process, sources, self._shares(target, sources), lowest)

    def _shares(self, target: Observed, sources: SourceTasks) -> Floats:
        kernel = epanechnikov(self._distance(target, sources) / self.bandwidth)
        return np.asarray(kernel / (kernel.sum() + _TARGET))

    def _distance(self, target: Observed, sources: SourceTasks) -> Floats:
        if len(target) < 2:
            return np.zeros(len(sources))
        return 1.0 - concordance(sources.means(target.X), target.y)


class TSTM(TSTR):
    """Weights by meta-features: the warm start's, the largest being at distance 0.

    Args:
        space: The space of the points.
        warm: Its sources and their weights are used.
        bandwidth: A weight below `1 - bandwidth` times the largest counts nothing.
    """

    def __init__(
        self, space: Space, warm: WarmStart | None = None, *, bandwidth: float = 0.9
    ) -> None:
        super().__init__(space, warm, bandwidth=bandwidth)

    def _distance(self, target: Observed, sources: SourceTasks) -> Floats:
        del target
        return np.asarray(1.0 - sources.weights / sources.weights.max())


class TAFR(TSTR):
    """Acquisition transfer with TST-R's weights (Wistuba et al. 2018).

    Args:
        space: The space of the points.
        warm: Its sources are used; their weights are not.
        bandwidth: rho.
    """

    def _combine(
        self, target: Observed, sources: SourceTasks, rng: np.random.Generator
    ) -> Predictor:
        del rng
        weights = self._shares(target, sources)
        scale = (1.0 - weights.sum()) / spread_of(target.y)
        return GainPredictor.of(target.process, target.X, sources, weights, scale)
