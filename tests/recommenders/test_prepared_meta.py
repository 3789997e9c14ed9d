"""Losses prepared for recommenders, also of more tasks than are transposed at once."""

from __future__ import annotations

import numpy as np

from metalearn.core import Configuration, MetaDataset, Task
from metalearn.core.metric import METRICS
from metalearn.numerics.imputation import imputed_regret
from metalearn.recommenders.prepared_meta import prepared_meta


def test_the_utility_is_what_regret_leaves(rng: np.random.Generator) -> None:
    losses = rng.random((300, 4))
    losses[rng.random(losses.shape) < 0.1] = np.nan
    meta = MetaDataset(
        METRICS["accuracy"],
        tuple(Task(f"t{i}", f"t{i}") for i in range(300)),
        tuple(Configuration("a", {"x": float(j)}) for j in range(4)),
        losses,
    )
    utility = prepared_meta(meta, "test").utility
    assert utility.flags.c_contiguous
    np.testing.assert_array_equal(utility, 1.0 - imputed_regret(losses).T)
