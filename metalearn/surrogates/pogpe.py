"""Product of Gaussian process experts (Schilling, Wistuba & Schmidt-Thieme 2016; METHODS 10.5).

    1 / variance = sum b_i / variance_i,   mean = variance sum b_i mean_i / variance_i,

with b = 1/2 for the target and 1/2 divided among the sources in proportion to their weights. The
deviations of more than 12 sources with different points are approximate
(`numerics.gaussian_process.shared_kernel`).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from metalearn.core.arrays import Floats
from metalearn.core.seams import Prediction, Predictor
from metalearn.surrogates.source_tasks import SourceTasks
from metalearn.surrogates.transfer import Observed, Transfer

__all__ = ["POGPE"]

_TARGET = 0.5


class POGPE(Transfer):
    """See the module. Source weights are those of the warm start.

    Overview:
        formula: 1/variance = Σ b_i/variance_i, b = ½ for the target (Schilling et al. 2016)
        use: sources on comparable scales
        step: n³ + c m² for each of up to 12 different sources, else c m · 64 · T
    """

    def _combine(
        self, target: Observed, sources: SourceTasks, rng: np.random.Generator
    ) -> Predictor:
        del rng
        return ProductPredictor(target, sources)


@dataclass(frozen=True)
class ProductPredictor:
    """The product of experts.

    Attributes:
        target: The target.
        sources: The source tasks.
    """

    target: Observed
    sources: SourceTasks

    def predict(self, X: Floats) -> Prediction:
        """Return mean and deviation of the product."""
        own_mean, own_std = self.target.standardized(X)
        means, stds = self.sources.predict(X)
        means, stds = np.vstack([means, own_mean]), np.vstack([stds, own_std])
        shares: Floats = np.append((1.0 - _TARGET) * self.sources.weights, _TARGET)
        precision = shares[:, None] / stds**2
        variance = 1.0 / precision.sum(axis=0)
        return self.target.unscaled(variance * (precision * means).sum(axis=0), np.sqrt(variance))
