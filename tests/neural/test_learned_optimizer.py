"""The LSTM optimizer: derivatives, one rule for all coordinates, and that it learns to descend."""

import numpy as np
import pytest

pytest.importorskip("autograd", reason="needs the extra neural")

from scipy.optimize import check_grad

from metalearn.neural import learned_optimizer as lo
from metalearn.neural.autodiff import value_and_grad
from metalearn.neural.lstm import lstm_cell, lstm_weights
from metalearn.neural.problems import quadratics, row_networks
from metalearn.neural.training import Schedule, train


class Slopes:
    """Linear functions, whose gradients do not depend on the point."""

    def __init__(self, rng):
        self.a = rng.normal(size=(3, 4))
        self.start = rng.normal(size=(3, 4))

    def __call__(self, theta):
        return (self.a * theta).sum(axis=1) + 50.0, self.a.copy()


def test_gradients_of_the_cell(rng):
    arrays = [lstm_weights(3, 4, rng), rng.normal(size=(5, 3)), rng.normal(size=(5, 8))]
    mix = rng.normal(size=(5, 8))

    def loss(value):
        changed = [*arrays[:which], value.reshape(arrays[which].shape), *arrays[which + 1 :]]
        return (lstm_cell(*changed) * mix).sum()

    for which in range(3):
        at = arrays[which].ravel()
        assert check_grad(loss, lambda flat: value_and_grad(loss)(flat)[1], at) < 1e-5


def test_gradient_of_unrolled_steps(rng):
    weights, problems = lo.initial_update_rule(rng), Slopes(rng)
    state, unit = np.zeros((12, 80)), np.full((3, 1), 2.0)
    value, gradient = value_and_grad(lo.update_rule_loss)(
        weights, problems, problems.start, state, unit
    )
    curve = lo.update_rule_curve(weights, problems, 20)
    assert value == pytest.approx(curve[1:].mean() / 2.0)
    for name, array in weights.items():
        for _ in range(3):
            place = tuple(int(rng.integers(n)) for n in array.shape)
            ends = []
            for sign in (1.0, -1.0):
                moved = {key: other.copy() for key, other in weights.items()}
                moved[name][place] += sign * 1e-5
                ends.append(lo.update_rule_curve(moved, problems, 20)[1:].mean() / 2.0)
            expected = (ends[0] - ends[1]) / 2e-5
            assert gradient[name][place] == pytest.approx(expected, rel=1e-3, abs=1e-8), name


@pytest.mark.parametrize("n_hidden", [0, 5])
def test_gradients_of_the_problems(n_hidden, rng):
    X, y = rng.normal(size=(2, 30, 3)), (rng.random((2, 30)) > 0.5).astype(float)
    for problems in (row_networks(X, y, n_hidden, rng), quadratics(2, 4, rng)):
        theta = problems.start
        _, gradient = problems(theta)
        for place in ((0, 0), (0, theta.shape[1] - 1), (1, 2), (1, theta.shape[1] // 2)):
            ends = []
            for sign in (1.0, -1.0):
                moved = theta.copy()
                moved[place] += sign * 1e-6
                ends.append(problems(moved)[0][place[0]])
            expected = (ends[0] - ends[1]) / 2e-6
            assert gradient[place] == pytest.approx(expected, rel=1e-4, abs=1e-8)


def test_coordinates_are_treated_alike(rng):
    weights, gradient = lo.initial_update_rule(rng), rng.normal(size=6)
    state = rng.normal(size=(6, 80))
    order = rng.permutation(6)
    plain, after = lo.updates(weights, gradient, state)
    turned, turned_after = lo.updates(weights, gradient[order], state[order])
    np.testing.assert_allclose(turned, plain[order], rtol=1e-12)
    np.testing.assert_allclose(turned_after, after[order], rtol=1e-12)


def test_gradients_of_any_size_are_finite():
    found = lo._preprocessed(np.array([0.0, 1e-320, -1e-8, 1.0, -1e30]))
    assert np.isfinite(found).all()
    assert found[3].tolist() == [0.0, 1.0]
    assert found[0].tolist() == [-1.0, 0.0]


def test_it_learns_to_descend():
    def draw(rng):
        return quadratics(8, 4, rng)

    first = lo.initial_update_rule(np.random.default_rng(0))
    weights = train(lo.update_rule_step(draw), first, Schedule(30, rate=1e-2), 0)
    problems = quadratics(50, 4, np.random.default_rng(1))
    before, after = (lo.update_rule_curve(w, problems, 40)[-1].mean() for w in (first, weights))
    start = problems(problems.start)[0].mean()
    assert after < 0.5 * start
    assert after < before
