"""Hyperband: successive halving from several initial fidelities (Li et al. 2018; METHODS 11.6).

Each bracket evaluates many configurations at a small share of the resource, and the best 1/eta of
them at eta times that share, up to the full resource. The brackets of a cycle differ in the number
of configurations and in the initial share.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from metalearn.core.configuration import Configuration
from metalearn.core.space import Space
from metalearn.core.trial import Trial
from metalearn.core.warm_start import WarmStart
from metalearn.numerics.search.halving import levels
from metalearn.optimizers.bookkeeping import AskTell
from metalearn.optimizers.brackets import Brackets
from metalearn.optimizers.source_points import drawn_from_prior

__all__ = ["Hyperband"]


class Hyperband(AskTell):
    """Cycles of brackets, from the one with most configurations to full evaluations only.

    Uses of a warm start the initial design, which fills the first bracket's lowest rung, and the
    prior, from which 7 in 10 new configurations are drawn. Configurations of observations are not
    proposed again. The configurations with the lowest losses are promoted; failures never are. In
    a finite space a bracket whose lowest rung finds no new configuration starts one rung higher,
    so in the end each is evaluated in full.

    Args:
        space: Where to search.
        initial: A warm start, or configurations to evaluate first.
        rng: Source of all randomness.
        b_min: Smallest share of the resource, in (0, b_max].
        b_max: Largest share, in (0, 1].
        eta: Factor between the fidelities of rungs; one configuration in eta is promoted.

    Overview:
        idea: brackets of successive halving with rising initial fidelity (Li et al. 2018)
        warm start: prior: seven in ten new ones
    """

    kept = ("_plain",)
    learns_partial = True

    def __init__(
        self,
        space: Space,
        *,
        initial: WarmStart | Sequence[Configuration] | None = None,
        rng: np.random.Generator,
        b_min: float = 1 / 9,
        b_max: float = 1.0,
        eta: float = 3.0,
    ) -> None:
        s_max = levels(b_min, eta, b_max)
        self._brackets = Brackets(self._cycle(s_max), s_max, eta, b_max)
        super().__init__(space, initial=initial, rng=rng)

    def _next(self) -> Trial:
        return self._propose()

    def _propose(self) -> Trial:
        chosen, fidelity = self._brackets.ask(self._n_asked, self._new, self.known_loss)
        return Trial(chosen, None, fidelity)

    def _new(self, fidelity: float) -> Configuration:
        if self._queue:
            return self._queue.pop(0)
        return self._fresh(self._sample, fidelity)

    def _cycle(self, s_max: int) -> Sequence[int]:
        """Return the indices of the brackets of a cycle, in order."""
        return range(s_max, -1, -1)

    def _sample(self) -> Configuration:
        """Return a candidate for a new configuration."""
        return drawn_from_prior(self.warm, self.rng)

    def _learn(self, trial: Trial) -> None:
        self._brackets.tell(trial.number, trial.configuration, trial.loss)

    @property
    def _plain(self) -> list[Any]:  # values of several types, to be saved
        return self._brackets.plain()

    @_plain.setter
    def _plain(self, values: list[Any]) -> None:
        self._brackets.set_plain(values)
