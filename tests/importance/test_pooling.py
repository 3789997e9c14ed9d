"""Pooling tasks: what none of them can tell alone, and what a common list cannot tell either."""

from __future__ import annotations

import ConfigSpace as cs
import numpy as np
import pytest

from metalearn.core.history import History
from metalearn.core.metric import METRICS
from metalearn.core.space import Space
from metalearn.errors import NotEnoughMetaDataError
from metalearn.histories.runs import Runs
from metalearn.importance import FanovaSettings, fanova, pooled


def world(*, shared, n_tasks=60, n_runs=5):
    """Tasks of very different scale whose loss falls with `good`; three runs a hyperparameter."""
    space = cs.ConfigurationSpace()
    good = cs.UniformFloatHyperparameter("good", 0.0, 1.0)
    kind = cs.CategoricalHyperparameter("kind", ["a", "b"])
    child = cs.UniformFloatHyperparameter("child", 0.0, 1.0)
    space.add(good, kind, child)
    space.add(cs.EqualsCondition(child, kind, "a"))
    space = Space("planted", space)
    at, histories = space.names.index("good"), []
    for number in range(n_tasks):
        rng = np.random.default_rng(0 if shared else number)
        X = space.encode(space.sample(n_runs, rng))
        histories.append(History(X, 10.0**number * (2.0 - X[:, at]), f"t{number}"))
    return Runs(space, METRICS["error_rate"], tuple(histories))


def test_own_configurations_add_up():
    runs = world(shared=False)
    alone = fanova(runs, settings=FanovaSettings(order=1))
    assert np.isnan(alone.share).all()  # 5 runs for 3 hyperparameters
    together = pooled(runs)
    assert together.tasks == ("60 tasks pooled",)
    assert len(together.histories[0]) == 300
    assert "300 distinct configurations" in together.notes[-1]
    found = fanova(together, settings=FanovaSettings(order=1))
    share = dict(zip(found.names, found.share[0], strict=True))
    assert share["good"] > 0.65  # ranks among five runs are coarse
    assert max(share["kind"], share["child"]) < 0.1
    assert found.fit[0] > 0.5
    assert found.notes == ("",)


def test_a_common_list_has_as_many_points_as_it_is_long():
    together = pooled(world(shared=True))
    assert len(together.histories[0]) == 5
    found = fanova(together, settings=FanovaSettings(order=1))
    assert np.isnan(found.share).all()
    assert "5 runs for 3 hyperparameters" in found.notes[0]


def test_ranks_run_from_best_to_worst_and_ties_share_theirs():
    runs = world(shared=True, n_tasks=1)
    tied = History(runs.histories[0].X, np.array([3.0, 1.0, 1.0, np.nan, 9.0]), "tied")
    flat = History(runs.histories[0].X, np.ones(5), "flat")
    (only,) = pooled(Runs(runs.space, runs.metric, (tied, flat))).histories
    assert sorted(only.y) == pytest.approx([1 / 6, 1 / 6, 2 / 3, 1.0])
    assert (np.isnan(only.X) == ~runs.space.active(only.X)).all()
    with pytest.raises(NotEnoughMetaDataError, match="two different losses"):
        pooled(Runs(runs.space, runs.metric, (flat,)))
