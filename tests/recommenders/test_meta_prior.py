"""The trust in meta-features follows from whether they tell anything."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from metalearn.recommenders.experience import experience_of
from metalearn.recommenders.meta_prior import MIXTURES, MetaPrior, fit_meta_prior
from metalearn.testing.worlds import World, clusters


def fitted(world: World, groups: np.ndarray | None = None) -> MetaPrior:
    meta = world.meta if groups is None else replace(world.meta, groups=groups)
    known = experience_of(world.meta, "test")
    return fit_meta_prior(meta, known, np.random.default_rng(0))


def test_the_trust_in_meta_features_follows_what_they_tell() -> None:
    equal = {
        telling: np.mean(
            [
                fitted(clusters(np.random.default_rng(seed), telling=telling)).shares[:, 0]
                for seed in range(5)
            ],
            axis=0,
        )
        for telling in (True, False)
    }
    assert (equal[True] < 0.45).all()
    assert (equal[False] > equal[True] + 0.15).all()


def test_weights_are_shares_of_the_three_voices() -> None:
    world = clusters(np.random.default_rng(0))
    prior = fitted(world)
    assert prior.shares.sum(axis=1) == pytest.approx([1.0, 1.0])
    features = world.target_meta_features[2]
    for place, first in enumerate((True, False)):
        weights = prior.weights(features, first=first)
        assert weights.sum() == pytest.approx(1.0)
        same = np.arange(world.meta.n_tasks) % 4 == 2
        telling = 1.0 - prior.shares[place, 0]
        assert weights[same].sum() > 0.9 * telling
    for nothing in (np.empty(0), np.full(len(features), np.nan)):
        assert prior.weights(nothing) == pytest.approx(prior.votes)


def test_near_duplicates_do_not_vote_for_each_other() -> None:
    """With one group nobody is left to vote, every list is the same, and nothing is preferred."""
    world = clusters(np.random.default_rng(0))
    prior = fitted(world, np.zeros(world.meta.n_tasks, dtype=np.int64))
    assert prior.shares == pytest.approx(np.tile(MIXTURES.mean(axis=0), (2, 1)))
