"""NSGA-II: generations selected by Pareto front and crowding distance of several objectives.

Deb, Pratap, Agarwal & Meyarivan 2002. Parents win a crowded tournament. A child is crossed from
two with probability 0.9, then one of its hyperparameters is mutated, which is the paper's rate of
one in the number of variables. The operators are those of the other evolutionary optimizers,
because the paper's crossover is for real variables only.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from metalearn.core.arrays import Floats
from metalearn.core.configuration import Configuration
from metalearn.core.trial import Trial
from metalearn.optimizers.evolution import Evolution
from metalearn.optimizers.members import tournament
from metalearn.optimizers.objectives import objective_losses

__all__ = ["NSGA2"]


class NSGA2(Evolution):
    """See the module; arguments and warm start as in `Evolution`.

    Trials are passed to `tell` with the losses of all objectives: `trial.finished(loss,
    losses={...})`. Without such losses it optimizes the one loss. Failures never survive. With
    probability `crossover` a child has two parents; each child is mutated.

    Overview:
        idea: generations, survivors by front and crowding of several objectives (NSGA-II; Deb et
            al. 2002)
        warm start: observations of all objectives as members; seeds and mutations from the prior
            or the sources' top points
    """

    several_objectives = True
    own_crossover = 0.9

    def _measures(self, members: Sequence[Trial]) -> Floats:
        losses = objective_losses(members)
        return np.where(np.isnan(losses), np.inf, losses)  # one loss where others have several

    def _offspring(self) -> Configuration:
        parent = tournament(self._members, self.rng, self._measures)
        if self.rng.random() < self.crossover:
            other = tournament(self._members, self.rng, self._measures)
            parent = self._variation.crossed(parent, other)
        return self._variation.mutated(parent)
