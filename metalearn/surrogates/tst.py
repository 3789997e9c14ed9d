"""Two-stage transfer surrogates (Wistuba, Schilling & Schmidt-Thieme 2016; METHODS 10.2).

The prediction is a Nadaraya-Watson mean over the processes of all tasks, with Epanechnikov weights
of the distance to the target (3/4 for the target itself, before weights are normalized):

    mean(x) = sum_t K(d_t / rho) mean_t(x) / sum_t K(d_t / rho),   std(x) = std of the target.

TST-R: the distance is the share of discordant pairs of evaluated points. TST-M: it comes from
meta-features, here through the warm start's weights. TAF-R uses the weights of TST-R in the
acquisition. As in the authors' program, the sources' losses are scaled to [0, 1] and the target's
are not, so TST-R and TST-M suit metrics of that range only.
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
    """Weighted mean of target and sources, with the target's deviation.

    Attributes:
        target: The target's own process, on its losses.
        sources: The source tasks.
        weights: `(n_sources,)`; with the target's weight they sum to 1.
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
        """Return log expected improvement over the lowest observed loss, with margin 0.01.

        The lowest mixed mean would be no bound: it lies below every loss where the sources agree,
        so that points good for all sources would show no improvement.
        """
        predicted = self.predict(X)
        best = best if self.lowest is None else self.lowest
        return log_expected_improvement(predicted.mean, predicted.std, best, _XI)


class TSTR(Transfer):
    """TST-R: weights by the share of discordant pairs.

    Args:
        space: The space of the points.
        warm: Its sources are used; their weights are not.
        bandwidth: rho; the authors take 0.1 for their SVM data and 0.9 for their Weka data.

    Overview:
        formula: mean = Σ K(d_t/ρ) mean_t / Σ K, deviation of the target (Wistuba et al. 2016)
        use: a comparison with the literature
        step: n³
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
    """TST-M: weights by meta-features, through the warm start's; the largest has distance 0.

    Args:
        space: The space of the points.
        warm: Its sources and their weights are used.
        bandwidth: A source below `1 - bandwidth` times the largest weight is not used.

    Overview:
        formula: mean and deviation as in `tst-r`, with d_t from meta-features
        use: before any evaluation
        step: n³
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

    Overview:
        formula: `soft-taf` with weights K(d_t/ρ), d_t the share of discordant pairs, K
            Epanechnikov's kernel, ¾ for the target (Wistuba et al. 2018)
        use: a comparison with the literature
        step: n³
    """

    def _combine(
        self, target: Observed, sources: SourceTasks, rng: np.random.Generator
    ) -> Predictor:
        del rng
        weights = self._shares(target, sources)
        scale = (1.0 - weights.sum()) / spread_of(target.y)
        return GainPredictor.of(target.process, target.X, sources, weights, scale)
