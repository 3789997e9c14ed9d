"""Variation operators of the evolutionary optimizers: seeding, mutation, crossover (METHODS 11.7).

`moved_point` says how a point moves. In a crossover a conditional axis comes from the same
configuration as the axis it depends on. New values come from the prior (or the sources' top
points) or from the uniform distribution, with equal probability. A space with operators of its own
(`Varies`, for instance pipelines) is asked for mutants and children.
"""

from __future__ import annotations

import numpy as np

from metalearn.core.arrays import Floats
from metalearn.core.configuration import Configuration
from metalearn.core.point_moves import moved_point
from metalearn.core.seams import Varies
from metalearn.core.warm_start import WarmStart
from metalearn.optimizers.source_points import drawn_from_sources
from metalearn.surrogates.inactive import inactive_drawn

__all__ = ["Variation"]

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

    def seed(self) -> Configuration:
        """Return a first member: from the prior or the sources, or uniform, evenly."""
        if not isinstance(self.space, Varies) and self.rng.random() < _ANEW:
            return drawn_from_sources(self.warm, self.rng)
        return self.space.sample(1, self.rng)[0]

    def mutated(self, configuration: Configuration) -> Configuration:
        """Return the configuration with one of its hyperparameters changed."""
        if isinstance(self.space, Varies):
            return self.space.mutate(configuration, self.rng)
        (point,) = self.space.encode([configuration])
        changed = moved_point(self.space, point, self._anew, self.rng)
        return self.space.decode(changed[None, :])[0]

    def crossed(self, first: Configuration, second: Configuration) -> Configuration:
        """Return a configuration with each hyperparameter from one of two (uniform crossover)."""
        if isinstance(self.space, Varies):
            return self.space.crossover(first, second, self.rng)
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
        return inactive_drawn(point, self.rng)

    def _decoded(self, point: Floats, anew: Floats) -> Configuration:
        return self.space.decode(np.where(np.isnan(point), anew, point)[None, :])[0]
