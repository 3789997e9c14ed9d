"""Asynchronous steady-state evolution, as in GAMA: whoever is free gets a child, no generations.

Gijsbers & Vanschoren 2021: parents by NSGA-II tournament on (loss, size), crossover with
probability 0.2, else mutation; a finished trial joins, and one at random of the worst front leaves
when the population is full (METHODS 11.7).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from metalearn.core.configuration import Configuration
from metalearn.core.space import Space
from metalearn.core.trial import Trial
from metalearn.core.warm_start import WarmStart
from metalearn.numerics.search.pareto import fronts
from metalearn.optimizers.members import losses_and_sizes, offspring
from metalearn.optimizers.steady_state import SteadyState

__all__ = ["AsyncEvolution"]


class AsyncEvolution(SteadyState):
    """Two parents or one, and death among the worst; warm start as in `SteadyState`.

    Args:
        space: Where to search.
        initial: A warm start, or configurations to evaluate first.
        rng: Source of all randomness.
        population: Members at most; so many trials are seeds.
        crossover: Probability of two parents.
    """

    def __init__(
        self,
        space: Space,
        *,
        initial: WarmStart | Sequence[Configuration] | None = None,
        rng: np.random.Generator,
        population: int = 20,
        crossover: float = 0.2,
    ) -> None:
        self.crossover = crossover
        super().__init__(space, initial=initial, rng=rng, population=population)

    def _child(self) -> Configuration:
        return offspring(self._members, self._variation, self.crossover)

    def _join(self, member: Trial) -> None:
        self._members.append(member)
        if len(self._members) > self.population:
            front = fronts(losses_and_sizes(self._members))
            del self._members[int(self.rng.choice(np.flatnonzero(front == front.max())))]
