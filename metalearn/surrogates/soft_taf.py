"""Acquisition transfer with soft weights: the default transfer method.

A point is worth what it would have gained on source tasks that behave like the target, over all
that is evaluated already, plus what a Gaussian process of the target expects (TAF, Wistuba,
Schilling & Schmidt-Thieme 2018; METHODS 10.4):

    a(x) = r sum_t w_t max(0, u_t(x) - max_{x' evaluated} u_t(x')) + eta_n EI(x) / range(y).

u_t is one minus the normalized regret of source task t. We differ from the paper: the weights are
soft, prior weight times concordance to the eighth power, instead of a kernel that may give all tasks
nothing; the target's own voice grows with the number of evaluations, eta_n = 1 - r (1 - n / 20);
and its process has the sources' weighted mean as prior mean (`surrogates.prior_mean`).
Weights say which sources to follow, the trust r whether to follow any: Kendall's tau between the
evaluated losses and the sources' weighted mean, as if three pairs had agreed before. It ends what
misleads after three or four evaluations, however few sources there are.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from metalearn.core.arrays import Floats
from metalearn.core.seams import Predictor
from metalearn.core.space import Space
from metalearn.core.warm_start import WarmStart
from metalearn.numerics.concordance import concordance
from metalearn.surrogates.acquisition_transfer import GainPredictor, spread_of
from metalearn.surrogates.prior_mean import around_sources
from metalearn.surrogates.source_tasks import SourceTasks
from metalearn.surrogates.transfer import Observed, Transfer

__all__ = ["SoftTAF"]

_FLOOR = 1e-3
_AGREED = 3.0


class SoftTAF(Transfer):
    """See the module.

    Args:
        space: The space of the points.
        warm: Its sources and their weights are used; without any this is a Gaussian process.
        agreement: Exponent of the concordance.
        patience: Evaluations after which the target counts as much as the sources.
    """

    def __init__(
        self,
        space: Space,
        warm: WarmStart | None = None,
        *,
        agreement: float = 8.0,
        patience: float = 20.0,
    ) -> None:
        super().__init__(space, warm)
        self.agreement, self.patience = agreement, patience

    def _combine(
        self, target: Observed, sources: SourceTasks, rng: np.random.Generator
    ) -> Predictor:
        weights, trust = self.weights(target, sources)
        own = 1.0 - trust * (1.0 - min(len(target) / self.patience, 1.0)) if len(target) else 0.0
        found = GainPredictor.of(target, sources, trust * weights, own / spread_of(target.y))
        if not len(target):
            return found
        around = around_sources(
            self._process, sources, weights, target.X, target.y, rng, trust=trust
        )
        return replace(found, target=around)

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
