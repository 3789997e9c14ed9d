"""Hyperband: successive halving from several starting points (Li et al. 2018; METHODS 11.6).

Each bracket gives many configurations a little of the resource, and the best 1/eta of them eta
times as much, and so on up to the full resource; the brackets of a cycle hedge how many and how
little to begin with.
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

_PRIOR_SHARE = 0.7


class Hyperband(AskTell):
    """Cycles of brackets, from the one with most configurations to plain full evaluations.

    Takes of a warm start: the initial design, which fills the first bracket from its lowest rung;
    the prior, from which seven in ten of the new configurations are drawn. Observations only keep
    their configurations from being asked again. Promotions go to the best by their last loss; a
    failure is never promoted. In a finite space a bracket whose lowest rung finds no new
    configuration starts one rung higher, so in the end each is evaluated in full.

    Args:
        space: Where to search.
        initial: A warm start, or configurations to evaluate first.
        rng: Source of all randomness.
        b_min: Smallest share of the resource, in (0, b_max].
        b_max: Largest share, in (0, 1].
        eta: Factor between rungs; one in eta is promoted.
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
        """Return which brackets open one after the other."""
        return range(s_max, -1, -1)

    def _sample(self) -> Configuration:
        """Return a candidate for a new configuration."""
        return drawn_from_prior(self.warm, self.rng, _PRIOR_SHARE)

    def _learn(self, trial: Trial) -> None:
        self._brackets.tell(trial.number, trial.configuration, trial.loss)

    @property
    def _plain(self) -> list[Any]:  # values of several types, to be saved
        return self._brackets.plain()

    @_plain.setter
    def _plain(self, values: list[Any]) -> None:
        self._brackets.set_plain(values)
