"""Acquisition: improvement on the source tasks plus expected improvement (METHODS 10.4)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from metalearn.core.arrays import Floats
from metalearn.core.seams import Prediction, Predictor
from metalearn.numerics.matrix.set_gain import set_gains
from metalearn.numerics.search.log_improvement import log_expected_improvement
from metalearn.numerics.statistics.loss_unit import are_equal
from metalearn.surrogates.source_tasks import SourceTasks

__all__ = ["GainPredictor", "spread_of"]

_TIE = 1e-6
_LEAST = 1e-300


def spread_of(y: Floats) -> float:
    """Return the range of losses; for equal losses 4, four deviations of the process's prior."""
    return 4.0 if are_equal(y) else float(np.ptp(y))


@dataclass(frozen=True)
class GainPredictor:
    """A surrogate of the target and the improvements on the sources.

    Attributes:
        target: Predicts the loss of the target.
        sources: The source tasks.
        weights: `(n_sources,)` weights given the evaluations so far.
        covered: `(n_sources,)` best utility among the evaluated points.
        scale: Normalized regret on the sources that equals an improvement of 1 on the target.
    """

    target: Predictor
    sources: SourceTasks
    weights: Floats
    covered: Floats
    scale: float

    @classmethod
    def of(
        cls, target: Predictor, X: Floats, sources: SourceTasks, weights: Floats, scale: float
    ) -> GainPredictor:
        """Return the predictor after evaluations at `X (n, n_axes)`."""
        covered = sources.utility(X).max(axis=1, initial=0.0)
        return cls(target, sources, weights, covered, scale)

    def predict(self, X: Floats) -> Prediction:
        """Return mean and deviation of the target's loss."""
        return self.target.predict(X)

    def log_value(self, X: Floats, best: float) -> Floats:
        """Return `(n,)` logarithms of the gain on the sources plus the expected improvement.

        The sum is taken of logarithms: where no source gains, improvements too small for a float
        still order the points. If `scale` is 0, ties go to the points of highest mean utility.
        """
        utility = self.sources.utility(X).T
        gain = set_gains(utility, self.weights, self.covered)
        if not self.scale > 0.0:
            gain += _TIE * utility @ self.weights
            return np.asarray(np.log(np.maximum(gain, _LEAST)))
        predicted = self.target.predict(X)
        own = log_expected_improvement(predicted.mean, predicted.std, best)
        with np.errstate(divide="ignore"):
            return np.asarray(np.logaddexp(np.log(gain), np.log(self.scale) + own))
