"""Gaussian process algebra against finite differences, scikit-learn and brute force."""

import numpy as np
import pytest
from scipy.optimize import check_grad, minimize
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import ConstantKernel, DotProduct, Matern

from metalearn.numerics.gaussian_process.fit import LogPrior, fit_map, prior_centre
from metalearn.numerics.gaussian_process.regression import (
    Hyper,
    axis_distances,
    condition,
    evidence,
    kernel,
)

GROUPS = np.array([0, 1, 1, 2])
WITH_LINEAR = np.array([0, 1, -1, -1])  # two axes, two linear columns


@pytest.fixture
def data(rng):
    X = rng.random((15, 4))
    return X, np.sin(5 * X[:, 0]) + X[:, 1] * X[:, 3] + 0.1 * rng.normal(size=15)


def test_evidence_has_the_gradient_of_finite_differences(data, rng):
    X, y = data
    distances, prior = axis_distances(X, GROUPS, 3), LogPrior.of(3)
    for _ in range(5):
        theta = prior_centre(3) + rng.normal(size=5)
        error = check_grad(
            lambda t: evidence(t, distances, y)[0], lambda t: evidence(t, distances, y)[1], theta
        )
        assert error < 1e-4 * max(1.0, np.abs(evidence(theta, distances, y)[1]).max())
        assert check_grad(lambda t: prior(t)[0], lambda t: prior(t)[1], theta) < 1e-5


def test_agrees_with_scikit_learn(data):
    X, y = data
    hyper = Hyper(np.array([0.4, 0.7, 1.3]), 1.7, 0.02)
    theirs = GaussianProcessRegressor(
        ConstantKernel(1.7) * Matern(hyper.lengths[GROUPS], nu=2.5), alpha=0.02, optimizer=None
    ).fit(X, y)
    at = np.random.default_rng(3).random((7, 4))
    mean, std = condition(X, y, hyper, GROUPS).mean_std(at)
    expected_mean, expected_std = theirs.predict(at, return_std=True)
    np.testing.assert_allclose(mean, expected_mean, atol=1e-10)
    np.testing.assert_allclose(std, expected_std, atol=1e-10)
    value, _ = evidence(hyper.theta, axis_distances(X, GROUPS, 3), y)
    assert value == pytest.approx(-theirs.log_marginal_likelihood_value_)


def test_left_out_is_what_leaving_out_gives(data):
    X, y = data
    hyper = Hyper(np.array([0.4, 0.7, 1.3]), 1.0, 0.02)
    mean, std = condition(X, y, hyper, GROUPS).left_out()
    for i in range(len(y)):
        rest = np.delete(np.arange(len(y)), i)
        alone = condition(X[rest], y[rest], hyper, GROUPS).mean_std(X[i : i + 1])
        assert mean[i] == pytest.approx(alone[0][0])
        assert std[i] == pytest.approx(np.sqrt(alone[1][0] ** 2 + hyper.noise))


def test_gradients_of_mean_and_deviation(data, rng):
    X, y = data
    posterior = condition(X, y, Hyper(np.array([0.4, 0.7, 1.3]), 1.0, 0.02), GROUPS)
    for which in (0, 1):
        for point in rng.random((5, 4)):
            error = check_grad(
                lambda x, which=which: posterior.mean_std(x[None, :])[which][0],
                lambda x, which=which: posterior.gradients(x)[which],
                point,
            )
            assert error < 1e-5


def test_covariance_of_the_function_has_the_variances_on_its_diagonal(data, rng):
    X, y = data
    posterior = condition(X, y, Hyper(np.ones(3), 1.0, 0.01), GROUPS)
    at = rng.random((6, 4))
    variance = posterior.mean_std(at)[1] ** 2
    np.testing.assert_allclose(np.diag(posterior.covariance(at)), variance, atol=1e-10)


def test_repeated_points_without_noise_do_not_break_it():
    X, hyper = np.zeros((5, 1)), Hyper(np.ones(1), 1.0, 0.0)
    mean, std = condition(X, np.ones(5), hyper, np.array([0])).mean_std(np.zeros((1, 1)))
    assert mean[0] == pytest.approx(1.0, abs=1e-3)
    assert 0.0 <= std[0] < 0.05


def test_without_observations_it_is_the_prior_and_prints_nothing(capfd):
    hyper = Hyper(np.full(2, 0.5), signal=2.0, noise=0.01)
    prior = condition(np.empty((0, 2)), np.empty(0), hyper, np.array([0, 1]))
    mean, std = prior.mean_std(np.full((3, 2), 0.5))
    assert mean.tolist() == [0.0] * 3
    np.testing.assert_allclose(std, np.sqrt(2.0))
    assert capfd.readouterr() == ("", "")


