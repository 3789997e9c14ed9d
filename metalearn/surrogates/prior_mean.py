"""A target's process around its sources (METHODS 11.2: prior mean, 8.5: rows as one Gaussian).

    f(x) = slope * m(x) + sum_t b_t sqrt(w_t) (mean_t(x) - m(x)) + process(x),
    m(x) = sum_t w_t mean_t(x),   b_t ~ N(0, v).

What sources expect on average is the prior mean; the ways in which they differ from it are ways in
which the target may differ too, so one surprise moves all that goes with it among the sources. The
slope is a ridge estimate that starts from the sources' own spread, times how far they are trusted,
as if three evaluations had shown it, and is never negative. The variance v is fitted with the
process. The process's scale is drawn to half the sources' spread while there are few evaluations,
since the deviation of two or three losses says little.
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
    """Return the target's process.

    Args:
        process: Fitted to what the sources' mean leaves over.
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
        process: What the sources' mean leaves over.
        sources: The source tasks.
        weights: `(n_sources,)`, times the slope.
        deviations: What enters the process linearly, of the sources' means.
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
