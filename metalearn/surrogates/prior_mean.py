"""Gaussian process of a target with the source tasks as prior mean (METHODS 11.2, 8.5).

    f(x) = slope * m(x) + sum_t b_t sqrt(w_t) (mean_t(x) - m(x)) + process(x),
    m(x) = sum_t w_t mean_t(x),   b_t ~ N(0, v).

The prior mean is proportional to the weighted mean m of the sources' predictions. The differences
of single sources from m are directions in which the target may differ too, so one evaluation can
change predictions at all points that vary together among the sources. The slope is a non-negative
ridge estimate. Its prior has the strength of three evaluations and equals the sources' mean
standard deviation times the trust. The variance v is fitted with the process. With few evaluations
the process's scale is shrunk towards half that standard deviation, because the deviation of two or
three losses is a poor estimate.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from metalearn.core.arrays import Floats
from metalearn.core.history import History
from metalearn.core.seams import Prediction
from metalearn.surrogates.gaussian_process import GaussianProcess, GaussianProcessPredictor
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
    """Return the predictor of the target's loss.

    Args:
        process: Is fitted to the residuals of the prior mean.
        sources: The source tasks.
        weights: `(n_sources,)`, non-negative, sum 1.
        X: `(n, n_axes)` evaluated points, n >= 1.
        y: `(n,)` losses there.
        rng: Chooses points for the process if there are too many.
        trust: Agreement of the sources' and the target's order of the points, in [0, 1].
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
    unit = usual / scale * np.sqrt(weights)

    def deviations(means: Floats) -> Floats:
        return np.asarray(((means - weights @ means) * unit[:, None]).T)

    fitted = process.fit(
        History(X, rest), rng, scale=scale, linear=lambda at: deviations(sources.means(at))
    )
    return PriorMeanPredictor(fitted, sources, slope * weights, deviations)


@dataclass(frozen=True)
class PriorMeanPredictor:
    """See `around_sources`.

    Attributes:
        process: Predicts the residuals of the prior mean.
        sources: The source tasks.
        weights: `(n_sources,)`, times the slope.
        deviations: Maps the sources' means to the functions that the process adds linearly.
    """

    process: GaussianProcessPredictor
    sources: SourceTasks
    weights: Floats
    deviations: Callable[[Floats], Floats]

    def predict(self, X: Floats) -> Prediction:
        """Return the sources' mean corrected by the process, and the process's deviation."""
        means = self.sources.means(X)
        rest = self.process.predict(X, self.deviations(means))
        return Prediction(rest.mean + self.weights @ means, rest.std)
