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
from metalearn.optimizers.steady_state import SteadyState

__all__ = ["AgingEvolution"]


class AgingEvolution(SteadyState):
    """Tournament, mutation, and death by age; warm start as in `SteadyState`.

    Args:
        space: Where to search.
        initial: A warm start, or configurations to evaluate first.
        rng: Source of all randomness.
        population: Members; so many trials are seeds.
        sample: Size of the tournament, with replacement.
    """

    def __init__(
        self,
        space: Space,
        *,
        initial: WarmStart | Sequence[Configuration] | None = None,
        rng: np.random.Generator,
        population: int = 20,
        sample: int = 5,
    ) -> None:
        self.sample = sample
        super().__init__(space, initial=initial, rng=rng, population=population)

    def _child(self) -> Configuration:
        drawn = self.rng.integers(0, len(self._members), self.sample)
        best = min((self._members[i] for i in drawn), key=lambda member: member.loss)
        return self._variation.mutated(best.configuration)

    def _join(self, member: Trial) -> None:
        self._members = [*self._members, member][-self.population :]
