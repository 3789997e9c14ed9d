"""The loop that all model-based optimizers share: fit, value, search, propose (METHODS 11).

After the initial design, every proposal fits the surrogate to what is known, turns its belief into
a value and searches the space for the best point not evaluated yet. Pending trials count as if
they had given what the surrogate expects there (Ginsbourger, Le Riche & Carraro 2010), failures as
the worst loss so far.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

import numpy as np

from metalearn import surrogates
from metalearn.core.arrays import Floats, Ints
from metalearn.core.configuration import Configuration
from metalearn.core.history import History
from metalearn.core.seams import Predictor
from metalearn.core.space import Space
from metalearn.core.warm_start import WarmStart
from metalearn.numerics.search.acquisition import log_improvement_per_second, with_prior
from metalearn.optimizers.acquisitions import Value, acquisition_named
from metalearn.optimizers.bookkeeping import AskTell, imputed
from metalearn.optimizers.candidates import CandidateSearch, sobol_points

__all__ = ["ModelBased"]

_BLOCK = 16
_MOST_DESIGNED = 10
_TIE = 1e-9  # values closer than this are equal: rounding must not choose, it differs by machine
_PRIOR_STRENGTH = 3.0  # beta of piBO: a tenth of a budget of 30


class ModelBased(AskTell):
    """Ask a surrogate where to look next; a method names its surrogate and its share of chance.

    Takes of a warm start the initial design, the observations, and the prior (piBO); without a
    design it begins with Sobol points, or draws from the prior. A transfer surrogate that has
    sources takes these and their weights in place of the prior, which is made of the same runs.
    It is asked after the initial design, of which ten are evaluated at most, where known tasks
    share configurations; elsewhere from the second evaluation on, and the rest of the design are
    candidates beside many.

    Args:
        space: Where to search.
        initial: A warm start, or configurations to evaluate first.
        rng: Source of all randomness.
        surrogate: Name in the catalogue of surrogates; None = the method's own.
        acquisition: `ei`, `lcb` or `thompson`.
        per_second: Divide the improvement by the seconds that an evaluation is expected to take.
        n_start: Evaluations before the surrogate is asked, if there are no sources; None = one
            more than there are axes, but not fewer than the method's own.
        explore: Share of proposals drawn at random, in [0, 1); None = the method's own.
        search: How hard to search the space.

    Attributes:
        own_surrogate: Name of the method's surrogate.
        own_explore: The method's share of random proposals.
        own_start: The method's least number of evaluations before the surrogate is asked.
    """

    kept = ("_carried",)
    own_surrogate: ClassVar[str] = "gaussian-process"
    own_explore: ClassVar[float] = 0.0
    own_start: ClassVar[int] = 3

    def __init__(
        self,
        space: Space,
        *,
        initial: WarmStart | Sequence[Configuration] | None = None,
        rng: np.random.Generator,
        surrogate: str | None = None,
        acquisition: str = "ei",
        per_second: bool = False,
        n_start: int | None = None,
        explore: float | None = None,
        search: CandidateSearch | None = None,
    ) -> None:
        super().__init__(space, initial=initial, rng=rng)
        self.surrogate = surrogates.get(surrogate or self.own_surrogate)(space, self.warm)
        self.acquisition = acquisition_named(acquisition)
        self.explore = self.own_explore if explore is None else explore
        self.search = search or CandidateSearch()
        self._seconds = surrogates.get("gaussian-process")(space) if per_second else None
        self._transfers = getattr(self.surrogate, "has_sources", False)
        if self._transfers:
            self._queue = self._queue[: 1 if self.warm.ranking is None else _MOST_DESIGNED]
        else:
            n_start = max(self.own_start, space.n_axes + 1) if n_start is None else n_start
            self._queue += self._first_design(n_start - len(self._queue) - len(self.trials))

    def choose(self, X: Floats, n: int = 1) -> Ints:
        """Return up to `n` rows of `X (n_points, n_axes)` to evaluate next, in order."""
        chosen = self._choose_initial(X, n)
        while len(chosen) < min(n, len(X)):
            left = np.setdiff1d(np.arange(len(X)), chosen)
            if self.explore and self.rng.random() < self.explore:
                at = int(self.rng.integers(len(left)))
            else:
                worth = self._value(X[chosen])(X[left])
                best = np.flatnonzero(worth >= worth.max() - _TIE)
                at = int(self.rng.choice(best))
            chosen.append(int(left[at]))
        return np.array(chosen, dtype=np.int64)

    @property
    def _carried(self) -> list[Floats | None]:
        """What the surrogates remember from one fit to the next."""
        return [getattr(s, "carried", None) for s in (self.surrogate, self._seconds)]

    @_carried.setter
    def _carried(self, values: list[Floats | None]) -> None:
        for surrogate, value in zip((self.surrogate, self._seconds), values, strict=True):
            if surrogate is not None and value is not None:
                surrogate.carried = value  # type: ignore[attr-defined]  # it had one when saved

    def _propose(self) -> Configuration:
        if (self.explore and self.rng.random() < self.explore) or self._is_used_up:
            return self._fresh(self._uniform)
        known = self._seen()
        order = np.argsort(imputed(known.y), kind="stable")
        starts = np.concatenate([known.X[order[:20]], self._suggested()])
        empty = np.empty((0, self.space.n_axes))
        points = self.search.ranked(self.space, self._value(empty), starts, self.rng)
        for start in range(0, len(points), _BLOCK):
            for configuration in self.space.decode(points[start : start + _BLOCK]):
                if not self.is_known(configuration) and self.space.is_allowed(configuration):
                    return configuration
        return self._fresh(self._uniform)

    @property
    def _is_used_up(self) -> bool:
        everything = self._everything
        return everything is not None and all(self.is_known(c) for c in everything)

    def _value(self, chosen: Floats) -> Value:
        """Return what points are worth, given all told, pending and already chosen points."""
        known = self._seen()
        pending = self.space.encode([trial.configuration for trial in self.pending])
        pending = np.concatenate([pending, chosen])
        predictor = self._belief(known, pending)
        at = np.concatenate([known.X, pending])
        best = float(predictor.predict(at).mean.min()) if len(at) else 0.0
        plain = self.acquisition(predictor, best, self.rng)
        return self._with_prior(self._with_seconds(plain), len(at))

    def _belief(self, known: History, pending: Floats) -> Predictor:
        predictor = self.surrogate.fit(known, self.rng)
        if not len(pending):
            return predictor
        lies = predictor.predict(pending).mean
        both = History(np.concatenate([known.X, pending]), np.concatenate([known.y, lies]))
        return self.surrogate.fit(both, self.rng)

    def _with_seconds(self, value: Value) -> Value:
        timed = [trial for trial in self.trials if trial.runtime_s > 0.0]
        if self._seconds is None or len(timed) < 3:
            return value
        X = self.space.encode([trial.configuration for trial in timed])
        history = History(X, np.log([trial.runtime_s for trial in timed]))
        seconds = self._seconds.fit(history, self.rng)
        return lambda X: log_improvement_per_second(value(X), seconds.predict(X).mean)

    def _with_prior(self, value: Value, n_trials: int) -> Value:
        prior = self.warm.prior
        if prior is None or self._transfers:
            return value
        return lambda X: with_prior(value(X), prior.log_density(X), n_trials, _PRIOR_STRENGTH)

    def _seen(self) -> History:
        return self.history

    def _suggested(self) -> Floats:
        """Return points worth a look at besides Sobol's: of the warm start, all that it names."""
        parts = [self.space.encode(self.warm.configurations).reshape(-1, self.space.n_axes)]
        if self.warm.prior is not None:
            parts.append(self.space.snap(self.warm.prior.sample_points(256, self.rng)))
        for source in self.warm.sources:
            best = np.argsort(imputed(source.y), kind="stable")[:3]
            parts.append(self.space.snap(source.X[best]))
        return np.concatenate(parts)

    def _first_design(self, n: int) -> list[Configuration]:
        """Return a design of `n` configurations none of which is known."""
        if n <= 0:
            return []
        if self.warm.prior is not None:
            points = self.space.snap(self.warm.prior.sample_points(4 * n, self.rng))
        else:
            points = sobol_points(self.space, max(4 * n - 1, 1).bit_length(), self.rng)
        found = (c for c in dict.fromkeys(self.space.decode(points)) if self.space.is_allowed(c))
        return [c for c in found if not self.is_known(c)][:n]
