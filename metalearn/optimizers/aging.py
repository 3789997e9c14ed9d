"""Aging (regularised) evolution: the oldest member is removed, so a lucky loss does not persist.

Real, Aggarwal, Huang & Le 2019: the population is a first-in-first-out queue. The best of a
random sample of it is mutated in one hyperparameter (METHODS 11.7). The authors use a population
of 100 and a sample of 25 for tens of thousands of trials; the defaults here are smaller.
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
    """Tournament, mutation, and removal of the oldest; warm start as in `SteadyState`.

    Args:
        space: Where to search.
        initial: A warm start, or configurations to evaluate first.
        rng: Source of all randomness.
        population: Number of members; the first trials, as many, are seeds.
        sample: Size of the tournament, drawn with replacement.

    Overview:
        idea: the oldest member is removed (regularised evolution; Real et al. 2019)
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
