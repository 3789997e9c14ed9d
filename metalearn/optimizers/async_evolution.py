"""Asynchronous steady-state evolution, as in GAMA: each free worker gets a new child.

Gijsbers & Vanschoren 2021: parents win an NSGA-II tournament on (loss, size). A child is made by
crossover with probability 0.2, else by mutation. A finished trial joins the population; when that
is full, a random member of the worst Pareto front is removed (METHODS 11.7).
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
    """Crossover or mutation, and removal among the worst; warm start as in `SteadyState`.

    Args:
        space: Where to search.
        initial: A warm start, or configurations to evaluate first.
        rng: Source of all randomness.
        population: Largest number of members; the first trials, as many, are seeds.
        crossover: Probability of crossover, which takes two parents.

    Overview:
        idea: one child at a time, a member of the worst front is removed (GAMA; Gijsbers &
            Vanschoren 2021)
        warm start: observations as members; seeds and mutations from the prior or the sources'
            top points
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
            front = fronts(losses_and_sizes(self._members, self.space))
            del self._members[int(self.rng.choice(np.flatnonzero(front == front.max())))]
