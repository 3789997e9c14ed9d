"""The columns of the comparison tables that can be checked are true."""

from __future__ import annotations

import numpy as np
import pytest

from experiments.catalogue_tables import overview
from metalearn import optimizers, surrogates
from metalearn.core import TargetTask
from metalearn.recommenders import CATALOGUE
from metalearn.testing.worlds import clusters

WORLD = clusters(np.random.default_rng(0), n_tasks=30, n_configurations=16)
SEEN = np.arange(0, 14, 2)
REST = np.setdiff1d(np.arange(16), SEEN)
BRIEF = {"learned-policy": {"n_steps": 3}}  # what its network reads does not depend on training


def rest_of_the_list(ranker, features, losses):
    """Return the order of the configurations that are not evaluated."""
    return np.argsort(ranker.score(TargetTask(features, SEEN, losses))[REST], kind="stable")


@pytest.mark.parametrize("name", CATALOGUE.names())
def test_the_order_follows_measured_losses_as_the_table_states(name):
    ranker = CATALOGUE.get(name)(**BRIEF.get(name, {})).fit(WORLD.meta, np.random.default_rng(1))
    follows = False
    for features, row in zip(WORLD.target_meta_features, WORLD.target_losses, strict=True):
        losses = row[SEEN]
        orders = (rest_of_the_list(ranker, features, y) for y in (losses, losses[::-1].copy()))
        follows |= not np.array_equal(*orders)
    assert overview("recommender", name)["adapts"] == ("yes" if follows else "no")


@pytest.mark.parametrize(
    ("kind", "names"),
    [
        ("recommender", CATALOGUE.names()),
        ("optimizer", optimizers.names()),
        ("surrogate", surrogates.names()),
    ],
)
def test_every_plug_in_of_the_package_has_its_overview(kind, names):
    for name in names:
        found = overview(kind, name)
        assert len(found) >= 2, name
        assert all(found.values()), name


def test_a_plug_in_without_an_overview_is_listed_by_its_first_line(monkeypatch):
    monkeypatch.setattr(CATALOGUE.get("portfolio"), "__doc__", "Greedy: good at every length.")
    assert overview("recommender", "portfolio") == {"idea": "Greedy: good at every length"}
