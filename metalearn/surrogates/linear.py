"""Bayesian linear regression on random features (DNGO's last layer; METHODS 10.8 and 11.5).

Random Fourier features of a Matern 5/2 kernel (Rahimi & Recht 2007): cosines of directions drawn
from its spectral density, a multivariate t with 5 degrees of freedom. Linear in the number of
evaluations. Length scale and noise maximize the marginal likelihood.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from metalearn.core.arrays import Floats
from metalearn.core.history import History
from metalearn.core.seams import Prediction
from metalearn.core.space import Space
from metalearn.core.warm_start import WarmStart
from metalearn.numerics.gaussian_process.linear import (
    LinearPosterior,
    fit_linear,
    negative_evidence,
)
from metalearn.surrogates.losses import cleaned, standardized
from metalearn.surrogates.points import Points

__all__ = ["RandomFeatures", "RandomFeaturesPredictor", "fourier_features"]

_LENGTHS = (0.1, 0.2, 0.4, 0.8, 1.6)
_NOISES = (1e-4, 1e-3, 1e-2, 1e-1, 0.5)


def fourier_features(points: Floats, directions: Floats, phases: Floats, length: float) -> Floats:
    """Return features `(n, n_features)` whose inner products approximate the kernel.

    Args:
        points: `(n, n_columns)`.
        directions: `(n_columns, n_features)` drawn from the spectral density at length 1.
        phases: `(n_features,)` uniform on [0, 2 pi).
        length: Length scale.
    """
    waves = np.cos(points @ directions / length + phases)
    return np.asarray(np.sqrt(2.0 / len(phases)) * waves)


class RandomFeatures:
    """See the module.

    Args:
        space: The space of the points.
        warm: Not used; this surrogate learns from the target alone (`ablr` transfers).
        n_features: Number of random features.

    Overview:
        idea: Bayesian linear regression on 256 random Fourier features (Rahimi & Recht 2007;
            the last layer of Snoek et al. 2015)
        use: thousands of evaluations
        cost: n · 256²
        code: own: fifty lines of linear algebra, shared with `ablr`
    """

    def __init__(
        self, space: Space, warm: WarmStart | None = None, *, n_features: int = 256
    ) -> None:
        del warm
        self.points, self.n_features = Points.of(space), n_features

    def fit(self, history: History, rng: np.random.Generator) -> RandomFeaturesPredictor:
        """Return the posterior regression."""
        X, y = cleaned(history)
        scaled, points = standardized(y), self.points.expand(X)
        n_columns = points.shape[1]
        # a multivariate t: normal over the root of a chi-square over its degrees of freedom
        stretch = np.sqrt(5.0 / rng.chisquare(5.0, self.n_features))
        directions = rng.normal(size=(n_columns, self.n_features)) * stretch
        phases = rng.uniform(0.0, 2.0 * np.pi, self.n_features)
        lengths = np.array(_LENGTHS) * np.sqrt(max(self.points.n_active, 1))

        def evidence(length: float) -> float:
            features = fourier_features(points, directions, phases, length)
            return negative_evidence(features, scaled.y, 1e-2)

        length = float(min(lengths, key=evidence))
        features = fourier_features(points, directions, phases, length)
        posterior = fit_linear(features, scaled.y, _NOISES)
        return RandomFeaturesPredictor(
            self.points, directions / length, phases, posterior, scaled.centre, scaled.width
        )


@dataclass(frozen=True)
class RandomFeaturesPredictor:
    """A fitted regression; see `RandomFeatures`.

    Attributes:
        points: Expansion of points of the space.
        directions: `(n_columns, n_features)`, divided by the length scale.
        phases: `(n_features,)`.
        posterior: Posterior of the weights.
        centre: Loss at a standardized value of 0.
        width: Loss difference of a standardized 1.
    """

    points: Points
    directions: Floats
    phases: Floats
    posterior: LinearPosterior
    centre: float
    width: float

    def predict(self, X: Floats) -> Prediction:
        """Return mean and deviation of the loss, without noise."""
        mean, std = self.posterior.predict(self._features(X))
        return Prediction(self.centre + self.width * mean, self.width * std)

    def draw(self, rng: np.random.Generator) -> Callable[[Floats], Floats]:
        """Return the loss function for weights drawn from the posterior."""
        weights = self.posterior.draw(rng)
        return lambda X: np.asarray(self.centre + self.width * (self._features(X) @ weights))

    def _features(self, X: Floats) -> Floats:
        return fourier_features(self.points.expand(X), self.directions, self.phases, 1.0)
