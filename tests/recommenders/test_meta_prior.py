"""The trust in meta-features follows from whether they tell anything."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from metalearn.recommenders.experience import experience_of
from metalearn.recommenders.meta_prior import SHARES, MetaPrior, fit_meta_prior
from metalearn.testing.worlds import World, clusters


def fitted(world: World, groups: np.ndarray | None = None) -> MetaPrior:
    meta = world.meta if groups is None else replace(world.meta, groups=groups)
    known = experience_of(world.meta, "test")
    return fit_meta_prior(meta, known, np.random.default_rng(0))


def test_the_trust_in_meta_features_follows_what_they_tell() -> None:
    equal = {
        telling: np.mean(
            [
                fitted(clusters(np.random.default_rng(seed), telling=telling)).uniform
                for seed in range(5)
            ],
            axis=0,
        )
        for telling in (True, False)
    }
    assert (equal[True] < 0.45).all()
    assert (equal[False] > equal[True] + 0.15).all()


def test_equal_weights_have_the_share_that_was_chosen() -> None:
    world = clusters(np.random.default_rng(0))
    prior = fitted(world)
    features = world.target_meta_features[2]
    same = np.arange(world.meta.n_tasks) % 4 == 2
    for place, first in enumerate((True, False)):
        weights = prior.weights(features, first=first)
        assert weights.sum() == pytest.approx(1.0)
        share, close = prior.uniform[place], prior.proximity.weights(features)
        assert weights == pytest.approx((1 - share) * close + share * prior.votes)
        assert weights[same].sum() > 0.5
    for nothing in (np.empty(0), np.full(len(features), np.nan)):
        assert prior.weights(nothing) == pytest.approx(prior.votes)


def test_near_duplicates_do_not_vote_for_each_other() -> None:
    """With one group nobody is left to vote, every list is the same, and nothing is preferred."""
    world = clusters(np.random.default_rng(0))
    prior = fitted(world, np.zeros(world.meta.n_tasks, dtype=np.int64))
    assert prior.uniform == pytest.approx((np.mean(SHARES), np.mean(SHARES)))
