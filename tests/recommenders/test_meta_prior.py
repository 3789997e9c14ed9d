"""Meta-features are trusted unless they have misled."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from metalearn.numerics.matrix.set_gain import greedy_order
from metalearn.recommenders.meta_prior import (
    POWERS,
    SHARES,
    MetaPrior,
    _list_regret,
    fit_meta_prior,
)
from metalearn.recommenders.prepared_meta import prepared_meta
from metalearn.testing.worlds import World, clusters


def fitted(world: World, groups: np.ndarray | None = None) -> MetaPrior:
    meta = world.meta if groups is None else replace(world.meta, groups=groups)
    known = prepared_meta(world.meta, "test")
    return fit_meta_prior(meta, known, np.random.default_rng(0))


def test_meta_features_are_trusted_where_they_tell() -> None:
    for seed in range(5):
        assert fitted(clusters(np.random.default_rng(seed))).uniform == SHARES


def test_meta_features_that_mislead_are_dropped() -> None:
    """Each task stands beside one of another kind, so that what is close is never alike."""
    world = clusters(np.random.default_rng(0), informative=False)
    task = np.arange(world.meta.n_tasks)
    place = task // 2 + 0.1 * (task % 2)
    meta = replace(world.meta, meta_features=place[:, None], meta_feature_names=("place",))
    prior = fit_meta_prior(meta, prepared_meta(meta, "test"), np.random.default_rng(0))
    assert prior.uniform == (1.0, 1.0)


def test_equal_weights_have_the_share_that_was_chosen() -> None:
    world = clusters(np.random.default_rng(0))
    prior = fitted(world)
    features = world.target_meta_features[2]
    same = np.arange(world.meta.n_tasks) % 4 == 2
    for place, first in enumerate((True, False)):
        weights = prior.weights(features, first=first)
        assert weights.sum() == pytest.approx(1.0)
        share, close = prior.uniform[place], prior.proximity.weights(features) ** POWERS[place]
        close /= close.sum()
        assert weights == pytest.approx((1 - share) * close + share * prior.votes)
        assert weights[same].sum() > 0.5
    for nothing in (np.empty(0), np.full(len(features), np.nan)):
        assert prior.weights(nothing) == pytest.approx(prior.votes)


def test_near_duplicates_do_not_vote_for_each_other() -> None:
    """With one group nobody is left to vote, every list is the same, and nothing has misled."""
    world = clusters(np.random.default_rng(0))
    assert fitted(world, np.zeros(world.meta.n_tasks, dtype=np.int64)).uniform == SHARES


def test_a_share_that_is_given_is_taken() -> None:
    world = clusters(np.random.default_rng(0))
    known = prepared_meta(world.meta, "test")
    given = fit_meta_prior(world.meta, known, np.random.default_rng(0), 0.25)
    assert given.uniform == (0.25, 0.25)


def test_lists_of_many_tasks_are_those_of_each_alone(rng: np.random.Generator) -> None:
    utility, weights = rng.random((9, 30)), rng.random((12, 30))
    weights[::3] = weights[0]
    tasks = np.arange(12)
    each = [_list_regret(utility, weights[[i]], tasks[[i]])[0] for i in tasks]
    assert _list_regret(utility, weights, tasks).tolist() == each
    slow = greedy_order(utility, weights[0], fallback=np.zeros(9), n=3)[:3]
    assert each[0] == 1.0 - utility[slow, 0].max()