def test_fit_finds_the_length_scales_that_made_the_data(rng):
    X = rng.random((80, 2))
    true = Hyper(np.array([0.2, 30.0]), 1.0, 1e-4)
    y = np.linalg.cholesky(kernel(X, X, true, np.arange(2)) + 1e-6 * np.eye(80)) @ rng.normal(
        size=80
    )
    theta = fit_map([(axis_distances(X, np.arange(2), 2), y)])
    fitted = Hyper.of(theta, 2)
    assert 0.1 < fitted.lengths[0] < 0.4
    assert fitted.lengths[1] > 2.0
    assert fitted.noise < 1e-3


def test_fit_is_at_a_minimum(data):
    X, y = data
    distances = axis_distances(X, GROUPS, 3)
    theta = fit_map([(distances, y)])

    def objective(t):
        return evidence(t, distances, y)[0] + LogPrior.of(3)(t)[0]

    slow = minimize(objective, prior_centre(3), method="Nelder-Mead",
                    options={"maxiter": 4000, "xatol": 1e-6, "fatol": 1e-8})  # fmt: skip
    assert objective(theta) <= slow.fun + 1e-2


def test_linear_columns_agree_with_a_sum_of_kernels(data):
    X, y = data
    hyper = Hyper(np.array([0.4, 0.7]), 1.7, 0.02, 0.6)
    at = np.random.default_rng(3).random((7, 4))

    def both(A, B):
        matern = Matern(hyper.lengths, nu=2.5)(A[:, :2], B[:, :2])
        return 1.7 * matern + 0.6 * DotProduct(0.0)(A[:, 2:], B[:, 2:])

    inverse = np.linalg.inv(both(X, X) + 0.02 * np.eye(len(y)))
    posterior = condition(X, y, hyper, WITH_LINEAR)
    mean, std = posterior.mean_std(at)
    np.testing.assert_allclose(mean, both(at, X) @ inverse @ y, atol=1e-10)
    left = both(at, at) - both(at, X) @ inverse @ both(X, at)
    np.testing.assert_allclose(posterior.covariance(at), left, atol=1e-10)
    np.testing.assert_allclose(std, np.sqrt(np.diag(left)), atol=1e-10)


def test_linear_columns_have_the_gradients_of_finite_differences(data, rng):
    X, y = data
    distances, products = axis_distances(X, WITH_LINEAR, 2), X[:, 2:] @ X[:, 2:].T
    prior = LogPrior.of(2, has_linear=True)
    for _ in range(5):
        theta = prior_centre(2, has_linear=True) + 0.5 * rng.normal(size=5)
        assert np.allclose(Hyper.of(theta, 2).theta, theta)
        error = check_grad(
            lambda t: evidence(t, distances, y, products)[0],
            lambda t: evidence(t, distances, y, products)[1],
            theta,
        )
        assert error < 1e-4 * max(1.0, np.abs(evidence(theta, distances, y, products)[1]).max())
        assert check_grad(lambda t: prior(t)[0], lambda t: prior(t)[1], theta) < 1e-5
    posterior = condition(X, y, Hyper(np.array([0.4, 0.7]), 1.0, 0.02, 0.6), WITH_LINEAR)
    for which in (0, 1):
        error = check_grad(
            lambda x, which=which: posterior.mean_std(x[None, :])[which][0],
            lambda x, which=which: posterior.gradients(x)[which],
            rng.random(4),
        )
        assert error < 1e-5


@pytest.mark.parametrize("is_linear", [True, False])
def test_fit_finds_out_whether_losses_are_linear_in_the_columns(rng, is_linear):
    X = rng.random((40, 3))
    y = 2.0 * (X[:, 2] - 0.5) if is_linear else np.sin(9.0 * X[:, 0])
    columns = X[:, 2:] - 0.5
    distances = axis_distances(X[:, :2], np.arange(2), 2)
    theta = fit_map([(distances, y)], products=[columns @ columns.T])
    linear = Hyper.of(theta, 2).linear * float((columns**2).mean())
    assert (linear > 0.1) == is_linear


def test_a_last_optimum_of_another_kind_is_not_looked_at(data):
    X, y = data
    distances, products = axis_distances(X, WITH_LINEAR, 2), X[:, 2:] @ X[:, 2:].T
    with_linear = fit_map([(distances, y)], products=[products])
    np.testing.assert_array_equal(
        fit_map([(distances, y)], with_linear), fit_map([(distances, y)])
    )
