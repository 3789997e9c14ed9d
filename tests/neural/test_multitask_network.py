"""Multi-task networks: derivatives, fixed priors, and draws that follow what was measured."""

import numpy as np
import pytest

pytest.importorskip("autograd", reason="needs the extra neural")

from metalearn.neural import multitask_network as mt
from metalearn.neural.autodiff import value_and_grad
from metalearn.neural.training import Schedule, train


def central(function, weights, name, place):
    ends = []
    for sign in (1.0, -1.0):
        moved = {key: value.copy() for key, value in weights.items()}
        moved[name][place] += sign * 1e-6
        ends.append(float(function(moved)))
    return (ends[0] - ends[1]) / 2e-6


def agrees(function, weights, rng):
    _, gradient = value_and_grad(function)(weights)
    for name, array in weights.items():
        if "prior" in name:
            continue
        for _ in range(3):
            place = tuple(int(rng.integers(n)) for n in array.shape)
            expected = central(function, weights, name, place)
            assert gradient[name][place] == pytest.approx(expected, rel=1e-4, abs=1e-7), name


def test_gradient_of_training(rng):
    weights = mt.initial_network(2, 3, rng)
    points, y = rng.random((5, 6, 2)), rng.normal(size=(5, 6))
    tasks = rng.integers(3, size=(5, 6))
    agrees(lambda w: mt.training_loss(w, points, y, tasks, 6.0), weights, rng)


def test_gradient_of_adaptation(rng):
    weights, points = mt.initial_network(2, 3, rng), rng.random((4, 2))
    prior = mt.posterior_draws(weights, points[:0], np.zeros(0), rng)
    perturbed = rng.normal(size=(20, 4))
    agrees(lambda d: mt.adaptation_loss(d, weights, prior, points, perturbed), prior, rng)


def shifted_tasks(rng, n_tasks=8):
    """Tasks whose losses are a bowl around a place of their own."""
    tasks = []
    for best in np.linspace(0.1, 0.9, n_tasks):
        x = rng.random((40, 1))
        tasks.append((x, 4.0 * np.abs(x[:, 0] - best) - 1.0))
    return tasks


def test_priors_stay_and_draws_learn_the_place_from_four_losses(rng):
    tasks = shifted_tasks(rng)
    first = mt.initial_network(1, len(tasks), rng)
    weights = train(mt.network_step(tasks), first, Schedule(250, rate=1e-2), 0)
    for name in first:
        assert np.array_equal(weights[name], first[name]) == ("prior" in name), name
    x = np.linspace(0.0, 1.0, 21)[:, None]
    known = x[[2, 8, 13, 19]]
    y = 4.0 * np.abs(known[:, 0] - 0.55) - 1.0
    before = mt.losses_of_draws(weights, mt.posterior_draws(weights, x[:0], y[:0], rng), x)
    after = mt.losses_of_draws(weights, mt.posterior_draws(weights, known, y, rng), x)
    assert abs(x[after.mean(axis=0).argmin(), 0] - 0.55) < 0.15
    assert after.std(axis=0).mean() < 0.5 * before.std(axis=0).mean()
