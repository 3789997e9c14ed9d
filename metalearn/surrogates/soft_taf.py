"""Acquisition transfer with soft weights: the default transfer method.

A point is worth what it would have gained on source tasks that behave like the target, over all
that is evaluated already, plus what a Gaussian process of the target expects (TAF, Wistuba,
Schilling & Schmidt-Thieme 2018; METHODS 10.4):

    a(x) = s sum_t w_t max(0, u_t(x) - max_{x' evaluated} u_t(x')) + (1 - s) EI(x) / range(y).

u_t is one minus the normalized regret of source task t. We differ from the paper: the weights are
soft, prior weight times concordance to the eighth power, instead of a kernel that may give all
tasks nothing; and the target's process has the sources' weighted mean as prior mean and their
differences from it as directions (`surrogates.prior_mean`). Weights say which sources to follow;
the share s = r (1 - f / 5) (1 - n / 10), whether to follow any. The trust r is Kendall's tau
between the evaluated losses and the sources' weighted mean, as if three pairs had agreed before:
it ends what misleads after three or four evaluations, however few sources there are. f counts the
evaluations since the last that was better than all before by a hundredth of the range: in a
continuous space there is always a little left to gain on the sources beside their common best,
which is not where the target's best has to be. n counts all evaluations: what sources have to say
is in the process by then, which also knows the target.
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
        warm: Its sources and their weights are used; without any this is a Gaussian process.
        agreement: Exponent of the concordance.
        patience: Evaluations in a row without improvement after which the gains on the sources
            no longer count.
        horizon: Evaluations after which they no longer count at all.
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
        """Return `(n_sources,)` weights given what is evaluated, sum 1, and the trust in them."""
        means = sources.means(target.X)
        agreeing = concordance(means, target.y)
        weights = sources.weights * (agreeing**self.agreement + _FLOOR)
        weights = np.asarray(weights / weights.sum())
        n_pairs = len(target) * (len(target) - 1) / 2
        (together,) = concordance((weights @ means)[None, :], target.y)
        share = (n_pairs * together + _AGREED) / (n_pairs + _AGREED)
        return weights, max(2.0 * float(share) - 1.0, 0.0)


def fruitless(y: Floats) -> int:
    """Return how many of `(n,)` losses, in order, came after the last notable improvement."""
    before = np.minimum.accumulate(np.concatenate([[np.inf], y]))[:-1]
    improved = np.flatnonzero(y < before - _NOTABLE * spread_of(y))
    return len(y) - 1 - int(improved[-1]) if len(improved) else 0
