"""Acquisition transfer with soft weights: the default transfer method.

The acquisition sums two terms: the improvement that a point would bring on similar source tasks
over the evaluated points, and the expected improvement of a Gaussian process of the target (TAF,
Wistuba, Schilling & Schmidt-Thieme 2018; METHODS 10.4):

    a(x) = s sum_t w_t max(0, u_t(x) - max_{x' evaluated} u_t(x')) + (1 - s) EI(x) / range(y).

u_t is one minus the normalized regret of source task t. We differ from the paper in two points.
The weights are the prior weight times concordance to the eighth power; the paper's kernel can give
all tasks weight 0. The target's process has the sources' weighted mean as prior mean, and their
differences from it as linear functions (`surrogates.prior_mean`).

Weights w select the sources; s = r (1 - f / 5) (1 - n / 10) limits their joint influence:
- r is Kendall's tau between the measured losses and the sources' weighted mean, with a prior of
  three agreeing pairs. Misleading sources lose their influence within three or four evaluations.
- f counts the evaluations since the last improvement by at least a hundredth of the range. In a
  continuous space small gains on the sources always remain around their common best, and the
  target's best may lie elsewhere.
- n counts all evaluations. Later on, the process's prior mean carries the sources' information.
"""

from __future__ import annotations

import numpy as np

from metalearn.core.arrays import Floats
from metalearn.core.seams import Predictor
from metalearn.core.space import Space
from metalearn.core.warm_start import WarmStart
from metalearn.numerics.tasks.concordance import concordance
from metalearn.surrogates.acquisition_transfer import GainPredictor, spread_of
from metalearn.surrogates.prior_mean import around_sources
from metalearn.surrogates.source_tasks import SourceTasks
from metalearn.surrogates.transfer import Observed, Transfer

__all__ = ["SoftTAF"]

_FLOOR = 1e-3
_AGREED = 3.0
_NOTABLE = 0.01  # of the range of losses


class SoftTAF(Transfer):
    """See the module.

    Args:
        space: The space of the points.
        warm: Its sources and their weights are used; without sources this is a Gaussian process.
        agreement: Exponent of the concordance.
        patience: Evaluations in a row without improvement after which the gains on the sources
            no longer count.
        horizon: Evaluations in all after which they no longer count.

    Overview:
        formula: a(x) = s Σ w_t max(0, u_t(x) − max over evaluated u_t) + (1 − s)
            EI(x)/range(y); w_t ∝ prior weight · (concordance⁸ + 0.001); s = r (1 − f/5) (1 −
            n/10), r = Kendall's τ of the sources' mean with the measured losses, f = evaluations
            since the last notable improvement; EI of a process around that mean, with the sources'
            differences from it as linear functions of fitted variance. After Wistuba et al.
            (2018), with soft weights
        use: the default
        step: n³ + c (m + n + T)
    """

    def __init__(
        self,
        space: Space,
        warm: WarmStart | None = None,
        *,
        agreement: float = 8.0,
        patience: float = 5.0,
        horizon: float = 10.0,
    ) -> None:
        super().__init__(space, warm)
        self.agreement, self.patience, self.horizon = agreement, patience, horizon

    def _combine(
        self, target: Observed, sources: SourceTasks, rng: np.random.Generator
    ) -> Predictor:
        weights, trust = self.weights(target, sources)
        if not len(target):
            return GainPredictor.of(target.process, target.X, sources, weights, 0.0)
        around = around_sources(
            self._process, sources, weights, target.X, target.y, rng, trust=trust
        )
        share = trust * max(1.0 - fruitless(target.y) / self.patience, 0.0)
        share *= max(1.0 - len(target) / self.horizon, 0.0)
        scale = (1.0 - share) / spread_of(target.y)
        return GainPredictor.of(around, target.X, sources, share * weights, scale)

    def weights(self, target: Observed, sources: SourceTasks) -> tuple[Floats, float]:
        """Return `(n_sources,)` weights given the evaluations, sum 1, and the trust in [0, 1]."""
        means = sources.means(target.X)
        agreeing = concordance(means, target.y)
        weights = sources.weights * (agreeing**self.agreement + _FLOOR)
        weights = np.asarray(weights / weights.sum())
        n_pairs = len(target) * (len(target) - 1) / 2
        (together,) = concordance((weights @ means)[None, :], target.y)
        share = (n_pairs * together + _AGREED) / (n_pairs + _AGREED)
        return weights, max(2.0 * float(share) - 1.0, 0.0)


def fruitless(y: Floats) -> int:
    """Return the number of losses after the last notable improvement, of `(n,)` in order."""
    before = np.minimum.accumulate(np.concatenate([[np.inf], y]))[:-1]
    improved = np.flatnonzero(y < before - _NOTABLE * spread_of(y))
    return len(y) - 1 - int(improved[-1]) if len(improved) else 0
