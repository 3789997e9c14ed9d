"""Tree search finds the best leaf of a planted tree sooner than chance, sooner with a prior."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from metalearn.numerics.search.tree_search import END, PathPrior, SearchTree, rewards_of

PATHS = np.array(list(itertools.product(range(20), range(30, 36), range(40, 44))), dtype=np.int64)
"""Twenty decisions, then six, then four: 480 leaves."""
LOSSES = 1.0 - 0.5 * (PATHS[:, 0] == 2) - 0.3 * (PATHS[:, 1] == 34) * (PATHS[:, 0] == 2)
LOSSES = LOSSES - 0.1 * (PATHS[:, 2] == 41)
BEST = int(np.argmin(LOSSES))


def steps_to(goal: set[int], seed: int, prior: PathPrior | None = None) -> int:
    rng = np.random.default_rng(seed)
    open_ = list(range(len(PATHS)))
    seen: list[int] = []
    while True:
        tree = SearchTree(PATHS[seen], LOSSES[seen], prior=prior)
        seen.append(open_.pop(tree.choose(PATHS[open_], rng)))
        if seen[-1] in goal:
            return len(seen)


def test_the_best_leaf_is_found_sooner_than_by_chance_and_sooner_with_a_prior() -> None:
    good = np.argsort(LOSSES, kind="stable")[:12]
    prior = PathPrior(PATHS[good], np.full(12, 1 / 12))
    alone = np.mean([steps_to({BEST}, seed) for seed in range(30)])
    known = np.mean([steps_to({BEST}, seed, prior) for seed in range(30)])
    assert known < alone < 0.3 * (len(PATHS) + 1) / 2  # 0.3 of the expectation of random search


def test_a_prior_leads_to_the_best_subtree_first() -> None:
    good = np.flatnonzero(PATHS[:, 0] == 2)
    prior = PathPrior(PATHS[good], np.full(len(good), 1 / len(good)))
    goal = set(map(int, good))
    alone = np.mean([steps_to(goal, seed) for seed in range(20)])
    assert np.mean([steps_to(goal, seed, prior) for seed in range(20)]) < 0.4 * alone


def test_a_misleading_prior_does_not_hide_the_best_leaf() -> None:
    bad = np.flatnonzero(PATHS[:, 0] == 0)
    prior = PathPrior(PATHS[bad], np.full(len(bad), 1.0))
    assert np.mean([steps_to({BEST}, seed, prior) for seed in range(10)]) < len(PATHS)


def test_a_visit_adds_one_node_and_updates_its_ancestors() -> None:
    tree = SearchTree(np.array([[0, 5], [0, 5], [1, END]]), np.array([3.0, 1.0, 2.0]))
    assert [tree.n_visits(p) for p in ((), (0,), (0, 5), (1,), (7,))] == [3, 2, 1, 1, 0]
    assert tree.value((0,)) == pytest.approx(0.5 * 0.5 + 0.5 * 1.0)
    assert np.isnan(tree.value((7,)))


def test_shares_are_those_of_the_prefix_with_uniform_smoothing() -> None:
    prior = PathPrior(np.array([[0, 5], [0, 6], [1, 5]]), np.array([1.0, 3.0, 9.0]))
    np.testing.assert_allclose(prior.shares((0,), np.array([5, 6])), [0.375, 0.625])
    np.testing.assert_allclose(prior.shares((7,), np.array([5, 6])), [0.5, 0.5])


def test_rewards_are_between_zero_and_one_and_failures_are_the_worst() -> None:
    found = rewards_of(np.array([2.0, np.nan, 4.0, np.inf, 3.0]))
    np.testing.assert_allclose(found, [1.0, 0.0, 0.0, 0.0, 0.5])
    np.testing.assert_allclose(rewards_of(np.array([1.0, 1.0])), [1.0, 1.0])
    np.testing.assert_allclose(rewards_of(np.array([np.nan])), [0.0])
    np.testing.assert_allclose(rewards_of(np.array([-1.7e308, 1.7e308])), [1.0, 0.0])


def test_numbers_are_widened_with_visits() -> None:
    paths = np.arange(20)[:, None]
    seen: list[int] = []
    for _ in range(4):
        tree = SearchTree(paths[seen], np.zeros(len(seen)), range(20))
        seen.append(int(tree.choose(paths, np.random.default_rng(len(seen)))))
    assert len(set(seen)) <= 2 * np.sqrt(4)
