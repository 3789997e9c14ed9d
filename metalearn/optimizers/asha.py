"""ASHA: successive halving without waiting (Li, Jamieson, Rostamizadeh et al. 2020; METHODS 11.6).

The promotion variant: a free worker promotes a configuration of the top 1/eta of the finished ones
of its rung, from the highest rung that has one. Otherwise it starts a new configuration at the
lowest rung.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from metalearn.core.configuration import Configuration
from metalearn.core.space import Space
from metalearn.core.trial import Trial
from metalearn.core.warm_start import WarmStart
from metalearn.errors import SpaceExhaustedError
from metalearn.numerics.search.halving import rung_fidelities
from metalearn.optimizers.bookkeeping import AskTell
from metalearn.optimizers.source_points import drawn_from_prior

__all__ = ["ASHA"]


class ASHA(AskTell):
    """Rungs that promote one configuration at a time.

    Uses of a warm start the initial design, at the lowest rung, and the prior, from which 7 in 10
    new configurations are drawn. Configurations of observations are not proposed again. In a
    finite space without new configurations, the best one not yet promoted is promoted, whatever
    its rank, so in the end each is evaluated in full. Failures are never promoted.

    Args:
        space: Where to search.
        initial: A warm start, or configurations to evaluate first.
        rng: Source of all randomness.
        b_min: Smallest share of the resource, in (0, b_max].
        b_max: Largest share, in (0, 1].
        eta: Factor between the fidelities of rungs; one configuration in eta is promoted.

    Overview:
        idea: promotes single configurations without waiting for a rung (Li et al. 2020)
        warm start: prior: seven in ten new ones
    """

    kept = ("_finished", "_promoted", "_rung")
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
        self.eta = eta
        self.fidelities = rung_fidelities(b_min, eta, b_max)
        super().__init__(space, initial=initial, rng=rng)

    def _prepare(self) -> None:
        n = len(self.fidelities)
        self._finished: list[list[Trial]] = [[] for _ in range(n)]
        self._promoted: list[list[str]] = [[] for _ in range(n)]  # keys
        self._rung: dict[int, int] = {}

    def _next(self) -> Trial:
        return self._propose()

    def _propose(self) -> Trial:
        chosen, rung = self._promotion(only_top=True) or self._new()
        self._rung[self._n_asked] = rung
        return Trial(chosen, None, self.fidelities[rung])

    def _learn(self, trial: Trial) -> None:
        rung = None if trial.number is None else self._rung.pop(trial.number, None)
        if rung is not None:
            self._finished[rung].append(trial)

    def _new(self) -> tuple[Configuration, int]:
        if self._queue:
            return self._queue.pop(0), 0
        try:
            return self._fresh(self._sample, self.fidelities[0]), 0
        except SpaceExhaustedError:
            promotion = self._promotion(only_top=False)
            if promotion is None:
                raise
            return promotion

    def _sample(self) -> Configuration:
        return drawn_from_prior(self.warm, self.rng)

    def _promotion(self, *, only_top: bool) -> tuple[Configuration, int] | None:
        """Return a configuration and the rung it is promoted to; None if there is none."""
        for rung in range(len(self.fidelities) - 2, -1, -1):
            finished = self._finished[rung]
            alive = sorted((t for t in finished if t.status == "ok"), key=lambda t: t.loss)
            top = alive[: int(len(finished) / self.eta)] if only_top else alive
            for trial in top:
                chosen, above = trial.configuration, self.fidelities[rung + 1]
                if chosen.key in self._promoted[rung]:
                    continue
                self._promoted[rung].append(chosen.key)
                if not self.is_known(chosen, above):
                    return chosen, rung + 1
        return None
