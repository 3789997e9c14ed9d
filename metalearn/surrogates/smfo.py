"""Sum of surrogates (Wistuba, Schilling & Schmidt-Thieme 2015; METHODS 10.1).

The sources' mean losses, weighted by how well they order what is evaluated; no uncertainty, so the
next point is the lowest mean of what would still gain something: sequential model-free
optimization.
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
    """See the module: the gains of `soft-taf` with weights linear in Kendall's tau, alone."""

    def _combine(
        self, target: Observed, sources: SourceTasks, rng: np.random.Generator
    ) -> Predictor:
        del rng
        tau = 2.0 * concordance(sources.means(target.X), target.y) - 1.0
        weights = sources.weights * np.maximum(tau, 0.0)
        total = weights.sum()
        weights = weights / total if total > 0.0 else sources.weights
        return GainPredictor.of(target.process, target.X, sources, weights, 0.0)
