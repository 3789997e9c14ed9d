"""Sum of surrogates (Wistuba, Schilling & Schmidt-Thieme 2015; METHODS 10.1).

Sequential model-free optimization: each next point has the largest weighted improvement on the
source tasks over the evaluated points. Source weights are proportional to the prior weight times
the positive part of Kendall's tau with the target. No uncertainty is used.
"""

from __future__ import annotations

import numpy as np

from metalearn.core.seams import Predictor
from metalearn.numerics.tasks.concordance import concordance
from metalearn.surrogates.acquisition_transfer import GainPredictor
from metalearn.surrogates.source_tasks import SourceTasks
from metalearn.surrogates.transfer import Observed, Transfer

__all__ = ["SMFO"]


class SMFO(Transfer):
    """See the module; the gains are those of `soft-taf`, without the target's improvement.

    Overview:
        formula: only the gains of `soft-taf`, weights linear in Kendall's τ; no model of the
            target (Wistuba et al. 2015)
        use: very few evaluations
        step: n² T
    """

    def _combine(
        self, target: Observed, sources: SourceTasks, rng: np.random.Generator
    ) -> Predictor:
        del rng
        tau = 2.0 * concordance(sources.means(target.X), target.y) - 1.0
        weights = sources.weights * np.maximum(tau, 0.0)
        total = weights.sum()
        weights = weights / total if total > 0.0 else sources.weights
        return GainPredictor.of(target.process, target.X, sources, weights, 0.0)
