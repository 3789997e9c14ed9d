"""Bayesian optimization with a random forest (SMAC; Hutter et al. 2011; METHODS 11.3).

A tenth of the proposals are random, so that a plateau of the forest does not end the search.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from metalearn.core.configuration import Configuration
from metalearn.core.space import Space
from metalearn.core.warm_start import WarmStart
from metalearn.optimizers.model_based import ModelBased

__all__ = ["ForestSearch"]


class ForestSearch(ModelBased):
    """See the module and `ModelBased`. Takes of a warm start: the design, observations, prior.

    Args:
        space: Where to search.
        initial: A warm start, or configurations to evaluate first.
        rng: Source of all randomness.
    """

    def __init__(
        self,
        space: Space,
        *,
        initial: WarmStart | Sequence[Configuration] | None = None,
        rng: np.random.Generator,
    ) -> None:
        super().__init__(space, initial=initial, rng=rng, surrogate="forest", explore=0.1)
