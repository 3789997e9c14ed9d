"""Aging (regularised) evolution: the oldest dies, not the worst, so luck does not live for ever.

Real, Aggarwal, Huang & Le 2019: a first-in-first-out population; the best of a random sample of
it is mutated in one hyperparameter (METHODS 11.7). Their population is 100 and the sample 25, for
tens of thousands of trials; ours are smaller.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from metalearn.core.configuration import Configuration
from metalearn.core.space import Space
from metalearn.core.trial import Trial
from metalearn.core.warm_start import WarmStart
from metalearn.optimizers.bookkeeping import AskTell
from metalearn.optimizers.variation import Variation

__all__ = ["AgingEvolution"]


class AgingEvolution(AskTell):
    """Tournament, mutation, and death by age.

    Takes of a warm start: the initial design as first members, then members from the prior (or
    the sources' top points) and uniform ones in turn; mutations draw from the same. Observations
    are the oldest members. Failures are no members.

    Args:
        space: Where to search.
        initial: A warm start, or configurations to evaluate first.
        rng: Source of all randomness.
        population: Members; so many trials are seeds.
        sample: Size of the tournament, with replacement.
    """

    kept = ("_members", "_n_seeds")

    def __init__(
        self,
        space: Space,
        *,
        initial: WarmStart | Sequence[Configuration] | None = None,
        rng: np.random.Generator,
        population: int = 20,
        sample: int = 5,
    ) -> None:
        self.population = population
        self.sample = sample
        super().__init__(space, initial=initial, rng=rng)

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
            self._members = [*self._members, trial][-self.population :]

    def _child(self) -> Configuration:
        drawn = self.rng.integers(0, len(self._members), self.sample)
        best = min((self._members[i] for i in drawn), key=lambda member: member.loss)
        return self._variation.mutated(best.configuration)
