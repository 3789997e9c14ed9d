"""The trust in meta-features follows from whether they tell anything."""

from __future__ import annotations

import numpy as np
import pytest

from metalearn.recommenders.experience import experience_of
from metalearn.recommenders.forest_portfolio import forest_proximity
from metalearn.recommenders.task_order import by_key
from metalearn.recommenders.uniform_share import SHARES, choose_uniform_shares
from metalearn.testing.worlds import World, clusters


def chosen(world: World, groups: np.ndarray | None = None) -> tuple[float, float]:
    meta, known = world.meta, experience_of(world.meta, "test")
    rng = np.random.default_rng(0)
    proximity = forest_proximity(meta, known, rng)
    own = meta.groups if groups is None else groups
    return choose_uniform_shares(known, proximity, by_key(meta), own, rng)


def test_the_trust_in_meta_features_follows_what_they_tell() -> None:
    shares = {
        telling: np.mean(
            [chosen(clusters(np.random.default_rng(seed), telling=telling)) for seed in range(5)],
            axis=0,
        )
        for telling in (True, False)
    }
    assert (shares[True] < 0.45).all()
    assert (shares[False] > 0.6).all()


def test_with_one_group_nobody_votes_and_nothing_is_preferred() -> None:
    world = clusters(np.random.default_rng(0))
    same = np.zeros(world.meta.n_tasks, dtype=np.int64)
    assert chosen(world, same) == pytest.approx((np.mean(SHARES), np.mean(SHARES)))
