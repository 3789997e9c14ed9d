"""What transfer methods share: the target's own process, the sources, both on one scale.

Losses are standardized task by task, so that means of different tasks can be mixed; the mixture is
turned back to the target's losses. Without sources every method is the target's process.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass

import numpy as np

from metalearn.core.arrays import Floats
from metalearn.core.history import History
from metalearn.core.seams import Prediction, Predictor
from metalearn.core.space import Space
from metalearn.core.warm_start import WarmStart
from metalearn.surrogates.gaussian_process import (
    MAX_POINTS,
    GaussianProcess,
    GaussianProcessPredictor,
    kept,
)
from metalearn.surrogates.losses import cleaned, standardized
from metalearn.surrogates.source_tasks import SourceTasks, fit_sources

__all__ = ["Observed", "Transfer"]


@dataclass(frozen=True)
class Observed:
    """The target as a transfer method sees it.

    Attributes:
        X: `(n, n_axes)` evaluated points, each once.
        y: `(n,)` losses there, failures as the worst.
        z: `(n,)` standardized losses.
        centre: What a standardized 0 is.
        width: What a standardized 1 is.
        process: The target's own Gaussian process, on its losses.
    """

    X: Floats
    y: Floats
    z: Floats
    centre: float
    width: float
    process: GaussianProcessPredictor

    def __len__(self) -> int:
        return len(self.y)

    def standardized(self, X: Floats) -> tuple[Floats, Floats]:
        """Return mean and deviation of the target's own process, standardized."""
        own = self.process.predict(X)
        return (own.mean - self.centre) / self.width, own.std / self.width

    def unscaled(self, mean: Floats, std: Floats) -> Prediction:
        """Return a standardized prediction on the scale of the losses."""
        return Prediction(self.centre + self.width * mean, self.width * std)


class Transfer(ABC):
    """A surrogate that is given source tasks; a method adds `_combine`.

    Args:
        space: The space of the points.
        warm: Its sources and their weights are used.
    """

    def __init__(self, space: Space, warm: WarmStart | None = None) -> None:
        self._process = GaussianProcess(space)
        self._warm = warm
        self._sources: SourceTasks | None = None

    @property
    def carried(self) -> Floats | None:
        """Logarithms of the target's last hyperparameters, where the next fit starts."""
        return self._process.carried

    @carried.setter
    def carried(self, theta: Floats | None) -> None:
        self._process.carried = theta

    def fit(self, history: History, rng: np.random.Generator) -> Predictor:
        """Return the belief about the target with the help of the sources."""
        if self._warm is not None:
            self._sources, self._warm = fit_sources(self._warm), None
        if self._sources is None:
            return self._process.fit(history, rng)
        X, y = cleaned(history)
        chosen = kept(y, MAX_POINTS, rng)
        X, y = X[chosen], y[chosen]
        process = self._process.fit(History(X, y), rng)
        scaled = standardized(y)
        observed = Observed(X, y, scaled.y, scaled.centre, scaled.width, process)
        return self._combine(observed, self._sources, rng)

    @abstractmethod
    def _combine(
        self, target: Observed, sources: SourceTasks, rng: np.random.Generator
    ) -> Predictor:
        """Return the belief of both."""
