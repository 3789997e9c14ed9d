"""A short list of quick configurations that are good on other tables, to begin with.

The recommender needs meta-features of the table and a fitted model. Until it is ready, a fit tries
configurations that need neither: a greedy portfolio of the known tasks by gain per square root of
expected seconds (Streeter and Golovin 2008 divide by seconds; `experiments/automl/beginnings.py`
compares both).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from metalearn.core.configuration import Configuration
from metalearn.core.metric import metric_named
from metalearn.learners.tables import Table
from metalearn.numerics.matrix.set_gain import greedy_order

if TYPE_CHECKING:
    from metalearn.store import Store

__all__ = ["quick_list"]

_LENGTH = 8
_OVERHEAD_S = 0.05
"""Seconds of a fit besides those in the store."""


def quick_list(
    store: Store,
    table: Table,
    metric: str,
    *,
    algorithms: tuple[str, ...] | None = None,
    exclude: tuple[str, ...] = (),
) -> dict[Configuration, float]:
    """Return configurations to begin with, in order, with the expected seconds of one fit.

    Args:
        store: The store.
        table: The table; only its size matters.
        metric: A metric of the store.
        algorithms: Only these algorithms; None for all.
        exclude: Known tasks to leave out.

    Raises:
        NotEnoughMetaDataError: If the store has too few results for the kind of task and metric.
        StoreError: If the store cannot be read.
    """
    from metalearn.recommenders.prepared_meta import prepared_meta
    from metalearn.workflows.recommend.ask import RecommendRequest
    from metalearn.workflows.recommend.known import known_for

    request = RecommendRequest(metric=metric, algorithms=algorithms, exclude=exclude)
    known = known_for(store, table.kind, metric_named(metric), request)
    seconds = known.expected_seconds(table)
    prepared = prepared_meta(known.imputed, "quick list")
    order = greedy_order(
        prepared.utility,
        prepared.weights,
        fallback=prepared.fallback,
        price=np.sqrt(seconds + _OVERHEAD_S),
        available=~known.is_degenerate & np.isfinite(seconds),
        n=_LENGTH,
    )
    return {known.meta.configurations[j]: float(seconds[j]) for j in order[:_LENGTH]}
