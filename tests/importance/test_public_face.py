"""The documented calls, with a store."""

from __future__ import annotations

import numpy as np
import pytest

import metalearn
from metalearn.errors import UnknownNameError
from metalearn.importance import PedAnovaSettings, TunabilitySettings
from metalearn.importance.forest import ForestSettings


@pytest.fixture(scope="module")
def kb(planted_file):
    with metalearn.open(planted_file) as store:
        yield store


def test_importance_of_a_store(kb):
    table = metalearn.importance.fanova(kb, "svm")
    assert metalearn.importance.top_items(table, size=1)["planted:middle"] == "gamma"
    assert len(table.valid) == 3
    again = metalearn.importance.fanova(kb, "svm")
    assert np.array_equal(table.share, again.share, equal_nan=True)
    other = metalearn.importance.ped_anova(kb, "svm", settings=PedAnovaSettings(top=0.2))
    assert other.share.shape == (4, 4)
    with pytest.raises(UnknownNameError):
        metalearn.importance.fanova(kb, "forest")


def test_tunability_and_priors_of_a_store(kb):
    settings = TunabilitySettings(order=1, n_points=300, forest=ForestSettings(n_trees=6))
    found = metalearn.importance.tunability(kb, "svm", settings=settings)
    assert found.default is not None
    assert found.default.algorithm == "svm"
    prior = metalearn.priors.kde(kb, "svm", exclude=["planted:left"])
    assert prior.pool.tasks == ("planted:middle", "planted:right")
    assert len(prior.sample(3, np.random.default_rng(0))) == 3
