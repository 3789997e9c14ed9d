"""Adaptive Bayesian linear regression over tasks (Perrone et al. 2018; METHODS 10.8).

The loss of each task is linear in features that all tasks share, so the cost of a fit is linear in
the number of evaluations. The paper learns the features with a neural network. Here they are the
sources' mean functions, scaled by their weights, and whitened features of the sources' common
kernel, which can express what no source shows. The share of prior variance given to the sources'
functions maximizes the marginal likelihood.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from metalearn.core.arrays import Floats
from metalearn.core.seams import Prediction, Predictor
from metalearn.numerics.gaussian_process.linear import (
    LinearPosterior,
    fit_linear,
    negative_evidence,
)
from metalearn.surrogates.source_tasks import SourceTasks
from metalearn.surrogates.transfer import Observed, Transfer

__all__ = ["ABLR", "ABLRPredictor"]

_SHARES = (0.1, 0.5, 0.9)
_NOISES = (1e-4, 1e-3, 1e-2, 1e-1)


class ABLR(Transfer):
    """See the module.

    Overview:
        formula: Bayesian linear regression in the sources' mean functions and the kernel's
            features; share of the sources' functions by evidence (Perrone et al. 2018, with a
            basis that needs no network)
        use: many evaluations
        step: n (m + T)²
    """

    def _combine(
        self, target: Observed, sources: SourceTasks, rng: np.random.Generator
    ) -> Predictor:
        del rng

        def evidence(share: float) -> float:
            return negative_evidence(_basis(sources, target.X, share), target.z, 1e-2)

        share = min(_SHARES, key=evidence)
        posterior = fit_linear(_basis(sources, target.X, share), target.z, _NOISES)
        return ABLRPredictor(target, sources, share, posterior)


@dataclass(frozen=True)
class ABLRPredictor:
    """The fitted regression of the target; see `ABLR`.

    Attributes:
        target: The target.
        sources: The source tasks, whose mean functions are features.
        share: Share of the prior variance that the sources' functions have.
        posterior: Posterior of the weights of the features.
    """

    target: Observed
    sources: SourceTasks
    share: float
    posterior: LinearPosterior

    def predict(self, X: Floats) -> Prediction:
        """Return mean and deviation of the loss, without noise."""
        return self.target.unscaled(*self.posterior.predict(self._features(X)))

    def draw(self, rng: np.random.Generator) -> Callable[[Floats], Floats]:
        """Return the loss function for weights drawn from the posterior."""
        weights, width, centre = self.posterior.draw(rng), self.target.width, self.target.centre
        return lambda X: np.asarray(centre + width * (self._features(X) @ weights))

    def _features(self, X: Floats) -> Floats:
        return _basis(self.sources, X, self.share)


def _basis(sources: SourceTasks, X: Floats, share: float) -> Floats:
    """Return `(n, n_sources + n_inducing)`: the sources' means and the kernel's features."""
    expanded = sources.points.expand(X)
    functions = sources.model.means(expanded).T * np.sqrt(share * sources.weights)
    free = sources.model.features(expanded) * np.sqrt(1.0 - share)
    return np.concatenate([functions, free], axis=1)
