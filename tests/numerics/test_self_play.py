"""A policy that is learned by self-play prefers what is good on tasks of the same kind."""

from __future__ import annotations

import itertools

import numpy as np

from metalearn.numerics.search.self_play import SelfPlay, learned_by_self_play
from metalearn.numerics.search.tree_search import END, SearchTree

PATHS = np.array(list(itertools.product(range(4), range(10, 13))), dtype=np.int64)


def world(n: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Tasks of two kinds: decision 0 is best on one kind, decision 3 on the other."""
    rng = np.random.default_rng(seed)
    kind = np.arange(n) % 2
    best = np.where(kind == 0, 0, 3)
    losses = 1.0 - 0.6 * (PATHS[:, 0][None] == best[:, None]) - 0.2 * (PATHS[:, 1] == 12)
    features = np.stack([2.0 * kind - 1.0, rng.normal(size=n)], axis=1)
    return losses + 0.02 * rng.random(losses.shape), features


def test_the_policy_depends_on_the_kind_of_task() -> None:
    losses, features = world(20, 0)
    rng = np.random.default_rng(0)
    policy = learned_by_self_play(PATHS, losses, features, rng, SelfPlay(n_episodes=400))
    for kind, best in ((-1.0, 0), (1.0, 3)):
        prior = policy.of(np.array([kind, 0.0]))
        shares = prior.shares((), np.arange(4))
        assert int(np.argmax(shares)) == best
        assert shares[best] > 0.4


def test_without_meaning_in_the_losses_the_policy_has_no_strong_preference() -> None:
    rng = np.random.default_rng(0)
    losses = rng.random((20, len(PATHS)))
    policy = learned_by_self_play(
        PATHS, losses, rng.normal(size=(20, 2)), rng, SelfPlay(n_episodes=300)
    )
    assert policy.of(np.zeros(2)).shares((), np.arange(4)).max() < 0.8


def test_it_is_a_prior_of_a_search_tree_and_knows_gaps() -> None:
    losses, features = world(10, 1)
    losses[:, 5] = np.nan
    features[3, 1] = np.nan
    rng = np.random.default_rng(0)
    policy = learned_by_self_play(PATHS, losses, features, rng, SelfPlay(n_episodes=200))
    prior = policy.of(np.array([1.0, np.nan]))
    np.testing.assert_allclose(prior.shares((9,), np.array([1, 2])), 0.5)
    np.testing.assert_allclose(prior.shares((0, 10), np.array([END])), 1.0)
    first = SearchTree(PATHS[:0], np.empty(0), prior=prior).choose(PATHS, rng)
    assert 0 <= first < len(PATHS)
