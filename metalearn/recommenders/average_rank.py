"""Average rank over all known tasks, the baseline of the comparison (METHODS 2.1)."""

from __future__ import annotations

import numpy as np

from metalearn.core.meta_dataset import MetaDataset
from metalearn.recommenders.fixed_order import FixedOrder
from metalearn.recommenders.prepared_meta import prepared_meta

__all__ = ["AverageRank"]


class AverageRank:
    """Sorts configurations by their average rank within tasks; ties by mean normalized regret.

    With missing cells, ranks are scaled to (0, 1) and shrunk towards 1/2 as if by five further
    tasks, so that a configuration evaluated once with a good rank does not lead the list.

    Overview:
        idea: mean rank over tasks
        adapts: no
    """

    def fit(self, meta: MetaDataset, rng: np.random.Generator) -> FixedOrder:  # noqa: ARG002
        """Return a ranker with one fixed order; deterministic."""
        known = prepared_meta(meta, "average-rank")
        mean_regret = 1.0 - known.utility @ known.weights
        return FixedOrder(np.round(known.fallback, 9) + 1e-10 * mean_regret)
