"""Training: seeded, resumable to the same weights, and never led astray by a bad batch."""

import numpy as np
import pytest

from metalearn.neural.training import Adam, Schedule, best_length, train


def estimate(weights, rng):
    goal = np.array([1.0, -2.0]) + 0.1 * rng.normal(size=2)
    return float(np.sum((weights["x"] - goal) ** 2)), {"x": 2.0 * (weights["x"] - goal)}


START = {"x": np.zeros(2)}


def test_it_finds_the_minimum_the_same_for_a_seed():
    schedule = Schedule(800, rate=0.05)
    found = [train(estimate, START, schedule, seed)["x"] for seed in (0, 0, 1)]
    np.testing.assert_allclose(found[0], [1.0, -2.0], atol=0.1)
    assert np.array_equal(found[0], found[1])
    assert not np.array_equal(found[0], found[2])


def test_a_stopped_training_ends_with_the_same_weights(tmp_path):
    schedule, path = Schedule(1100), tmp_path / "state.npz"

    def stopped(weights, rng):
        stopped.calls += 1
        if stopped.calls == 700:
            raise KeyboardInterrupt
        return estimate(weights, rng)

    stopped.calls = 0
    with pytest.raises(KeyboardInterrupt):
        train(stopped, START, schedule, 0, path)
    assert path.exists()
    resumed = train(estimate, START, schedule, 0, path)
    assert np.array_equal(resumed["x"], train(estimate, START, schedule, 0)["x"])
    assert not path.exists()


def test_a_damaged_checkpoint_is_left_aside(tmp_path):
    path = tmp_path / "state.part"
    path.write_bytes(b"PK damaged")
    found = train(estimate, START, Schedule(5), 0, path)
    assert np.array_equal(found["x"], train(estimate, START, Schedule(5), 0)["x"])


def test_a_gradient_that_is_not_finite_moves_nothing():
    found = train(lambda w, rng: (np.nan, {"x": np.full(2, np.nan)}), START, Schedule(3), 0)
    assert np.array_equal(found["x"], START["x"])


def test_the_first_step_of_adam_has_the_length_of_the_rate():
    moved = Adam(START).step(START, {"x": np.array([3.0, -0.1])}, 0.01)
    np.testing.assert_allclose(moved["x"], [-0.01, 0.01], rtol=1e-6)


def test_the_best_length_is_where_the_judged_loss_is_lowest():
    """Towards (1, -2), the second coordinate passes -0.5 on the way."""

    def judge(weights):
        return abs(float(weights["x"][1]) + 0.5)

    schedule = Schedule(200, rate=0.02)
    length = best_length(estimate, START, schedule, 0, judge, every=5)
    reached = train(estimate, START, Schedule(200, rate=0.02), 0)
    assert 15 <= length <= 60
    assert judge(reached) > 0.3
    assert best_length(estimate, START, schedule, 0, lambda w: float(w["x"][0]), every=5) == 0
