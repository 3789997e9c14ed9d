"""Bayesian optimization with a Gaussian process (Jones et al. 1998; Snoek et al. 2012).

Cold: a Gaussian process and log expected improvement (METHODS 11.2). Where the warm start has
source tasks: soft-weighted acquisition transfer (`surrogates.soft_taf`).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from metalearn.core.configuration import Configuration
from metalearn.core.space import Space
from metalearn.core.warm_start import WarmStart
from metalearn.optimizers.model_based import ModelBased

__all__ = ["Bayesian"]


class Bayesian(ModelBased):
    """See `ModelBased`.

    Args:
        space: Where to search.
        initial: A warm start, or configurations to evaluate first.
        rng: Source of all randomness.
        surrogate: Name of the surrogate; None = `soft-taf`, which is `gaussian-process`
            when there are no source tasks.
        acquisition: `ei`, `lcb` or `thompson`.
        per_second: Divide the improvement by the expected seconds.
        n_start: Evaluations before the surrogate is asked, if there are no sources.
    """

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
    ) -> None:
        super().__init__(
            space,
            initial=initial,
            rng=rng,
            surrogate="soft-taf" if surrogate is None else surrogate,
            acquisition=acquisition,
            per_second=per_second,
            n_start=n_start,
        )
