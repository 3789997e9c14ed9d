"""Evidence of a deep kernel: gradients, padding, agreement with the exact process, outer steps."""

import numpy as np
import pytest

pytest.importorskip("autograd", reason="needs the extra neural")

from metalearn.neural import autodiff, deep_kernel, linear_features
from metalearn.neural.training import Schedule, train
from metalearn.numerics.gaussian_process.regression import Hyper, axis_distances, evidence

N_COLUMNS = 3


def task(rng, n):
    points = rng.random((n, N_COLUMNS))
    return points, np.sin(3.0 * points[:, 0]) + points[:, 1] + 0.1 * rng.normal(size=n)


@pytest.fixture
def batch(rng):
    return deep_kernel.padded([task(rng, 7), task(rng, 4)], 8)


def shaken(weights, rng):
    return {
        name: np.asarray(value + 0.1 * rng.normal(size=value.shape))
        for name, value in weights.items()
    }


def central(loss, weights, name, place, step=1e-5):
    ends = []
    for sign in (1.0, -1.0):
        moved = {key: value.copy() for key, value in weights.items()}
        moved[name][place] += sign * step
        ends.append(float(loss(moved)))
    return (ends[0] - ends[1]) / (2.0 * step)


def check_gradient(loss, weights, rng):
    _, gradient = autodiff.value_and_grad(loss)(weights)
    for name, value in weights.items():
        for _ in range(4):
            place = tuple(int(rng.integers(n)) for n in value.shape)
            expected = central(loss, weights, name, place)
            assert gradient[name][place] == pytest.approx(expected, rel=1e-4, abs=1e-7), name


@pytest.mark.parametrize("mean", [False, True])
def test_gradient_of_the_evidence(mean, batch, rng):
    weights = shaken(deep_kernel.initial_kernel(N_COLUMNS, rng, mean=mean), rng)
    check_gradient(lambda w: deep_kernel.evidence_loss(w, batch), weights, rng)


def test_gradient_of_the_regression(batch, rng):
    weights = shaken(linear_features.initial_features(N_COLUMNS, 2, rng), rng)
    check_gradient(lambda w: linear_features.regression_loss(w, batch), weights, rng)


def test_the_evidence_is_that_of_the_process_on_the_features(rng):
    points, y = task(rng, 9)
    weights = shaken(deep_kernel.initial_kernel(N_COLUMNS, rng, mean=False), rng)
    phi = np.asarray(deep_kernel.features(weights, points))
    distances = axis_distances(phi, np.zeros(phi.shape[1], dtype=np.int64), 1)
    signal, noise = np.exp(weights["log_signal"]), np.exp(weights["log_noise"]) + 1e-6
    expected, _ = evidence(Hyper(np.ones(1), signal, noise).theta, distances, y)
    found = deep_kernel.evidence_loss(weights, deep_kernel.padded([(points, y)], 9))
    assert float(found) * 9 == pytest.approx(expected, rel=1e-9)


def test_regression_is_the_dual_of_weights_with_a_normal_prior(rng):
    from metalearn.numerics.gaussian_process.linear import negative_evidence

    points, y = task(rng, 12)
    weights = shaken(linear_features.initial_features(N_COLUMNS, 1, rng), rng)
    phi = np.asarray(linear_features.linear_features(weights, points))
    unit = np.exp(-0.5 * weights["log_alpha"][0])
    noise = float(np.exp(weights["log_noise"][0])) + 1e-6
    found = linear_features.regression_loss(weights, deep_kernel.padded([(points, y)], 12))
    assert float(found) * 12 == pytest.approx(negative_evidence(unit * phi, y, noise), rel=1e-9)


@pytest.mark.parametrize("mean", [False, True])
def test_padding_and_order_change_nothing(mean, rng):
    points, y = task(rng, 6)
    weights = shaken(deep_kernel.initial_kernel(N_COLUMNS, rng, mean=mean), rng)
    order = rng.permutation(6)
    values = [
        float(deep_kernel.evidence_loss(weights, deep_kernel.padded([one], length)))
        for one, length in (((points, y), 6), ((points, y), 20), ((points[order], y[order]), 6))
    ]
    assert values == pytest.approx([values[0]] * 3, rel=1e-10)


@pytest.mark.parametrize("outer", ["joint", "reptile", "maml"])
def test_meta_training_raises_the_evidence_of_a_new_task(outer, rng):
    tasks = [task(np.random.default_rng(i), 30) for i in range(8)]
    held_out = deep_kernel.padded([task(rng, 30)], 30)
    start = deep_kernel.initial_kernel(N_COLUMNS, np.random.default_rng(0), mean=False)
    step = deep_kernel.outer_step(tasks, outer, own_scale=True)
    trained = train(step, start, Schedule(50 if outer == "reptile" else 150, rate=2e-2), 0)
    before, after = (float(deep_kernel.evidence_loss(w, held_out)) for w in (start, trained))
    assert after < before - 0.05


def test_fine_tuning_never_lowers_the_evidence(rng):
    points, y = task(rng, 15)
    start = deep_kernel.initial_kernel(N_COLUMNS, rng, mean=False)
    tuned = deep_kernel.fine_tuned(start, points, y)
    batch = deep_kernel.padded([(points, y)], 15)
    found = [float(deep_kernel.evidence_loss(w, batch)) for w in (start, tuned)]
    assert found[1] < found[0]
