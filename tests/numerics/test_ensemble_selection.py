from __future__ import annotations

import numpy as np
import pytest

from metalearn.errors import ShapeError
from metalearn.numerics.ensemble_selection import bagged_selection, greedy_selection


def squared(truth):
    return lambda p: ((p - truth) ** 2).mean(axis=1)


def slow_greedy(library, loss, n_rounds):
    """The textbook loop, one candidate at a time."""
    picked, best = [], (np.inf, [])
    for _ in range(n_rounds):
        trials = [loss(np.mean([library[i] for i in [*picked, j]], axis=0)[None])[0]
                  for j in range(len(library))]  # fmt: skip
        low = min(trials)
        ties = [j for j, v in enumerate(trials) if v <= low + 1e-12]
        picked.append(max(ties, key=lambda j: (picked.count(j), -j)))
        if low < best[0] - 1e-12:
            best = (low, list(picked))
    return np.bincount(best[1], minlength=len(library)) / len(best[1])


@pytest.mark.parametrize("seed", range(5))
def test_equals_the_textbook_loop(seed):
    rng = np.random.default_rng(seed)
    truth = rng.normal(size=60)
    library = truth + rng.normal(size=(9, 60)) * rng.uniform(0.3, 2.0, size=(9, 1))
    found = greedy_selection(library, squared(truth), 20)
    assert found == pytest.approx(slow_greedy(library, squared(truth), 20))


def test_weights_the_two_members_whose_errors_cancel(rng):
    truth = rng.normal(size=200)
    error = rng.normal(size=200)
    library = np.stack([truth + error, truth - error, truth + 3 * rng.normal(size=200)])
    assert greedy_selection(library, squared(truth)).tolist() == [0.5, 0.5, 0.0]


def test_a_perfect_member_stands_alone(rng):
    truth = rng.normal(size=50)
    library = np.stack([truth + 1.0, truth, truth])
    assert greedy_selection(library, squared(truth)).tolist() == [0.0, 1.0, 0.0]


def test_members_of_nan_loss_are_never_taken():
    truth = np.zeros(3)
    library = np.array([[np.nan] * 3, [1.0] * 3])
    assert greedy_selection(library, squared(truth)).tolist() == [0.0, 1.0]


def test_bags_are_reproducible_and_sum_to_one(rng):
    truth = rng.normal(size=40)
    library = truth + rng.normal(size=(8, 40))
    one = bagged_selection(library, squared(truth), np.random.default_rng(3))
    two = bagged_selection(library, squared(truth), np.random.default_rng(3))
    assert one == pytest.approx(two)
    assert one.sum() == pytest.approx(1.0)
    assert one.min() >= 0.0


def test_an_empty_library_is_refused():
    with pytest.raises(ShapeError, match="at least one member"):
        greedy_selection(np.empty((0, 3)), squared(np.zeros(3)))
