"""What a point would have gained on the sources, beside what the target expects (METHODS 10.4)."""

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
    """Return the range of losses; of equal ones what the process takes it for, four deviations."""
    return 4.0 if are_equal(y) else float(np.ptp(y))


@dataclass(frozen=True)
class GainPredictor:
    """A target's process and the gains of the sources.

    Attributes:
        target: Belief about the target alone.
        sources: The source tasks.
        weights: `(n_sources,)` given what is evaluated.
        covered: `(n_sources,)` best utility of what is evaluated.
        scale: What an improvement of 1 on the target counts in normalized regret of the sources.
    """

    target: Predictor
    sources: SourceTasks
    weights: Floats
    covered: Floats
    scale: float

    @classmethod
    def of(
        cls, belief: Predictor, X: Floats, sources: SourceTasks, weights: Floats, scale: float
    ) -> GainPredictor:
        """Return the predictor with what evaluations at `X (n, n_axes)` cover on the sources."""
        covered = sources.utility(X).max(axis=1, initial=0.0)
        return cls(belief, sources, weights, covered, scale)

    def predict(self, X: Floats) -> Prediction:
        """Return the target's own mean and deviation."""
        return self.target.predict(X)

    def log_value(self, X: Floats, best: float) -> Floats:
        """Return the logarithm of gain plus improvement.

        Added as logarithms: where nothing is left to gain, improvements too small to be added to
        anything still tell the best point. Without them, ties go to what is good on average.
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
