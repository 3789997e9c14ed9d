"""Steady-state evolution: seeds first, then one child per proposal."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence

import numpy as np

from metalearn.core.configuration import Configuration
from metalearn.core.space import Space
from metalearn.core.trial import Trial
from metalearn.core.warm_start import WarmStart
from metalearn.optimizers.bookkeeping import AskTell
from metalearn.optimizers.variation import Variation

__all__ = ["SteadyState"]


class SteadyState(AskTell):
    """A population without generations; a method defines children and the removal of members.

    Uses of a warm start the initial design as first members. Further first members are drawn from
    the prior (or the sources' top points) or uniformly, with equal probability, and so are new
    values in mutations. Observations are members; failures are not.

    Args:
        space: Where to search.
        initial: A warm start, or configurations to evaluate first.
        rng: Source of all randomness.
        population: Largest number of members; the first trials, as many, are seeds.
    """

    kept = ("_members", "_n_seeds")

    def __init__(
        self,
        space: Space,
        *,
        initial: WarmStart | Sequence[Configuration] | None = None,
        rng: np.random.Generator,
        population: int = 20,
    ) -> None:
        self.population = population
        super().__init__(space, initial=initial, rng=rng)

    @abstractmethod
    def _child(self) -> Configuration:
        """Return a child of the current members."""

    @abstractmethod
    def _join(self, member: Trial) -> None:
        """Add a new member, and remove one when the population is full."""

    def _prepare(self) -> None:
        self._variation = Variation(self.warm, self.rng)
        self._members: list[Trial] = []
        self._n_seeds = self.population - len(self._queue) - len(self.warm.observations)

    def _propose(self) -> Configuration:
        if self._n_seeds > 0 or not self._members:
            self._n_seeds -= 1
            return self._fresh(self._variation.seed)
        return self._fresh(self._child)

    def _learn(self, trial: Trial) -> None:
        if trial.status == "ok":
            self._join(trial)
