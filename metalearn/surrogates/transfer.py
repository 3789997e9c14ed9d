"""Base of transfer methods: the target's process and the sources on one scale.

Losses are standardized per task, so that means of different tasks can be mixed; the mixture is
scaled back to the target's losses. Without sources every method is the target's process.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, partial

import numpy as np

from metalearn.core.arrays import Floats
from metalearn.core.history import History
from metalearn.core.seams import Prediction, Predictor
from metalearn.core.warm_start import WarmStart
from metalearn.surrogates.from_sources import FromSources
from metalearn.surrogates.gaussian_process import MAX_POINTS, GaussianProcessPredictor, kept
from metalearn.surrogates.losses import cleaned, standardized
from metalearn.surrogates.source_tasks import SourceTasks, fit_sources

__all__ = ["Observed", "Transfer"]


@dataclass(frozen=True)
class Observed:
    """The evaluated points of the target, standardized, with its own process.

    Attributes:
        X: `(n, n_axes)` evaluated points, each once.
        y: `(n,)` losses there, failures as the worst.
        z: `(n,)` standardized losses.
        centre: Loss at a standardized value of 0.
        width: Loss difference of a standardized 1.
        fit: Fits the target's own Gaussian process.
    """

    X: Floats
    y: Floats
    z: Floats
    centre: float
    width: float
    fit: Callable[[], GaussianProcessPredictor]

    def __len__(self) -> int:
        return len(self.y)

    @cached_property
    def process(self) -> GaussianProcessPredictor:
        """The target's own Gaussian process, on its losses; fitted on first use."""
        return self.fit()

    def standardized(self, X: Floats) -> tuple[Floats, Floats]:
        """Return mean and deviation of the target's own process, standardized."""
        own = self.process.predict(X)
        return (own.mean - self.centre) / self.width, own.std / self.width

    def unscaled(self, mean: Floats, std: Floats) -> Prediction:
        """Return a standardized prediction on the scale of the losses."""
        return Prediction(self.centre + self.width * mean, self.width * std)


class Transfer(FromSources[SourceTasks]):
    """A surrogate with source tasks; a method adds `_combine`.

    Args:
        space: The space of the points.
        warm: Its sources and their weights are used.
    """

    def _learn(self, warm: WarmStart) -> SourceTasks:
        return fit_sources(warm)

    def _fit_with(
        self, learned: SourceTasks, history: History, rng: np.random.Generator
    ) -> Predictor:
        X, y = cleaned(history)
        chosen = kept(y, MAX_POINTS, rng)
        X, y = X[chosen], y[chosen]
        scaled = standardized(y)
        fit = partial(self._process.fit, History(X, y), rng)
        observed = Observed(X, y, scaled.y, scaled.centre, scaled.width, fit)
        return self._combine(observed, learned, rng)

    @abstractmethod
    def _combine(
        self, target: Observed, sources: SourceTasks, rng: np.random.Generator
    ) -> Predictor:
        """Return the predictor of the target's loss from the target and the sources."""
