"""What surrogates with sources share: these are learned from once, the target at every fit."""

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

__all__ = ["FromSources", "told_by"]


Learned = TypeVar("Learned")


class FromSources(ABC, Generic[Learned]):
    """Learns from the sources at the first fit; a method adds `_learn` and `_fit_with`.

    Without sources that tell anything it is the target's Gaussian process.

    Args:
        space: The space of the points.
        warm: Its sources and their weights are used.

    Attributes:
        has_sources: Whether there are sources that tell anything.
    """

    def __init__(self, space: Space, warm: WarmStart | None = None) -> None:
        self._process = GaussianProcess(space)
        self._warm = warm
        self._learned: Learned | None = None
        self.has_sources = warm is not None and any(True for _ in told_by(warm))

    @property
    def carried(self) -> Floats | None:
        """Logarithms of the target's last hyperparameters, where the next fit starts."""
        return self._process.carried

    @carried.setter
    def carried(self, theta: Floats | None) -> None:
        self._process.carried = theta

    def fit(self, history: History, rng: np.random.Generator) -> Predictor:
        """Return the belief about the target with the help of the sources."""
        if self._warm is not None and self.has_sources:
            self._learned, self._warm = self._learn(self._warm), None
        if self._learned is None:
            return self._process.fit(history, rng)
        return self._fit_with(self._learned, history, rng)

    @abstractmethod
    def _learn(self, warm: WarmStart) -> Learned:
        """Return what the sources teach that tell anything (`told_by`); there are some.

        What is drawn comes from a fixed generator: an optimizer that is resumed finds its sources
        as they were.
        """

    @abstractmethod
    def _fit_with(self, learned: Learned, history: History, rng: np.random.Generator) -> Predictor:
        """Return the belief about the target given its history and what the sources teach."""


def told_by(warm: WarmStart) -> Iterator[tuple[Floats, Floats, float]]:
    """Yield points, losses and weight of each source whose losses differ and that counts."""
    for source, weight in zip(warm.sources, warm.weights, strict=True):
        X, y = cleaned(source)
        if weight > 0.0 and len(y) > 1 and not are_equal(y):
            yield X, y, float(weight)
