"""Variation operators of the evolutionary optimizers: seeding, mutation, crossover (METHODS 11.7).

Numbers move locally or are drawn again, integers move by at least one cell, and a category becomes
another one. If an axis changes, its conditional children are drawn again. In a crossover a
conditional axis comes from the same configuration as the axis it depends on. New values come from
the prior (or the sources' top points) or from the uniform distribution, with equal probability.
"""

from __future__ import annotations

import numpy as np

from metalearn.core.arrays import Floats
from metalearn.core.configuration import Configuration
from metalearn.core.space import Axis
from metalearn.core.warm_start import WarmStart
from metalearn.optimizers.source_points import drawn_from_sources

__all__ = ["Variation"]

_STEP = 0.1
_ANEW = 0.5


class Variation:
    """Operators over one space.

    Args:
        warm: The warm start, with its space.
        rng: Source of all randomness.
    """

    def __init__(self, warm: WarmStart, rng: np.random.Generator) -> None:
        self.space = warm.space
        self.warm = warm
        self.rng = rng
        self._varying = np.array([axis.n_cells != 1 for axis in self.space.axes])

    def seed(self) -> Configuration:
        """Return a first member: from the prior or the sources, or uniform, evenly."""
        if self.rng.random() < _ANEW:
            return drawn_from_sources(self.warm, self.rng)
        return self.space.sample(1, self.rng)[0]

    def mutated(self, configuration: Configuration) -> Configuration:
        """Return the configuration with one of its hyperparameters changed."""
        (point,) = self.space.encode([configuration])
        movable = np.flatnonzero(~np.isnan(point) & self._varying)
        if not len(movable):
            return configuration
        j = int(self.rng.choice(movable))
        anew = self._anew()
        point[j] = self._moved(self.space.axes[j], float(point[j]), float(anew[j]))
        changed = {j}
        for child, parents in enumerate(self.space.parents):
            if changed & set(parents):
                changed.add(child)
                point[child] = np.nan
        return self._decoded(point, anew)

    def crossed(self, first: Configuration, second: Configuration) -> Configuration:
        """Return a configuration with each hyperparameter from one of two (uniform crossover)."""
        pair = self.space.encode([first, second])
        giver = self.rng.integers(0, 2, self.space.n_axes)
        for child, parents in enumerate(self.space.parents):
            if parents:
                giver[child] = giver[parents[0]]
        columns = np.arange(self.space.n_axes)
        given, other = pair[giver, columns], pair[1 - giver, columns]
        return self._decoded(np.where(np.isnan(given), other, given), self._anew())

    def _anew(self) -> Floats:
        """Return a point with a value on every axis: a seed, uniform where that is inactive."""
        (point,) = self.space.encode([self.seed()])
        return np.where(np.isnan(point), self.rng.random(self.space.n_axes), point)

    def _decoded(self, point: Floats, anew: Floats) -> Configuration:
        return self.space.decode(np.where(np.isnan(point), anew, point)[None, :])[0]

    def _moved(self, axis: Axis, u: float, anew: float) -> float:
        edges = axis.cell_edges()
        if not axis.is_ordered:
            cell, other = int(u * axis.n_cells), int(anew * axis.n_cells)
            if other == cell:
                other = (cell + int(self.rng.integers(1, axis.n_cells))) % axis.n_cells
            return (other + 0.5) / axis.n_cells
        to = anew if self.rng.random() < _ANEW else self._near(u)
        if edges is None:
            return to
        cell, other = (int(np.clip(np.searchsorted(edges, at, "right") - 1, 0, len(edges) - 2))
                       for at in (u, to))  # fmt: skip
        if other == cell:
            up = cell == 0 or (cell < len(edges) - 2 and self.rng.random() < 0.5)
            other = cell + 1 if up else cell - 1
        return float(edges[other] + edges[other + 1]) / 2

    def _near(self, u: float) -> float:
        """Return a draw of the normal distribution around u, truncated to the axis."""
        for _ in range(100):
            to = u + _STEP * float(self.rng.standard_normal())
            if 0.0 <= to <= 1.0:
                return to
        return u
