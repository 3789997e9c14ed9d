"""The LSTM that sets rates: derivatives, the tuned optimizer as start, and that it gets ahead."""

import numpy as np
import pytest

pytest.importorskip("autograd", reason="needs the extra neural")

from metalearn.neural import learned_rates as lr
from metalearn.neural.autodiff import value_and_grad
from metalearn.neural.problems import quadratics, row_networks
from metalearn.neural.training import Schedule, train


def by_hand(problems, rate, n_steps):
    """Return losses of gradient descent with momentum 0.9."""
    theta, momentum, losses = problems.start, 0.0, []
    for _ in range(n_steps + 1):
        value, gradient = problems(theta)
        losses.append(value)
        momentum = 0.9 * momentum + gradient
        theta = theta - rate * momentum
    return np.array(losses)


def test_untrained_it_is_gradient_descent_with_momentum(rng):
    problems = quadratics(3, 4, rng)
    found = lr.rate_rule_curve(lr.initial_rate_rule(rng, 0.01), problems, 30)
    np.testing.assert_allclose(found, by_hand(problems, 0.01, 30), rtol=1e-9)


def test_divergence_is_an_infinite_loss(rng):
    found = lr.rate_rule_curve(lr.initial_rate_rule(rng, 10.0), quadratics(2, 4, rng), 400)
    assert np.isinf(found[-1]).all()
    assert not np.isnan(found).any()


@pytest.mark.parametrize("n_hidden", [None, 0, 3])
def test_gradient_of_unrolled_steps(n_hidden, rng):
    """Inputs are constants of the derivative, so they are taken away here."""
    X, y = rng.normal(size=(2, 20, 3)), (rng.random((2, 20)) > 0.5).astype(float)
    problems = (
        quadratics(2, 3, rng)
        if n_hidden is None
        else row_networks(X, y, n_hidden, rng, penalty=0.1)
    )
    weights = lr.initial_rate_rule(rng, 0.02)
    weights["out"] = rng.normal(size=weights["out"].shape) / 5.0
    weights["cell0"][:6] = 0.0
    arguments = (problems, np.full(2, -0.1), 12)
    _, gradient = value_and_grad(lr.rate_rule_loss)(weights, *arguments)
    for name, array in weights.items():
        for _ in range(3):
            place = tuple(int(rng.integers(n)) for n in array.shape)
            if name == "cell0" and place[0] < 6:
                continue
            ends = []
            for sign in (1.0, -1.0):
                moved = {key: other.copy() for key, other in weights.items()}
                moved[name][place] += sign * 1e-5
                ends.append(lr.rate_rule_loss(moved, *arguments))
            expected = (ends[0] - ends[1]) / 2e-5
            assert gradient[name][place] == pytest.approx(expected, rel=1e-4, abs=1e-7), name


def test_neither_the_unit_of_the_loss_nor_the_order_of_coordinates_matters(rng):
    weights = lr.initial_rate_rule(rng, 0.01)
    weights["out"] = rng.normal(size=weights["out"].shape) / 5.0
    gradient, theta = rng.normal(size=(2, 2, 5))
    order = rng.permutation(5)

    def moved(unit, order):
        descent = lr.DescentState.begin(theta[:, order])
        for _ in range(3):
            descent = descent.step(weights, unit * gradient[:, order])
        return descent.theta - theta[:, order]

    plain = moved(1.0, np.arange(5))
    np.testing.assert_allclose(moved(1e6, np.arange(5)), 1e6 * plain, rtol=1e-7)
    np.testing.assert_allclose(moved(1.0, order), plain[:, order], rtol=1e-7)


@pytest.mark.slow
def test_it_gets_ahead_of_the_rate_that_it_starts_from():
    first = lr.initial_rate_rule(np.random.default_rng(0), 0.03)
    step = lr.rate_rule_step(lambda rng: quadratics(8, 10, rng))
    weights = train(step, first, Schedule(120, rate=1e-2, clip=1.0), 0)
    problems = quadratics(100, 10, np.random.default_rng(1))
    before, after = (lr.rate_rule_curve(w, problems, 100)[-1] for w in (first, weights))
    assert (after < before).mean() > 0.7
