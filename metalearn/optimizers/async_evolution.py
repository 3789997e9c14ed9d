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
from metalearn.numerics.pareto import fronts
from metalearn.optimizers.bookkeeping import AskTell
from metalearn.optimizers.members import losses_and_sizes, tournament
from metalearn.optimizers.variation import Variation

__all__ = ["AsyncEvolution"]


class AsyncEvolution(AskTell):
    """A population that changes one member at a time.

    Takes of a warm start: the initial design as first members, then members from the prior (or
    the sources' top points) and uniform ones in turn; mutations draw from the same. Observations
    are members. Failures never are.

    Args:
        space: Where to search.
        initial: A warm start, or configurations to evaluate first.
        rng: Source of all randomness.
        population: Members at most; so many trials are seeds.
        crossover: Probability of two parents.
    """

    kept = ("_members", "_n_seeds")

    def __init__(
        self,
        space: Space,
        *,
        initial: WarmStart | Sequence[Configuration] | None = None,
        rng: np.random.Generator,
        population: int = 20,
        crossover: float = 0.2,
    ) -> None:
        self.population = population
        self.crossover = crossover
        super().__init__(space, initial=initial, rng=rng)

    def _prepare(self) -> None:
        self._variation = Variation(self.warm, self.rng)
        self._members: list[Trial] = []
        self._n_seeds = self.population - len(self._queue) - len(self.warm.observations)

    def _propose(self) -> Configuration:
        if self._n_seeds > 0 or not self._members:
            self._n_seeds -= 1
            return self._fresh(self._variation.seed)
        return self._fresh(self._offspring)

    def _learn(self, trial: Trial) -> None:
        if trial.status != "ok":
            return
        self._members.append(trial)
        if len(self._members) > self.population:
            front = fronts(losses_and_sizes(self._members))
            del self._members[int(self.rng.choice(np.flatnonzero(front == front.max())))]

    def _offspring(self) -> Configuration:
        parent = tournament(self._members, self.rng)
        if self.rng.random() < self.crossover:
            return self._variation.crossed(parent, tournament(self._members, self.rng))
        return self._variation.mutated(parent)
