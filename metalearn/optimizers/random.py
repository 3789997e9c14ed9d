"""Random search: uniform on the transformed axes, or 70 % from the prior if there is one.

Bergstra & Bengio 2012; the share of the prior is that of METHODS 11.1.
"""

from __future__ import annotations

import numpy as np

from metalearn.core.arrays import Floats, Ints
from metalearn.core.configuration import Configuration
from metalearn.optimizers.bookkeeping import AskTell
from metalearn.optimizers.source_points import PRIOR_SHARE, drawn_from_prior

__all__ = ["RandomSearch"]


class RandomSearch(AskTell):
    """Independent draws. Uses of a warm start the initial design and the prior.

    Overview:
        idea: independent draws (Bergstra & Bengio 2012)
        warm start: prior: 7 in 10 draws
    """

    several_objectives = True

    def _propose(self) -> Configuration:
        return self._fresh(lambda: drawn_from_prior(self.warm, self.rng))

    def choose(self, X: Floats, n: int = 1) -> Ints:
        """Return `n` rows: the initial design's, then random ones weighted by the prior if any."""
        chosen = self._choose_initial(X, n)
        density = np.ones(len(X))
        if self.warm.prior is not None:
            density = 1 - PRIOR_SHARE + PRIOR_SHARE * np.exp(self.warm.prior.log_density(X))
        left = np.setdiff1d(np.arange(len(X)), chosen)
        if len(chosen) < n:
            share = density[left] / density[left].sum()
            chosen += list(self.rng.choice(left, n - len(chosen), replace=False, p=share))
        return np.array(chosen, dtype=np.int64)
