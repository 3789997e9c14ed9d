"""Base of model-based optimizers: fit a surrogate, maximize an acquisition, propose (METHODS 11).

After the initial design, every proposal fits the surrogate to the trials so far and maximizes the
acquisition over the points not evaluated yet. Pending trials enter with their predicted mean loss
(Ginsbourger, Le Riche & Carraro 2010), failures with the worst loss so far.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

import numpy as np

from metalearn import surrogates
from metalearn.core.arrays import Floats, Ints
from metalearn.core.configuration import Configuration
from metalearn.core.failures import failures_imputed
from metalearn.core.history import History
from metalearn.core.joint_space import dimension
from metalearn.core.seams import Predictor
from metalearn.core.space import Space
from metalearn.core.warm_start import WarmStart
from metalearn.numerics.search.acquisition import log_improvement_per_second, with_prior
from metalearn.optimizers.acquisitions import Value, acquisition_named
from metalearn.optimizers.bookkeeping import AskTell
from metalearn.optimizers.candidates import CandidateSearch, sobol_points
from metalearn.surrogates.losses import cleaned, standardized

__all__ = ["ModelBased"]

_BLOCK = 16
_MOST_DESIGNED = 10
_TIE = 1e-9  # closer values count as equal, because rounding differs between machines
_PRIOR_STRENGTH = 3.0  # beta of piBO: a tenth of a budget of 30


class ModelBased(AskTell):
    """Optimizer with a surrogate; a method names its surrogate and its share of random proposals.

    Uses of a warm start the initial design, the observations, and the prior (piBO). Without a
    design it begins with Sobol points, or with draws from the prior. A transfer surrogate uses
    sources and their weights in place of the prior, because the prior comes from the same runs. It
    starts after the initial design, of which at most 10 are evaluated, if source tasks share
    configurations. Otherwise it starts from the second evaluation on, and the rest of the design
    become candidates.

    Args:
        space: Where to search.
        initial: A warm start, or configurations to evaluate first.
        rng: Source of all randomness.
        surrogate: Name in the catalogue of surrogates; None = the method's own.
        acquisition: `ei`, `lcb` or `thompson`.
        per_second: Divide the expected improvement by the predicted seconds of an evaluation.
        n_start: Evaluations before the surrogate is used, if there are no sources; None = number
            of axes (of the largest algorithm) plus one, but at least `own_start`.
        explore: Share of proposals drawn at random, in [0, 1); None = the method's own.
        search: Effort of the maximization.

    Attributes:
        own_surrogate: Name of the method's surrogate.
        own_explore: The method's share of random proposals.
        own_start: The method's least number of evaluations before the surrogate is used.
    """

    kept: ClassVar[tuple[str, ...]] = ("_carried",)
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
            n_start = max(self.own_start, dimension(space) + 1) if n_start is None else n_start
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
        """State of the surrogates that the next fit starts from."""
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
        order = np.argsort(failures_imputed(known.y), kind="stable")
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
        """Return the acquisition, given finished, pending and already chosen points."""
        known = self._seen()
        pending = self.space.encode([trial.configuration for trial in self.pending])
        pending = np.concatenate([pending, chosen])
        predictor = self._fitted(known, pending)
        at = np.concatenate([known.X, pending])
        best = float(predictor.predict(at).mean.min()) if len(at) else 0.0
        unit = standardized(cleaned(known)[1]).width
        plain = self.acquisition(predictor, best, self.rng, unit)
        return self._with_prior(self._with_seconds(plain), len(at))

    def _fitted(self, known: History, pending: Floats) -> Predictor:
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
        """Return further candidates of the warm start: design, prior draws, best source points."""
        parts = [self.space.encode(self.warm.configurations).reshape(-1, self.space.n_axes)]
        if self.warm.prior is not None:
            parts.append(self.space.snap(self.warm.prior.sample_points(256, self.rng)))
        for source in self.warm.sources:
            best = np.argsort(failures_imputed(source.y), kind="stable")[:3]
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
