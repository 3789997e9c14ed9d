import numpy as np
import pytest
from scipy.stats import multivariate_t, norm
from sklearn.gaussian_process.kernels import Matern

from metalearn.numerics.gaussian_process.matern import matern52
from metalearn.numerics.matrix.row_mixture import RowMixture, SourceRows, expected_row_improvement


@pytest.fixture
def mixture(rng):
    rows = rng.random((6, 9))
    ranges = np.ptp(rows, axis=1)
    patterns = rows / ranges[:, None]
    patterns -= patterns.mean(axis=0)
    return RowMixture(SourceRows.of(rows, patterns, ranges, rng.random((9, 3))))


def _full(mixture):
    seen = mixture.known.seen(np.full(6, 1 / 6), np.arange(9), np.zeros(9))
    return mixture.covariance(seen)


def _given(mixture, weights, observed, losses):
    return mixture.given(mixture.known.seen(weights, observed, losses))


def test_matern_equals_scikit_learn(rng):
    first, second = rng.random((4, 3)), rng.random((5, 3))
    expected = Matern(length_scale=0.7, nu=2.5)(first, second)
    np.testing.assert_allclose(matern52(first, second, 0.7), expected, rtol=1e-10)


def test_covariance_is_a_covariance_and_its_diagonal_is_the_variance(mixture):
    full = _full(mixture)
    np.testing.assert_allclose(full, full.T, atol=1e-12)
    assert np.linalg.eigvalsh(full).min() > 0
    np.testing.assert_allclose(np.diag(full), mixture.variance())


def test_components_equal_the_conditional_gaussian(mixture):
    observed, losses = np.array([2, 7, 4]), np.array([0.1, 0.6, 0.3])
    weights = np.full(6, 1 / 6)
    posterior = _given(mixture, weights, observed, losses)
    full, rest = _full(mixture), np.setdiff1d(np.arange(9), observed)
    shrink = np.sqrt(1 - mixture.bandwidth**2)
    centre = mixture.known.rows.mean(axis=0)
    slope = full[np.ix_(rest, observed)] @ np.linalg.inv(full[np.ix_(observed, observed)])
    for place, task in enumerate(posterior.kept):
        mean = centre + shrink * (mixture.known.rows[task] - centre)
        expected = mean[rest] + slope @ (losses - mean[observed])
        np.testing.assert_allclose(posterior.means[place, rest], expected, atol=1e-8)
        np.testing.assert_allclose(posterior.means[place, observed], losses, atol=1e-8)
    left = np.diag(full)[rest] - np.einsum("ij,ij->i", slope, full[np.ix_(rest, observed)])
    np.testing.assert_allclose(posterior.spread[rest] ** 2, left, atol=1e-8)


def test_weights_follow_the_multivariate_t(mixture):
    observed, losses = np.array([0, 3]), np.array([0.2, 0.5])
    weights = np.arange(1, 7) / 21
    posterior = _given(mixture, weights, observed, losses)
    centre = weights @ mixture.known.rows
    shrink = np.sqrt(1 - mixture.bandwidth**2)
    shape = _full(mixture)[np.ix_(observed, observed)]
    logs = [
        multivariate_t.logpdf(
            losses, (centre + shrink * (row - centre))[observed], shape * scale**2, df=5
        )
        for row, scale in zip(mixture.known.rows, mixture.known.ranges, strict=True)
    ]
    expected = weights * np.exp(mixture.trust * np.array(logs))
    expected /= expected.sum()
    # The t's scale enters as d^2 / nu in both; only normalizing constants differ.
    np.testing.assert_allclose(posterior.weights, expected, rtol=0.35)
    assert np.argsort(posterior.weights)[-1] == np.argsort(expected)[-1]


def test_a_known_row_is_recognized(mixture):
    observed = np.array([1, 5, 8, 2])
    posterior = _given(mixture, np.full(6, 1 / 6), observed, mixture.known.rows[3, observed])
    assert posterior.weights.argmax() == 3


def test_expected_improvement_equals_sampling(mixture, rng):
    observed, losses = np.array([2, 7]), np.array([0.3, 0.6])
    posterior = _given(mixture, np.full(6, 1 / 6), observed, losses)
    exact = expected_row_improvement(posterior, 0.3)
    shares = posterior.weights[posterior.kept] / posterior.weights[posterior.kept].sum()
    component = rng.choice(len(shares), 200_000, p=shares)
    spread = posterior.scales[component] * posterior.spread[5]
    drawn = posterior.means[component, 5] + spread * norm.rvs(size=200_000, random_state=rng)
    sampled = (np.maximum(0.3 - drawn, 0) / posterior.ranges[component]).mean()
    assert exact[5] == pytest.approx(sampled, rel=0.05)
    assert (exact >= 0).all()


def test_a_sample_of_many_components_has_the_same_improvement(mixture, rng, monkeypatch):
    rows = rng.random((400, 9))
    patterns = rows - rows.mean(axis=0)
    many = RowMixture(SourceRows.of(rows, patterns, np.ptp(rows, axis=1), rng.random((9, 3))))
    given = rng.dirichlet(np.ones(400)), np.array([2, 7]), np.array([0.4, 0.6])
    every = _given(many, *given)
    monkeypatch.setattr("metalearn.numerics.matrix.row_mixture._MOST_CELLS", 9 * 100)
    some = _given(many, *given)
    assert len(every.kept) > 200
    assert len(some.kept) <= 100
    assert some.shares.sum() == pytest.approx(1.0)
    np.testing.assert_array_equal(some.weights, every.weights)
    before, after = expected_row_improvement(every, 0.4), expected_row_improvement(some, 0.4)
    assert np.corrcoef(before, after)[0, 1] > 0.98
    np.testing.assert_allclose(after.mean(), before.mean(), rtol=0.1)
