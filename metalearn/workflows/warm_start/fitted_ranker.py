"""A recommender fitted to the matrix of a warm start; the last ones are kept in the cache."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import numpy as np

from metalearn import recommenders
from metalearn.core.code_version import code_version
from metalearn.core.meta_dataset import MetaDataset
from metalearn.core.seams import Ranker
from metalearn.recommenders.recipe import meta_dataset_digest
from metalearn.workflows.recommend.recent import kept

__all__ = ["FittedRanker", "fitted_ranker"]


@dataclass(frozen=True, slots=True)
class FittedRanker:
    """A fitted recommender.

    Attributes:
        ranker: The recommender.
        random_state: State of the random generator after the fit.
        size: Number of cells of the matrix.
    """

    ranker: Ranker
    random_state: dict[str, Any]  # Any: of numpy's generators
    size: int

    @property
    def is_current(self) -> bool:
        """Whether it may be used; its key says everything."""
        return True


def fitted_ranker(recommender: str, meta: MetaDataset, rng: np.random.Generator) -> Ranker:
    """Return a recommender fitted to a meta-dataset.

    The same recommender is not fitted twice to equal data with equal random numbers: then it comes
    from the cache of `recommend`, and `rng` is left as the fit left it.

    Args:
        recommender: Name of the method.
        meta: The known tasks.
        rng: Random numbers of the fit.
    """

    def fit() -> FittedRanker:
        ranker = recommenders.get(recommender)().fit(meta, rng)
        return FittedRanker(ranker, dict(rng.bit_generator.state), meta.losses.size)

    found = kept(_key(recommender, meta, rng), FittedRanker, fit)
    rng.bit_generator.state = found.random_state
    return found.ranker


def _key(recommender: str, meta: MetaDataset, rng: np.random.Generator) -> str:
    """Return everything that the fit depends on, as text; "" if the code has no version."""
    if recommenders.CATALOGUE.is_plug_in(recommender):
        return ""
    where = recommenders.CATALOGUE.where(recommender)
    metric = meta.metric
    ends = [metric.name, metric.greater_is_better, metric.optimum, metric.worst]
    state = json.dumps(rng.bit_generator.state, default=np.ndarray.tolist)
    question = [recommender, where, meta_dataset_digest(meta), ends, state]
    return json.dumps(["warm start", code_version(), question])
