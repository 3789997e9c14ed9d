import itertools

import numpy as np
import pytest

from metalearn.numerics.matrix.set_gain import greedy_order, set_gains


def _plain_greedy(utility, weights, n):
    covered, chosen = np.zeros(utility.shape[1]), []
    for _ in range(n):
        best = int(np.argmax(np.maximum(utility - covered, 0) @ weights))
        chosen.append(best)
        covered = np.maximum(covered, utility[best])
    return chosen


def _reached(utility, weights, chosen):
    return utility[list(chosen)].max(axis=0) @ weights


@pytest.mark.parametrize("small", [0, 10**6])
def test_lazy_equals_plain_greedy(rng, monkeypatch, small):
    monkeypatch.setattr("metalearn.numerics.matrix.set_gain._SMALL", small)
    monkeypatch.setattr("metalearn.numerics.matrix.set_gain._BLOCK", 200)
    for _ in range(20):
        utility, weights = rng.random((25, 60)), rng.random(60)
        order = greedy_order(utility, weights, fallback=np.zeros(25), n=12)
        assert list(order[:12]) == _plain_greedy(utility, weights, 12)


def test_reaches_the_guarantee_and_the_first_pick_is_the_best(rng):
    for _ in range(10):
        utility, weights = rng.random((15, 20)), np.full(20, 1 / 20)
        order = greedy_order(utility, weights, fallback=np.zeros(15))
        values = {
            k: max(_reached(utility, weights, c) for c in itertools.combinations(range(15), k))
            for k in (1, 2)
        }
        assert _reached(utility, weights, order[:1]) == pytest.approx(values[1])
        assert _reached(utility, weights, order[:2]) >= (1 - 1 / np.e) * values[2]


@pytest.mark.parametrize(("minimise", "expected"), [(True, [0, 2]), (False, [2, 0])])
def test_published_toy_matrix(minimise, expected):
    # janvanrijn/openml-defaults, strategy tests: rows a0, a1, a2 over four tasks.
    values = np.array([[1, 1, 1, 3], [2, 2, 2, 2], [3, 3, 3, 1]], dtype=float)
    utility = 3.0 - values if minimise else values
    order = greedy_order(utility, np.ones(4), fallback=values.mean(axis=1))
    assert list(order[:2]) == expected


def test_saturated_portfolio_continues_by_fallback():
    utility = np.array([[1.0, 0.0], [0.9, 0.5], [0.0, 1.0], [0.8, 0.8]])
    order = greedy_order(utility, np.ones(2), fallback=np.array([4.0, 1.0, 3.0, 2.0]))
    assert list(order) == [3, 2, 0, 1]  # the first three cover all that can be covered


def test_what_is_not_available_is_not_listed(rng):
    available = np.array([True, False, True, True])
    order = greedy_order(rng.random((4, 3)), np.ones(3), fallback=np.zeros(4), available=available)
    assert sorted(order) == [0, 2, 3]


def test_price_prefers_cheap_configurations():
    utility = np.array([[0.9, 0.9], [0.8, 0.8]])
    order = greedy_order(utility, np.ones(2), fallback=np.zeros(2), price=np.array([2.0, 1.0]))
    assert order[0] == 1


def test_gains_never_grow(rng):
    utility, weights = rng.random((10, 8)), rng.random(8)
    before = set_gains(utility, weights, np.zeros(8))
    assert (set_gains(utility, weights, utility[3]) <= before).all()


def test_gains_of_several_weightings_are_those_of_each(rng):
    utility, weights, covered = rng.random((25, 60)), rng.random((60, 3)), rng.random(60)
    each = [set_gains(utility, one, covered) for one in weights.T]
    np.testing.assert_allclose(set_gains(utility, weights, covered), np.transpose(each))
