"""A stack of residual Gaussian processes (Golovin et al. 2017, Vizier; METHODS 10.6).

Studies in the order of their weights, the target last; each process models what those below left
over. Means add up; deviations are blended geometrically,

    std = std_i^b std_{i-1}^(1-b),   b = n_i / (n_i + n_{i-1}).

At most five sources of 100 points each: the most similar ones.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from metalearn.core.arrays import Floats
from metalearn.core.history import History
from metalearn.core.seams import Prediction, Predictor
from metalearn.core.space import Space
from metalearn.core.warm_start import WarmStart
from metalearn.surrogates.gaussian_process import GaussianProcess, kept
from metalearn.surrogates.losses import cleaned, standardized

__all__ = ["Stacked", "StackedPredictor"]

_SOURCES, _POINTS = 5, 100
_SEED = 0  # sources are the same when an optimizer is resumed


class Stacked:
    """See the module.

    Args:
        space: The space of the points.
        warm: Its sources are used, in the order of their weights.
    """

    def __init__(self, space: Space, warm: WarmStart | None = None) -> None:
        self._space = space
        self._warm = warm
        self._below: StackedPredictor | None = None
        self._process = GaussianProcess(space)

    @property
    def carried(self) -> Floats | None:
        """Logarithms of the target's last hyperparameters, where the next fit starts."""
        return self._process.carried

    @carried.setter
    def carried(self, theta: Floats | None) -> None:
        self._process.carried = theta

    def fit(self, history: History, rng: np.random.Generator) -> Predictor:
        """Return the stack with the target on top; the target's process without sources."""
        if self._warm is not None:
            self._below, self._warm = self._stack(self._warm, np.random.default_rng(_SEED)), None
        if self._below is None:
            return self._process.fit(history, rng)
        X, y = cleaned(history)
        scaled = standardized(y)
        top = self._below.topped(self._process, X, scaled.y, rng)
        return StackedPredictor(top.layers, top.sizes, scaled.centre, scaled.width)

    def _stack(self, warm: WarmStart, rng: np.random.Generator) -> StackedPredictor | None:
        stack = StackedPredictor((), ())
        nearest = np.argsort(-warm.weights, kind="stable")[:_SOURCES]
        for source in reversed([warm.sources[i] for i in nearest]):
            X, y = cleaned(source)
            if len(y) < 2 or np.ptp(y) == 0.0:
                continue
            chosen = kept(y, _POINTS, rng)
            process = GaussianProcess(self._space)
            stack = stack.topped(process, X[chosen], standardized(y[chosen]).y, rng)
        return stack if stack.layers else None


@dataclass(frozen=True)
class StackedPredictor:
    """A stack of processes, the first at the bottom; see `Stacked`.

    Attributes:
        layers: The processes, each of the residuals of those below it.
        sizes: Number of evaluations behind each.
        centre: What a standardized 0 is.
        width: What a standardized 1 is.
    """

    layers: tuple[Predictor, ...]
    sizes: tuple[int, ...]
    centre: float = 0.0
    width: float = 1.0

    def topped(
        self, process: GaussianProcess, X: Floats, z: Floats, rng: np.random.Generator
    ) -> StackedPredictor:
        """Return the stack with one more process, of the residuals of standardized losses."""
        residual = z - self.predict(X).mean if self.layers else z
        layer = process.fit(History(X, residual), rng)
        return StackedPredictor((*self.layers, layer), (*self.sizes, len(z)))

    def predict(self, X: Floats) -> Prediction:
        """Return the sum of means and the blended deviation."""
        mean, std, below = np.zeros(len(X)), np.ones(len(X)), 0
        for layer, size in zip(self.layers, self.sizes, strict=True):
            found = layer.predict(X)
            share = size / (size + below) if size + below else 1.0
            mean = mean + found.mean
            std = np.maximum(found.std, 1e-12) ** share * std ** (1.0 - share)
            below = size
        return Prediction(self.centre + self.width * mean, self.width * std)
