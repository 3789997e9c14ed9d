"""Quantile transfer: a Gaussian copula over tasks (Salinas, Shen & Perrone 2020; METHODS 10.10).

Losses of each task become normal scores of their ranks, which makes tasks comparable whatever
their scales. One regression over all sources gives the expected score of a point and its error; a
Gaussian process of the target's own residuals is added (the paper's GCP with prior). The
regression is a forest with a constant error from out-of-bag residuals, in place of a network.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.special import ndtri

from metalearn.core.arrays import Floats
from metalearn.core.history import History
from metalearn.core.seams import Prediction, Predictor
from metalearn.core.space import Space
from metalearn.core.warm_start import WarmStart
from metalearn.numerics.ranks import rank_rows
from metalearn.surrogates.gaussian_process import GaussianProcess
from metalearn.surrogates.losses import cleaned

__all__ = ["Copula", "CopulaPredictor", "normal_scores"]

_MAX_POOLED = 6_000
_OUTSIDE = -1.0
_SEED = 0  # sources are the same when an optimizer is resumed


def normal_scores(y: Floats) -> Floats:
    """Return normal quantiles of the ranks, cut as METHODS 1.5 has it; ties share their rank.

    >>> normal_scores(np.array([3.0, 1.0, 2.0])).round(3)
    array([ 0.967, -0.967,  0.   ])
    """
    n = len(y)
    if n < 2:
        return np.zeros(n)
    edge = 1.0 / (4.0 * n**0.25 * np.sqrt(np.pi * np.log(n)))
    share = (rank_rows(y[None, :])[0] - 0.5) / n
    return np.asarray(ndtri(np.clip(share, edge, 1.0 - edge)))


class Copula:
    """See the module.

    Args:
        space: The space of the points.
        warm: Its sources are used, drawn in proportion to their weights.
    """

    def __init__(self, space: Space, warm: WarmStart | None = None) -> None:
        self._warm = warm
        self._pooled: tuple[Any, float] | None = None  # scikit-learn is untyped
        self._process = GaussianProcess(space)

    @property
    def carried(self) -> Floats | None:
        """Logarithms of the target's last hyperparameters, where the next fit starts."""
        return self._process.carried

    @carried.setter
    def carried(self, theta: Floats | None) -> None:
        self._process.carried = theta

    def fit(self, history: History, rng: np.random.Generator) -> Predictor:
        """Return scores of the sources with the target's residuals; its process without any."""
        if self._warm is not None:
            self._pooled, self._warm = (
                _pooled_forest(self._warm, np.random.default_rng(_SEED)),
                None,
            )
        if self._pooled is None:
            return self._process.fit(history, rng)
        X, y = cleaned(history)
        forest, error = self._pooled
        expected = forest.predict(_outside(X)) if len(y) else np.empty(0)
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
        error: Standard deviation of what the forest misses.
        process: The target's residuals in units of `error`.
        centre: Loss at score 0.
        width: Loss of a score of 1.
    """

    forest: Any  # scikit-learn is untyped
    error: float
    process: Predictor
    centre: float
    width: float

    def predict(self, X: Floats) -> Prediction:
        """Return mean and deviation; exact in normal scores, linear back to losses."""
        rest = self.process.predict(X)
        score = self.forest.predict(_outside(X)) + self.error * rest.mean
        return Prediction(self.centre + self.width * score, self.width * self.error * rest.std)


def _pooled_forest(warm: WarmStart, rng: np.random.Generator) -> tuple[Any, float] | None:
    """Return a forest over the scores of all sources and its out-of-bag error."""
    from sklearn.ensemble import ExtraTreesRegressor

    tasks = [cleaned(source) for source in warm.sources]
    told = [i for i, (_, y) in enumerate(tasks) if len(y) >= 2 and np.ptp(y) > 0]
    if not told or not warm.weights[told].sum() > 0.0:
        return None
    X = np.concatenate([tasks[i][0] for i in told])
    scores = np.concatenate([normal_scores(tasks[i][1]) for i in told])
    share = np.concatenate([np.full(len(tasks[i][1]), warm.weights[i]) for i in told])
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
        return forest.fit(_outside(X), scores, share), 1.0
    forest.fit(_outside(X), scores, share)
    missed = scores - np.nan_to_num(forest.oob_prediction_)
    return forest, max(float(missed.std()), 0.05)


def _outside(X: Floats) -> Floats:
    return np.where(np.isnan(X), _OUTSIDE, X)
