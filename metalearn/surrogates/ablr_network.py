"""Adaptive Bayesian linear regression with its network (Perrone et al. 2018; METHODS 10.8).

The features are those of the paper, three layers of 50 tanh units trained on the evidence of the
sources (`neural.linear_features`); `surrogates.ablr` has a basis that needs no network. On the
target, prior variance and noise are those of largest evidence on a grid around the sources'.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from metalearn.core.arrays import Floats
from metalearn.core.seams import Prediction, Predictor
from metalearn.core.warm_start import WarmStart
from metalearn.numerics.gaussian_process.linear import (
    LinearPosterior,
    fit_linear,
    negative_evidence,
)
from metalearn.surrogates.deep_kernel import SEED, n_steps_for, trained_on
from metalearn.surrogates.few_shot import FewShot
from metalearn.surrogates.learned_points import MetaTasks, meta_tasks
from metalearn.surrogates.losses import Standardized

if TYPE_CHECKING:
    from metalearn.neural.network import Weights
    from metalearn.neural.training import Estimate

__all__ = ["ABLRNetwork", "ABLRNetworkPredictor", "LinearFeatures"]

_FACTORS = (0.3, 1.0, 3.0)
_NOISES = (1e-4, 1e-3, 1e-2, 1e-1)


@dataclass(frozen=True)
class LinearFeatures:
    """Features trained on the sources.

    Attributes:
        known: The tasks that they were trained on.
        weights: Weights of the network.
    """

    known: MetaTasks
    weights: Weights

    def features(self, X: Floats) -> Floats:
        """Return `(n, 51)` features, times the sources' median prior deviation of a weight."""
        from metalearn.neural.linear_features import linear_features

        deviation = float(np.exp(-0.5 * np.median(self.weights["log_alpha"])))
        return np.asarray(
            deviation * linear_features(self.weights, self.known.points.expand(X)), np.float64
        )


class ABLRNetwork(FewShot[LinearFeatures]):
    """See the module.

    Overview:
        formula: Bayesian linear regression in the last layer of a network of three layers of 50
            units, meta-trained on the evidence of the sources (Perrone et al. 2018); needs the
            extra `neural`
        use: a comparison with the literature
        step: n · 51²
    """

    def _meta_train(self, warm: WarmStart) -> LinearFeatures:
        from metalearn.neural.linear_features import initial_features, regression_step
        from metalearn.neural.training import Schedule

        known = meta_tasks(warm)
        n_tasks = len(known.tasks)

        def begin() -> tuple[Weights, Estimate]:
            n_columns = known.tasks[0][0].shape[1]
            start = initial_features(n_columns, n_tasks, np.random.default_rng(SEED))
            return start, regression_step(known.tasks)

        schedule = Schedule(n_steps_for(n_tasks))
        return LinearFeatures(known, trained_on(warm, known, "ablr", schedule, begin))

    def _predictor(self, network: LinearFeatures, X: Floats, scaled: Standardized) -> Predictor:
        at = network.features(X)
        factor = min(_FACTORS, key=lambda f: negative_evidence(f * at, scaled.y, 1e-2))
        posterior = fit_linear(factor * at, scaled.y, _NOISES)
        return ABLRNetworkPredictor(network, factor, posterior, scaled.centre, scaled.width)


@dataclass(frozen=True)
class ABLRNetworkPredictor:
    """The regression of the target; see the module.

    Attributes:
        network: The features.
        factor: Prior deviation of a weight, in units of the sources'.
        posterior: Posterior of the weights.
        centre: Loss at a standardized value of 0.
        width: Loss difference of a standardized 1.
    """

    network: LinearFeatures
    factor: float
    posterior: LinearPosterior
    centre: float
    width: float

    def predict(self, X: Floats) -> Prediction:
        """Return mean and deviation of the loss, without noise."""
        mean, std = self.posterior.predict(self.factor * self.network.features(X))
        return Prediction(self.centre + self.width * mean, self.width * std)

    def draw(self, rng: np.random.Generator) -> Callable[[Floats], Floats]:
        """Return the loss function for weights drawn from the posterior."""
        weights = self.factor * self.posterior.draw(rng)
        return lambda X: np.asarray(
            self.centre + self.width * (self.network.features(X) @ weights)
        )
