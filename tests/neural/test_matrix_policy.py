"""The learned policy: derivatives, baseline, what it starts from, and that it learns."""

import numpy as np
import pytest

pytest.importorskip("autograd", reason="needs the extra neural")

from metalearn.neural import matrix_policy as mp
from metalearn.neural.autodiff import value_and_grad
from metalearn.neural.recurrent_search import Seen
from metalearn.neural.training import Schedule, train


def random_weights(rng, n_steps=3, n_configurations=5):
    weights = mp.initial_policy(rng.normal(size=(n_steps, n_configurations)), 2, rng)
    weights["out"] = rng.normal(size=weights["out"].shape)
    return weights


def played(weights, embedded, rng, n_steps=3):
    found = mp.PlayedEpisodes(np.repeat(rng.random((2, len(embedded))), 8, axis=0), n_steps)
    found.play(weights, embedded, rng)
    return found


def test_policy_gradient(rng):
    weights, embedded = random_weights(rng), rng.normal(size=(5, 2))
    episodes = played(weights, embedded, rng)
    advantages = rng.normal(size=episodes.actions.shape)
    _, gradient = value_and_grad(mp.policy_loss)(weights, episodes, advantages, embedded)
    for name, array in weights.items():
        for _ in range(4):
            place = tuple(int(rng.integers(n)) for n in array.shape)
            ends = []
            for sign in (1.0, -1.0):
                moved = {key: other.copy() for key, other in weights.items()}
                moved[name][place] += sign * 1e-6
                ends.append(float(mp.policy_loss(moved, episodes, advantages, embedded)))
            expected = (ends[0] - ends[1]) / 2e-6
            assert gradient[name][place] == pytest.approx(expected, rel=1e-4, abs=1e-8), name


def test_an_episode_evaluates_no_configuration_twice(rng):
    embedded = rng.normal(size=(5, 2))
    episodes = played(random_weights(rng, n_steps=5), embedded, rng, n_steps=5)
    assert (np.sort(episodes.actions, axis=0) == np.arange(5)[:, None]).all()
    assert episodes.open_.sum(axis=2).tolist() == [[n] * 16 for n in (5, 4, 3, 2, 1)]


def test_actions_are_drawn_with_the_probabilities_of_the_policy(rng):
    weights, embedded = random_weights(rng), rng.normal(size=(5, 2))
    episodes = mp.PlayedEpisodes(np.ones((20_000, 5)), 1)
    episodes.play(weights, embedded, rng)
    logits = mp.logits_after(weights, Seen.nothing(1), embedded)[0]
    share = np.bincount(episodes.actions[0], minlength=5) / 20_000
    np.testing.assert_allclose(share, np.exp(logits) / np.exp(logits).sum(), atol=0.015)


def test_advantages_compare_episodes_of_a_task_from_each_step_on(rng):
    episodes = played(random_weights(rng), rng.normal(size=(5, 2)), rng)
    advantages = episodes.advantages()
    np.testing.assert_allclose(advantages.reshape(3, 2, 8).sum(axis=2), 0.0, atol=1e-12)
    lowest = np.minimum.accumulate(episodes.losses, axis=0)[-1, :8]
    assert np.corrcoef(advantages[-1, :8], -lowest)[0, 1] == pytest.approx(1.0)


def test_it_learns_to_act_on_what_three_losses_say():
    """Six kinds of task, of which 0, 1 and 2 tell the kind and 3 to 8 are the best of one each."""
    regrets = np.full((6, 9), 0.9)
    regrets[:, :3] = np.column_stack([np.full(6, 0.6), np.full(6, 0.4), np.linspace(0.4, 0.6, 6)])
    regrets[np.arange(6), np.arange(3, 9)] = 0.0
    design = np.zeros((4, 9))
    design[[0, 1, 2], [0, 1, 2]] = 4.0
    first = mp.initial_policy(design, 9, np.random.default_rng(0))
    embedded = 2.0 * np.eye(9)
    step = mp.policy_step(regrets, embedded, 4)
    weights = train(step, first, Schedule(120, rate=2e-2), 0)
    reached = []
    for policy in (first, weights):
        episodes = mp.PlayedEpisodes(np.repeat(regrets, 50, axis=0), 4)
        episodes.play(policy, embedded, np.random.default_rng(1))
        reached.append(episodes.losses.min(axis=0).mean())
    any_fixed_order = 0.9 * 2 / 6  # it finds the best of four kinds
    assert reached[1] < 0.9 * any_fixed_order
    assert reached[1] < reached[0]
