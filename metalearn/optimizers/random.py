"""Random search: uniform on the transformed axes, or mostly from the prior if there is one.

Bergstra & Bengio 2012; the share of the prior, 0.7, is METHODS 11.1.
"""

from __future__ import annotations

import numpy as np

from metalearn.core.arrays import Floats, Ints
from metalearn.core.configuration import Configuration
from metalearn.optimizers.bookkeeping import AskTell

__all__ = ["RandomSearch"]

_PRIOR_SHARE = 0.7


class RandomSearch(AskTell):
    """Independent draws. Takes of a warm start: the initial design and the prior."""

    def _propose(self) -> Configuration:
        prior = self.warm.prior
        if prior is not None and self.rng.random() < _PRIOR_SHARE:
            return self.space.decode(prior.sample_points(1, self.rng))[0]
        return self.space.sample(1, self.rng)[0]

    def choose(self, X: Floats, n: int = 1) -> Ints:
        """Return `n` indices of points in random order, weighted by the prior if there is one."""
        density = np.ones(len(X))
        if self.warm.prior is not None:
            density = 1 - _PRIOR_SHARE + _PRIOR_SHARE * np.exp(self.warm.prior.log_density(X))
        return self.rng.choice(len(X), n, replace=False, p=density / density.sum())
