"""A stack of residual Gaussian processes (Golovin et al. 2017, Vizier; METHODS 10.6).

Sources are stacked in ascending order of their weights, with the target on top. Each process
models the residuals of those below. Means add up; deviations are blended geometrically,

    std = std_i^b std_{i-1}^(1-b),   b = n_i / (n_i + n_{i-1}).

The five most similar sources are used, with at most 100 points each.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from metalearn.core.arrays import Floats
from metalearn.core.history import History
from metalearn.core.seams import Prediction, Predictor
from metalearn.core.warm_start import WarmStart
from metalearn.surrogates.from_sources import FromSources, usable_sources
from metalearn.surrogates.gaussian_process import GaussianProcess, kept
from metalearn.surrogates.losses import cleaned, standardized

__all__ = ["Stacked", "StackedPredictor"]

_SOURCES, _POINTS = 5, 100
_SEED = 0


class Stacked(FromSources["StackedPredictor"]):
    """See the module.

    Args:
        space: The space of the points.
        warm: Its sources are used, in ascending order of their weights.

    Overview:
        formula: each process models the residuals of those below; five sources, the most
            similar last (Golovin et al. 2017)
        use: few, very similar sources
        step: n³
    """

    def _learn(self, warm: WarmStart) -> StackedPredictor:
        stack, rng = StackedPredictor((), ()), np.random.default_rng(_SEED)
        nearest = sorted(usable_sources(warm), key=lambda source: -source[2])[:_SOURCES]
        for X, y, _ in reversed(nearest):
            chosen = kept(y, _POINTS, rng)
            process = GaussianProcess(warm.space)
            stack = stack.topped(process, X[chosen], standardized(y[chosen]).y, rng)
        return stack

    def _fit_with(
        self, learned: StackedPredictor, history: History, rng: np.random.Generator
    ) -> Predictor:
        X, y = cleaned(history)
        scaled = standardized(y)
        top = learned.topped(self._process, X, scaled.y, rng)
        return StackedPredictor(top.layers, top.sizes, scaled.centre, scaled.width)


@dataclass(frozen=True)
class StackedPredictor:
    """A stack of processes, the first at the bottom; see `Stacked`.

    Attributes:
        layers: The processes; each models the residuals of those below it.
        sizes: Number of evaluations of each.
        centre: Loss at a standardized value of 0.
        width: Loss difference of a standardized 1.
    """

    layers: tuple[Predictor, ...]
    sizes: tuple[int, ...]
    centre: float = 0.0
    width: float = 1.0

    def topped(
        self, process: GaussianProcess, X: Floats, z: Floats, rng: np.random.Generator
    ) -> StackedPredictor:
        """Return the stack with one more process, fitted to residuals of standardized losses."""
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
