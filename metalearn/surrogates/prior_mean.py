"""A target's process around what its sources expect on average (METHODS 11.2: prior mean).

    f(x) = slope * sum_t w_t mean_t(x) + process(x).

The slope is a ridge estimate that starts from the sources' own spread, times how far they are
trusted, as if three evaluations had shown it, and is never negative; the process's scale is
likewise drawn to half that spread while there are few evaluations, since the deviation of two or
three losses says little.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from metalearn.core.arrays import Floats
from metalearn.core.history import History
from metalearn.core.seams import Prediction, Predictor
from metalearn.surrogates.gaussian_process import GaussianProcess
from metalearn.surrogates.source_tasks import SourceTasks

__all__ = ["PriorMeanPredictor", "around_sources"]

_EVIDENCE = 3.0
_SPREAD = 0.5


def around_sources(
    process: GaussianProcess,
    sources: SourceTasks,
    weights: Floats,
    X: Floats,
    y: Floats,
    rng: np.random.Generator,
    *,
    trust: float = 1.0,
) -> PriorMeanPredictor:
    """Return the process of what the sources' mean leaves over.

    Args:
        process: Fitted to the residuals.
        sources: The source tasks.
        weights: `(n_sources,)`, non-negative, sum 1.
        X: `(n, n_axes)` evaluated points, n >= 1.
        y: `(n,)` losses there.
        rng: For the process.
        trust: How far the sources order the evaluated points alike, in [0, 1].
    """
    usual = float(weights @ sources.widths)
    expected = weights @ sources.means(X)
    off = expected - expected.mean()
    shown = _EVIDENCE * trust * usual + float((y - y.mean()) @ off)
    slope = shown / (_EVIDENCE + float(off @ off))
    slope = max(slope, 0.0)
    rest = y - slope * expected
    square = _EVIDENCE * (_SPREAD * usual) ** 2 + len(y) * float(rest.var())
    scale = float(np.sqrt(square / (_EVIDENCE + len(y))))
    fitted = process.fit(History(X, rest), rng, scale=scale)
    return PriorMeanPredictor(fitted, sources, slope * weights)


@dataclass(frozen=True)
class PriorMeanPredictor:
    """See `around_sources`.

    Attributes:
        process: What the sources' mean leaves over.
        sources: The source tasks.
        weights: `(n_sources,)`, times the slope.
    """

    process: Predictor
    sources: SourceTasks
    weights: Floats

    def predict(self, X: Floats) -> Prediction:
        """Return the sources' mean corrected by the process, and the process's deviation."""
        rest = self.process.predict(X)
        return Prediction(rest.mean + self.weights @ self.sources.means(X), rest.std)
