"""The model of the expected score of each configuration."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from metalearn.core.arrays import Floats, read_only
from metalearn.core.meta_dataset import MetaDataset
from metalearn.core.seams import Ranker
from metalearn.core.task import TargetTask
from metalearn.numerics.tasks.forest_proximity import ForestProximity
from metalearn.recommenders.expected_score import Expectation, ExpectedScore, expected_score
from metalearn.workflows.recommend.floor import Floor

if TYPE_CHECKING:
    from metalearn.workflows.recommend.known import FittedModels

__all__ = ["expectation", "fitted_expectation"]


def expectation(
    meta: MetaDataset, fitted: FittedModels, target: TargetTask, floor: Floor, seed: int
) -> Expectation:
    """Return expected losses, `(n_configurations,)`.

    Metrics whose scores compare between tasks only relative to the dummy's are modelled as
    multiples of the dummy's loss.

    Args:
        meta: Known tasks, failures imputed.
        fitted: The recommender and the model of expected losses.
        target: The table.
        floor: Losses of the dummy.
        seed: Seed of the forest, if one is grown.
    """
    units, own = floor.units()
    model = fitted.expected
    if not np.array_equal(units, fitted.units):  # a dummy without error has no multiples
        model = fitted_expectation(meta, units, fitted.ranker, seed)
    found = model.predict(replace(target, observed_losses=target.observed_losses / own))
    return replace(found, mean=found.mean * own, low=found.low * own, high=found.high * own)


def fitted_expectation(
    meta: MetaDataset, units: Floats, ranker: Ranker, seed: int
) -> ExpectedScore:
    """Return the model of expected losses.

    Args:
        meta: Known tasks, failures imputed.
        units: `(n_tasks,)` divisors of their losses.
        ranker: The fitted recommender; its forest is used if it has one.
        seed: Seed of the forest that is grown otherwise.
    """
    scaled = meta
    if (units != 1.0).any():
        scaled = replace(meta, losses=read_only(meta.losses / units[:, None]))
    proximity = getattr(ranker, "proximity", None)
    if not isinstance(proximity, ForestProximity):
        proximity = None
    return expected_score(scaled, np.random.default_rng(seed), proximity)
