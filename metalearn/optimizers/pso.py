"""Particle swarm optimization with the constants of SPSO-2011 (Clerc 2012; METHODS 11.9).

A particle moves through the unit cube, attracted by its own best position and by the swarm's.
Integers and categories take the value of the cell that contains the particle. An inactive axis
moves on without being evaluated. At a wall the particle stops. Particles move one at a time, so
trials can run in parallel: a particle with a pending trial moves by the results so far.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from metalearn.core.arrays import Floats
from metalearn.core.configuration import Configuration
from metalearn.core.space import Space
from metalearn.core.trial import Trial
from metalearn.core.warm_start import WarmStart
from metalearn.optimizers.bookkeeping import AskTell
from metalearn.optimizers.source_points import drawn_from_sources

__all__ = ["ParticleSwarm", "velocity"]

INERTIA = 0.5 / math.log(2)
PULL = 0.5 + math.log(2)
_FIRST_SPEED = 0.1


def velocity(now: Floats, to_own: Floats, to_swarm: Floats, r: Floats) -> Floats:
    """Return the next velocity, all `(n_axes,)`.

    Args:
        now: The current velocity.
        to_own: Vector from the particle to its own best position.
        to_swarm: Vector from the particle to the swarm's best position.
        r: `(2, n_axes)` uniform random numbers.
    """
    return np.asarray(INERTIA * now + PULL * r[0] * to_own + PULL * r[1] * to_swarm)


class ParticleSwarm(AskTell):
    """A swarm of 10 + floor(2 sqrt(n_axes)) particles.

    Uses of a warm start the initial design and the observations, the best of which is the swarm's
    first best position. Half of the initial positions come from the prior (or the sources' top
    points), the other half are uniform.

    Args:
        space: Where to search.
        initial: A warm start, or configurations to evaluate first.
        rng: Source of all randomness.
        particles: Number of particles; None = the default above.

    Overview:
        idea: particle swarm with the constants of SPSO-2011 (Clerc 2012)
        warm start: observations; half of the swarm from the prior or the sources' top points
    """

    kept = ("_x", "_v", "_own", "_own_loss", "_swarm", "_swarm_loss", "_turn", "_flying")

    def __init__(
        self,
        space: Space,
        *,
        initial: WarmStart | Sequence[Configuration] | None = None,
        rng: np.random.Generator,
        particles: int | None = None,
    ) -> None:
        self.particles = particles or 10 + math.floor(2 * math.sqrt(space.n_axes))
        super().__init__(space, initial=initial, rng=rng)

    def _prepare(self) -> None:
        n, d = self.particles, self.space.n_axes
        self._x = self.rng.random((n, d))
        if self.warm.prior is not None or self.warm.sources:
            drawn = [drawn_from_sources(self.warm, self.rng) for _ in range(n // 2)]
            points = self.space.encode(drawn)
            self._x[: n // 2] = np.where(np.isnan(points), self._x[: n // 2], points)
        self._v = self.rng.uniform(-_FIRST_SPEED, _FIRST_SPEED, (n, d))
        self._own, self._own_loss = self._x.copy(), np.full(n, np.inf)
        self._swarm, self._swarm_loss = np.full(d, np.nan), math.inf
        self._turn = 0
        self._flying: dict[int, tuple[int, Floats]] = {}

    def _propose(self) -> Configuration:
        i = self._turn % self.particles
        is_first = self._turn < self.particles
        tried: dict[str, tuple[Floats, Floats]] = {}

        def fly() -> Configuration:
            x, v = (self._x[i], self._v[i]) if is_first and not tried else self._flown(i)
            configuration = self.space.decode(x[None, :])[0]
            tried[configuration.key] = x, v
            return configuration

        chosen = self._fresh(fly)
        if chosen.key in tried:
            self._x[i], self._v[i] = tried[chosen.key]
        else:
            (point,) = self.space.encode([chosen])
            self._x[i] = np.where(np.isnan(point), self._x[i], point)
            self._v[i] = 0.0
        self._flying[self._n_asked] = i, self._x[i].copy()
        self._turn += 1
        return chosen

    def _learn(self, trial: Trial) -> None:
        i, x = (-1, None) if trial.number is None else self._flying.pop(trial.number, (-1, None))
        if trial.status != "ok":
            return
        if x is None:
            x = self._rows[-1]
        elif trial.loss < self._own_loss[i]:
            self._own[i], self._own_loss[i] = x, trial.loss
        if trial.loss < self._swarm_loss:
            self._swarm, self._swarm_loss = np.array(x), trial.loss

    def _flown(self, i: int) -> tuple[Floats, Floats]:
        """Return the next position and velocity of a particle."""
        to_own = self._own[i] - self._x[i]
        to_swarm = np.nan_to_num(self._swarm - self._x[i])
        v = velocity(self._v[i], to_own, to_swarm, self.rng.random((2, len(to_own))))
        x = self._x[i] + v
        return np.clip(x, 0.0, 1.0), np.where((x < 0) | (x > 1), 0.0, v)
