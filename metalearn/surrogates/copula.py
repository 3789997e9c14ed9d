"""Quantile transfer: a Gaussian copula over tasks (Salinas, Shen & Perrone 2020; METHODS 10.10).

The losses of each task become normal scores of their ranks, which makes tasks of different scales
comparable. One regression over all sources predicts the score of a point and its error. A Gaussian
process of the target's residuals is added (the paper's GCP with prior). The regression is a forest
with a constant error from out-of-bag residuals; the paper uses a neural network.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.special import ndtri

from metalearn.core.arrays import Floats
from metalearn.core.history import History
from metalearn.core.seams import Prediction, Predictor
from metalearn.core.warm_start import WarmStart
from metalearn.numerics.statistics.ranks import rank_rows
from metalearn.surrogates.from_sources import FromSources, usable_sources
from metalearn.surrogates.inactive import inactive_outside
from metalearn.surrogates.losses import cleaned

__all__ = ["Copula", "CopulaPredictor", "normal_scores"]

_MAX_POOLED = 6_000
_SEED = 0


def normal_scores(y: Floats) -> Floats:
    """Return normal quantiles of the ranks, cut off as in METHODS 1.5; ties share their rank.

    >>> normal_scores(np.array([3.0, 1.0, 2.0])).round(3)
    array([ 0.967, -0.967,  0.   ])
    """
    n = len(y)
    if n < 2:
        return np.zeros(n)
    edge = 1.0 / (4.0 * n**0.25 * np.sqrt(np.pi * np.log(n)))
    share = (rank_rows(y[None, :])[0] - 0.5) / n
    return np.asarray(ndtri(np.clip(share, edge, 1.0 - edge)))


class Copula(FromSources[tuple[Any, float]]):  # scikit-learn is untyped
    """See the module.

    Args:
        space: The space of the points.
        warm: Its sources are used, drawn in proportion to their weights.

    Overview:
        formula: normal scores of the losses; one forest over all sources, a process of the
            target's residuals (Salinas et al. 2020, a forest in place of the network)
        use: sources on very different scales
        step: n³ + forest
    """

    def _learn(self, warm: WarmStart) -> tuple[Any, float]:
        return _pooled_forest(warm, np.random.default_rng(_SEED))

    def _fit_with(
        self, learned: tuple[Any, float], history: History, rng: np.random.Generator
    ) -> Predictor:
        X, y = cleaned(history)
        forest, error = learned
        expected = forest.predict(inactive_outside(X)) if len(y) else np.empty(0)
        residual = (normal_scores(y) - expected) / error
        process = self._process.fit(History(X, residual), rng)
        width = float(y.std()) if len(y) > 1 and np.ptp(y) > 0 else 1.0
        centre = float(y.mean()) if len(y) else 0.0
        return CopulaPredictor(forest, error, process, centre, width)


@dataclass(frozen=True)
class CopulaPredictor:
    """Scores of the sources, corrected by the target; see `Copula`.

    Attributes:
        forest: Expected normal score of a point over all sources.
        error: Standard deviation of the forest's residuals.
        process: The target's residuals in units of `error`.
        centre: Loss at score 0.
        width: Loss difference of a score of 1.
    """

    forest: Any  # scikit-learn is untyped
    error: float
    process: Predictor
    centre: float
    width: float

    def predict(self, X: Floats) -> Prediction:
        """Return mean and deviation; scores are mapped back to losses linearly."""
        rest = self.process.predict(X)
        score = self.forest.predict(inactive_outside(X)) + self.error * rest.mean
        return Prediction(self.centre + self.width * score, self.width * self.error * rest.std)


def _pooled_forest(warm: WarmStart, rng: np.random.Generator) -> tuple[Any, float]:
    """Return a forest over the scores of all sources and its out-of-bag error."""
    from sklearn.ensemble import ExtraTreesRegressor

    sources = list(usable_sources(warm))
    X = np.concatenate([points for points, _, _ in sources])
    scores = np.concatenate([normal_scores(y) for _, y, _ in sources])
    share = np.concatenate([np.full(len(y), weight) for _, y, weight in sources])
    if len(scores) > _MAX_POOLED:
        n = min(_MAX_POOLED, int((share > 0).sum()))
        chosen = rng.choice(len(scores), n, replace=False, p=share / share.sum())
        X, scores, share = X[chosen], scores[chosen], np.ones(n)
    forest = ExtraTreesRegressor(
        50, bootstrap=True, oob_score=True, min_samples_leaf=2,
        random_state=int(rng.integers(2**31)),
    )  # fmt: skip
    if len(scores) < 10:
        forest.set_params(bootstrap=False, oob_score=False, min_samples_leaf=1)
        return forest.fit(inactive_outside(X), scores, share), 1.0
    forest.fit(inactive_outside(X), scores, share)
    residual = scores - np.nan_to_num(forest.oob_prediction_)
    return forest, max(float(residual.std()), 0.05)
