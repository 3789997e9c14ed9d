"""Base of surrogates with source tasks: sources are fitted once, the target at every fit."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from typing import Generic, TypeVar

import numpy as np

from metalearn.core.arrays import Floats
from metalearn.core.history import History
from metalearn.core.seams import Predictor
from metalearn.core.space import Space
from metalearn.core.warm_start import WarmStart
from metalearn.numerics.statistics.loss_unit import are_equal
from metalearn.surrogates.gaussian_process import GaussianProcess
from metalearn.surrogates.losses import cleaned

__all__ = ["FromSources", "usable_sources"]


Learned = TypeVar("Learned")


class FromSources(ABC, Generic[Learned]):
    """Fits the sources at the first call of `fit`; a method adds `_learn` and `_fit_with`.

    Without usable sources (see `usable_sources`) it is a Gaussian process of the target.

    Args:
        space: The space of the points.
        warm: Its sources and their weights are used.

    Attributes:
        has_sources: Whether there is a usable source.
    """

    def __init__(self, space: Space, warm: WarmStart | None = None) -> None:
        self._process = GaussianProcess(space)
        self._warm = warm
        self._learned: Learned | None = None
        self.has_sources = warm is not None and any(True for _ in usable_sources(warm))

    @property
    def carried(self) -> Floats | None:
        """Logarithms of the last hyperparameters of the process; the next fit starts there."""
        return self._process.carried

    @carried.setter
    def carried(self, theta: Floats | None) -> None:
        self._process.carried = theta

    def fit(self, history: History, rng: np.random.Generator) -> Predictor:
        """Return the predictor of the target's loss, with the sources if there are any."""
        if self._warm is not None and self.has_sources:
            self._learned, self._warm = self._learn(self._warm), None
        if self._learned is None:
            return self._process.fit(history, rng)
        return self._fit_with(self._learned, history, rng)

    @abstractmethod
    def _learn(self, warm: WarmStart) -> Learned:
        """Return a model of the usable sources, of which there is at least one.

        Draws come from a fixed generator, so that a resumed optimizer gets the same model.
        """

    @abstractmethod
    def _fit_with(self, learned: Learned, history: History, rng: np.random.Generator) -> Predictor:
        """Return the predictor given the target's history and the model of the sources."""


def usable_sources(warm: WarmStart) -> Iterator[tuple[Floats, Floats, float]]:
    """Yield points, losses and weight of each source with different losses and positive weight."""
    for source, weight in zip(warm.sources, warm.weights, strict=True):
        X, y = cleaned(source)
        if weight > 0.0 and len(y) > 1 and not are_equal(y):
            yield X, y, float(weight)
