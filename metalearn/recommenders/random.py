"""Random order of configurations, the weakest baseline."""

from __future__ import annotations

import numpy as np

from metalearn.core.meta_dataset import MetaDataset
from metalearn.recommenders.fixed_order import FixedOrder
from metalearn.recommenders.prepared_meta import prepared_meta

__all__ = ["Random"]


class Random:
    """Lists the configurations in random order.

    Overview:
        idea: random order; `metalearn evaluate` reports its exact expectation
        adapts: no
    """

    limits = {"finds the best": "it does not look at the losses"}  # noqa: RUF012

    def fit(self, meta: MetaDataset, rng: np.random.Generator) -> FixedOrder:
        """Return a ranker with one order, drawn from `rng`."""
        prepared_meta(meta, "random")
        return FixedOrder(rng.permutation(meta.n_configurations).astype(np.float64))
