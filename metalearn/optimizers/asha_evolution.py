"""Evolution on rungs of rows: children start on few rows, and the best are promoted.

The rungs are those of ASHA (Li, Jamieson, Rostamizadeh et al. 2020); new configurations are
children of good ones instead of random draws, as in GAMA's steps before its full evaluations
(Gijsbers & Vanschoren 2021; METHODS-2 C).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from metalearn.core.configuration import Configuration
from metalearn.core.space import Space
from metalearn.core.trial import Trial
from metalearn.core.warm_start import WarmStart
from metalearn.optimizers.asha import ASHA
from metalearn.optimizers.members import offspring
from metalearn.optimizers.variation import Variation

__all__ = ["AshaEvolution"]

_FEWEST = 4


class AshaEvolution(ASHA):
    """Rungs that promote one configuration at a time; new ones are children.

    Parents are the best trials, by loss and size, of the highest rung with at least four finished
    ones. The first configurations, a third of the population, are seeds. Warm start as in `ASHA`,
    but seeds and mutations come from the prior or the sources' top points.

    Args:
        space: Where to search.
        initial: A warm start, or configurations to evaluate first.
        rng: Source of all randomness.
        b_min: Smallest share of the resource, in (0, 1].
        eta: Factor between the fidelities of rungs; one configuration in eta is promoted.
        population: Largest number of parents.
        crossover: Probability of crossover; other children are mutants.

    Overview:
        idea: evolution whose children start on few rows and are promoted (ASHA with children)
        warm start: initial design on few rows; seeds and mutations from the prior or the sources'
            top points
    """

    def __init__(
        self,
        space: Space,
        *,
        initial: WarmStart | Sequence[Configuration] | None = None,
        rng: np.random.Generator,
        b_min: float = 1 / 9,
        eta: float = 3.0,
        population: int = 20,
        crossover: float = 0.1,
    ) -> None:
        self.population, self.crossover = population, crossover
        super().__init__(space, initial=initial, rng=rng, b_min=b_min, eta=eta)

    def _prepare(self) -> None:
        super()._prepare()
        self._variation = Variation(self.warm, self.rng)

    def _sample(self) -> Configuration:
        n_started = sum(map(len, self._finished))
        parents = self._parents()
        if 3 * n_started < self.population or not parents:
            return self._variation.seed()
        return offspring(parents, self._variation, self.crossover)

    def _parents(self) -> list[Trial]:
        alive = [[t for t in rung if t.status == "ok"] for rung in self._finished]
        enough = [rung for rung in alive if len(rung) >= _FEWEST] or alive[:1]
        return sorted(enough[-1], key=lambda trial: trial.loss)[: self.population]
