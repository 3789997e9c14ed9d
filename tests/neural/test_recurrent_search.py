"""The recurrent search: derivatives, what it starts from, and that it learns to search."""

import numpy as np
import pytest

pytest.importorskip("autograd", reason="needs the extra neural")

from metalearn.neural import recurrent_search as rs
from metalearn.neural.autodiff import value_and_grad
from metalearn.neural.training import Schedule, train
from metalearn.numerics.gaussian_process.regression import Hyper, kernel


def functions(rng, n_tasks=3):
    hyper = Hyper(np.array([0.4, 0.7]), 1.3, 1e-3)
    groups = np.array([0, 1, 1])
    return rs.Functions(
        rng.random((12, 3)), hyper, groups, rng.normal(size=(12, n_tasks)), np.arange(n_tasks) / 2
    )


def test_values_and_slopes_of_the_functions(rng):
    f, at, mix = functions(rng), rng.random((5, 3)), rng.dirichlet(np.ones(3), 5)
    values, slopes = f(at, mix)
    every = kernel(at, f.inducing, f.hyper, f.groups) @ f.alphas + f.offsets
    np.testing.assert_allclose(values, (every * mix).sum(axis=1), rtol=1e-10)
    for column in range(3):
        step = np.zeros(3)
        step[column] = 1e-6
        expected = (f(at + step, mix)[0] - f(at - step, mix)[0]) / 2e-6
        np.testing.assert_allclose(slopes[:, column], expected, rtol=1e-5, atol=1e-8)


def test_gradient_of_a_whole_search(rng):
    f, mix = functions(rng), np.eye(3)
    weights = rs.initial_search(rng.random((6, 3)), 3, rng)
    weights["out"] = rng.normal(size=weights["out"].shape)
    _, gradient = value_and_grad(rs.search_loss)(weights, f, mix, lambda free: free)
    for name, array in weights.items():
        for _ in range(4):
            place = tuple(int(rng.integers(n)) for n in array.shape)
            ends = []
            for sign in (1.0, -1.0):
                moved = {key: other.copy() for key, other in weights.items()}
                moved[name][place] += sign * 1e-6
                ends.append(float(rs.search_loss(moved, f, mix, lambda free: free)))
            expected = (ends[0] - ends[1]) / 2e-6
            assert gradient[name][place] == pytest.approx(expected, rel=1e-3, abs=1e-7), name


def test_it_starts_as_its_design_whatever_the_losses_are(rng):
    design = rng.uniform(0.1, 0.9, (5, 2))
    weights, seen = rs.initial_search(design, 2, rng), rs.Seen.nothing(1)
    for point in design:
        np.testing.assert_allclose(rs.next_point(weights, seen)[0], point, rtol=1e-10)
        seen = seen.read(weights, rng.random((1, 2)), rng.normal(size=1))


def test_the_unit_of_the_loss_changes_nothing(rng):
    weights = rs.initial_search(rng.random((5, 2)), 2, rng)
    weights["out"] = rng.normal(size=weights["out"].shape)
    X, y, found = rng.random((4, 1, 2)), rng.normal(size=(4, 1)), []
    for scale, level in ((1.0, 0.0), (1e5, -7.0)):
        seen = rs.Seen.nothing(1)
        for point, loss in zip(X, y, strict=True):
            seen = seen.read(weights, point, scale * loss + level)
        found.append(rs.next_point(weights, seen))
    np.testing.assert_allclose(found[0], found[1], rtol=1e-9)


def test_it_learns_to_go_where_two_losses_point():
    """Seven tasks, each a valley; three evaluations, of which two must say where the valley is."""
    at = np.linspace(0.05, 0.95, 7)
    hyper = Hyper(np.array([0.6]), 1.0, 1e-3)
    f = rs.Functions(at[:, None], hyper, np.zeros(1, np.int64), -np.eye(7), np.ones(7))
    design = np.array([[0.35], [0.65], [0.5]])
    first = rs.initial_search(design, 1, np.random.default_rng(0))
    weights = train(rs.search_step(f, lambda free: free), first, Schedule(150, rate=3e-2), 0)
    seen = rs.Seen.nothing(7)
    for _ in range(2):
        columns = rs.next_point(weights, seen)
        seen = seen.read(weights, columns, f(columns, np.eye(7))[0])
    assert np.corrcoef(rs.next_point(weights, seen)[:, 0], at)[0, 1] > 0.7
    losses = [float(rs.search_loss(w, f, np.eye(7), lambda x: x)) for w in (first, weights)]
    assert losses[1] < losses[0]
