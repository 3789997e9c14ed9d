"""No recommendation depends on the unit of a loss without natural ends."""

from dataclasses import replace

import numpy as np
import pytest

from metalearn.core import Metric, TargetTask
from metalearn.recommenders import CATALOGUE, get
from metalearn.testing.worlds import clusters, with_holes

COST = Metric("cost", False, 0.0, None)
GAIN = Metric("gain", True, None, None)
WORLD = clusters(np.random.default_rng(0), n_tasks=24, n_configurations=12)
META = with_holes(WORLD.meta, 0.2, np.random.default_rng(1))
BRIEF = {"learned-policy": {"n_steps": 3}}  # the unit reaches the first step or none


def orders(name, metric, offset, unit):
    """Return the order before any evaluation and after three."""
    losses = unit * (META.losses - offset)
    meta = replace(META, metric=metric, losses=losses)
    ranker = get(name)(**BRIEF.get(name, {})).fit(meta, np.random.default_rng(2))
    target = TargetTask(WORLD.target_meta_features[0])
    found = [np.argsort(ranker.score(target), kind="stable")]
    for j in (0, 3, 5):
        target = target.tell(j, float(unit * (WORLD.target_losses[0, j] - offset)), 1.0)
    return [*found, np.argsort(ranker.score(target), kind="stable")]


@pytest.mark.filterwarnings("error::RuntimeWarning")
@pytest.mark.in_turn("unit")
@pytest.mark.parametrize("unit", [1e-300, 1e-12, 1e300])
@pytest.mark.parametrize(("metric", "offset"), [(COST, 0.0), (GAIN, 0.4)], ids=["cost", "gain"])
@pytest.mark.parametrize("name", CATALOGUE.names())
def test_orders_do_not_depend_on_the_unit(name, metric, offset, unit):
    plain = orders(name, metric, offset, 1.0)
    np.testing.assert_array_equal(orders(name, metric, offset, unit), plain)
