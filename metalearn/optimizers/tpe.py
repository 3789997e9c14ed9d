"""Tree-structured Parzen estimator: maximize the density ratio of good to bad trials.

Bergstra et al. 2011, with the choices of Watanabe 2023 (METHODS 11.4): the best
min(ceil(n / 10), 25) of n trials are good. Of 24 draws from the density of good trials the one
with the highest density ratio is proposed. Pending and failed trials count as bad. Densities of a
conditional axis use the trials in which it is active.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from metalearn.core.arrays import Floats, Ints
from metalearn.core.configuration import Configuration
from metalearn.core.space import Space
from metalearn.core.warm_start import WarmStart
from metalearn.numerics.density.parzen import Parzen, age_weights, fit_parzen
from metalearn.optimizers.bookkeeping import AskTell
from metalearn.optimizers.source_points import top_points

__all__ = ["TPE"]

_MOST_GOOD, _GOOD_SHARE = 25, 0.1
_PSEUDO_WEIGHT, _N_PSEUDO = 2.0, 32


class TPE(AskTell):
    """Density ratio of good and bad trials.

    Uses of a warm start the initial design, and the top points of the sources (or, without
    sources, 32 draws from the prior) as pseudo-observations of the good density. Together they
    weigh as much as two observations, so their influence falls with the number of good trials.
    With them there is no random start-up. Observations count as trials.

    Args:
        space: Where to search.
        initial: A warm start, or configurations to evaluate first.
        rng: Source of all randomness.
        n_startup: Random trials before the densities are used, without pseudo-observations.
        n_candidates: Number of draws to choose from.
        joint: Use one kernel per point over all axes (True), or one per axis.

    Overview:
        idea: ratio of the densities of good and bad trials, with kernels over all axes
            (Bergstra et al. 2011; Watanabe 2023)
        warm start: observations; the sources' top points, or draws from the prior, as
            pseudo-observations of the good density, whose influence falls
    """

    kept = ("_pseudo", "_pseudo_weights")

    def __init__(
        self,
        space: Space,
        *,
        initial: WarmStart | Sequence[Configuration] | None = None,
        rng: np.random.Generator,
        n_startup: int = 10,
        n_candidates: int = 24,
        joint: bool = True,
    ) -> None:
        self.n_startup = n_startup
        self.n_candidates = n_candidates
        self.joint = joint
        super().__init__(space, initial=initial, rng=rng)

    def choose(self, X: Floats, n: int = 1) -> Ints:
        """Return `n` rows: the initial design's, then draws by the density of good trials."""
        chosen = self._choose_initial(X, n)
        while len(chosen) < n:
            left = np.setdiff1d(np.arange(len(X)), chosen)
            chosen.append(int(left[self._best_row(X[left], X[chosen])]))
        return np.array(chosen, dtype=np.int64)

    def _prepare(self) -> None:
        self._pseudo, weights = top_points(self.warm)
        if not len(self._pseudo) and self.warm.prior is not None:
            self._pseudo = self.warm.prior.sample_points(_N_PSEUDO, self.rng)
            weights = np.full(_N_PSEUDO, 1.0 / _N_PSEUDO)
        self._pseudo_weights = _PSEUDO_WEIGHT * weights

    @property
    def _is_starting(self) -> bool:
        return not len(self._pseudo) and len(self.history) < self.n_startup

    def _propose(self) -> Configuration:
        if self._is_starting:
            return self._fresh(self._uniform)
        pending = self.space.encode([trial.configuration for trial in self.pending])
        good, bad = self._densities(pending)
        return self._fresh(lambda: self._best_draw(good, bad))

    def _best_draw(self, good: Parzen, bad: Parzen) -> Configuration:
        drawn = self.space.decode(good.draw(self.n_candidates, self.rng))
        drawn = [c for c in drawn if not self.is_known(c)] or drawn[:1]
        points = self.space.encode(drawn)
        ratio = good.log_density(points) - bad.log_density(points)
        return drawn[int(np.argmax(ratio))]

    def _best_row(self, X: Floats, chosen: Floats) -> int:
        if self._is_starting:
            return int(self.rng.integers(len(X)))
        good, bad = self._densities(chosen)
        log_good = good.log_density(X)
        share = np.exp(log_good - log_good.max())
        rows = self.rng.choice(len(X), self.n_candidates, p=share / share.sum())
        return int(rows[np.argmax(log_good[rows] - bad.log_density(X[rows]))])

    def _densities(self, pending: Floats) -> tuple[Parzen, Parzen]:
        """Return the densities of good and of bad trials; pending ones are bad."""
        history = self.history
        order = np.argsort(history.y, kind="stable")  # failures (NaN) come last
        n_finite = int(np.isfinite(history.y).sum())
        n_good = min(math.ceil(_GOOD_SHARE * len(history)), _MOST_GOOD, n_finite)
        good, bad = np.sort(order[:n_good]), np.sort(order[n_good:])
        weights = np.concatenate([self._pseudo_weights, age_weights(n_good)])
        axes, joint = self.space.axes, self.joint
        return (
            fit_parzen(axes, np.vstack([self._pseudo, history.X[good]]), weights, joint=joint),
            fit_parzen(axes, np.vstack([history.X[bad], pending]), joint=joint),
        )
