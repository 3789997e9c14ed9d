"""Generational (mu + lambda) evolution on loss and size, as in TPOT.

Olson, Bartley, Urbanowicz & Moore 2016: offspring come from mutation (0.9) or crossover
(0.1). NSGA-II selects survivors among parents and offspring by (loss, number of active
hyperparameters), so that of equally good configurations the simpler survives (METHODS 11.7). The
population is smaller than TPOT's 100, for budgets of a few hundred trials.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

import numpy as np

from metalearn.core.arrays import Floats
from metalearn.core.configuration import Configuration
from metalearn.core.space import Space
from metalearn.core.trial import Trial
from metalearn.core.warm_start import WarmStart
from metalearn.numerics.search.pareto import best_by_front
from metalearn.optimizers.bookkeeping import AskTell
from metalearn.optimizers.members import losses_and_sizes, offspring
from metalearn.optimizers.variation import Variation

__all__ = ["Evolution"]


class Evolution(AskTell):
    """Generations of a population.

    Uses of a warm start the initial design as first members. Further first members are drawn from
    the prior (or the sources' top points) or uniformly, with equal probability, and so are new
    values in mutations. Observations are members; failures are not.

    Args:
        space: Where to search.
        initial: A warm start, or configurations to evaluate first.
        rng: Source of all randomness.
        population: Number of survivors, and of trials per generation.
        crossover: Probability of crossover; None = the method's own. Other offspring are mutants.

    Attributes:
        own_crossover: The method's probability of crossover.

    Overview:
        idea: generations, survivors by loss and size (TPOT; Olson et al. 2016)
        warm start: observations as members; seeds and mutations from the prior or the sources'
            top points
    """

    kept = ("_members", "_arrived")
    own_crossover: ClassVar[float] = 0.1

    def __init__(
        self,
        space: Space,
        *,
        initial: WarmStart | Sequence[Configuration] | None = None,
        rng: np.random.Generator,
        population: int = 20,
        crossover: float | None = None,
    ) -> None:
        self.population = population
        self.crossover = self.own_crossover if crossover is None else crossover
        super().__init__(space, initial=initial, rng=rng)

    def _prepare(self) -> None:
        self._variation = Variation(self.warm, self.rng)
        self._members: list[Trial] = []
        self._arrived: list[Trial] = []

    def _propose(self) -> Configuration:
        return self._fresh(self._offspring if self._members else self._variation.seed)

    def _learn(self, trial: Trial) -> None:
        self._arrived.append(trial)
        if len(self._arrived) < self.population:
            return
        alive = [t for t in (*self._members, *self._arrived) if t.status == "ok"]
        survivors = best_by_front(self._measures(alive), self.population)
        self._members, self._arrived = [alive[i] for i in survivors], []

    def _measures(self, members: Sequence[Trial]) -> Floats:
        """Return what survivors are selected by, `(n_members, n_objectives)`."""
        return losses_and_sizes(members, self.space)

    def _offspring(self) -> Configuration:
        return offspring(self._members, self._variation, self.crossover)
