from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from metalearn.numerics.matrix.ppca import RowGaussian, fit_ppca


def planted(
    rng: np.random.Generator, n_rows: int, n_columns: int, rank: int, noise: float
) -> tuple[np.ndarray, RowGaussian]:
    mean = rng.normal(size=n_columns)
    loadings = rng.normal(size=(n_columns, rank))
    rows = mean + rng.normal(size=(n_rows, rank)) @ loadings.T
    rows += noise * rng.normal(size=rows.shape)
    return rows, RowGaussian(mean, loadings, noise**2)


def dense(model: RowGaussian) -> np.ndarray:
    n = len(model.mean)
    return np.asarray(model.loadings @ model.loadings.T + model.noise_variance * np.eye(n))


def test_shrinkage_equals_scikit_learn(rng: np.random.Generator) -> None:
    from sklearn.covariance import ledoit_wolf

    for shape in ((30, 12), (12, 30)):
        rows = rng.normal(size=shape) @ np.diag(rng.uniform(0.1, 3, shape[1]))
        expected, _ = ledoit_wolf(rows)
        np.testing.assert_allclose(dense(fit_ppca(rows)), expected, atol=1e-12)


def test_closed_form_equals_scikit_learn(rng: np.random.Generator) -> None:
    from sklearn.decomposition import PCA

    rows, _ = planted(rng, 60, 8, 3, 0.3)
    expected = PCA(3).fit(rows).get_covariance() * 59 / 60  # theirs divides by n - 1
    np.testing.assert_allclose(dense(fit_ppca(rows, 3)), expected, atol=1e-10)


def test_conditioning_equals_the_textbook_formula(rng: np.random.Generator) -> None:
    _, model = planted(rng, 5, 9, 4, 0.4)
    observed, values = np.array([7, 2, 3]), rng.normal(size=3)
    covariance = dense(model)
    gain = covariance[:, observed] @ np.linalg.inv(covariance[np.ix_(observed, observed)])
    expected_mean = model.mean + gain @ (values - model.mean[observed])
    expected = np.diag(covariance - gain @ covariance[observed])
    mean, variance = model.condition(observed, values)
    others = np.setdiff1d(np.arange(9), observed)
    np.testing.assert_allclose(mean[others], expected_mean[others], atol=1e-12)
    np.testing.assert_allclose(variance[others], expected[others], atol=1e-12)
    np.testing.assert_array_equal(mean[observed], values)
    np.testing.assert_array_equal(variance[observed], 0.0)
    prior_mean, prior_variance = model.condition(observed[:0], values[:0])
    np.testing.assert_array_equal(prior_mean, model.mean)
    np.testing.assert_allclose(prior_variance, np.diag(covariance))


def test_likelihood_of_rows_with_holes_equals_scipy(rng: np.random.Generator) -> None:
    rows, model = planted(rng, 6, 7, 2, 0.5)
    rows[rng.random(rows.shape) < 0.4] = np.nan
    covariance = dense(model)
    for row, found in zip(rows, model.log_likelihood(rows), strict=True):
        known = np.isfinite(row)
        part = covariance[np.ix_(known, known)]
        expected = stats.multivariate_normal(model.mean[known], part).logpdf(row[known])
        assert found == pytest.approx(expected)


def test_em_finds_the_planted_gaussian_with_half_the_cells_missing(
    rng: np.random.Generator,
) -> None:
    rows, truth = planted(rng, 800, 20, 3, 0.3)
    holes = np.where(rng.random(rows.shape) < 0.5, np.nan, rows)
    model = fit_ppca(holes, 3, n_sweeps=60)
    scale = np.abs(dense(truth)).max()
    assert np.abs(dense(model) - dense(truth)).max() < 0.2 * scale
    assert model.noise_variance == pytest.approx(0.09, rel=0.15)
    missing = np.isnan(holes)
    error = np.sqrt(np.mean((model.fill(holes) - rows)[missing] ** 2))
    by_truth = np.sqrt(np.mean((truth.fill(holes) - rows)[missing] ** 2))
    by_mean = np.sqrt(np.mean((np.nanmean(holes, axis=0) - rows)[missing] ** 2))
    assert error < 1.1 * by_truth < 0.5 * by_mean
    np.testing.assert_array_equal(model.fill(holes)[~missing], rows[~missing])


def test_em_raises_the_likelihood_and_agrees_with_the_closed_form(
    rng: np.random.Generator,
) -> None:
    rows, _ = planted(rng, 300, 10, 2, 0.5)
    exact = fit_ppca(rows, 2)
    rows[0, 0] = np.nan  # one hole: EM
    likelihood = [fit_ppca(rows, 2, n).log_likelihood(rows).sum() for n in (0, 1, 3, 60)]
    assert np.all(np.diff(likelihood) > 0)
    after = fit_ppca(rows, 2, 60)
    assert np.abs(dense(after) - dense(exact)).max() < 0.05 * np.abs(dense(exact)).max()


@pytest.mark.parametrize("shape", [(1, 4), (4, 1), (1, 1), (2, 3)])
def test_tiny_matrices(shape: tuple[int, int]) -> None:
    full = np.arange(float(shape[0] * shape[1])).reshape(shape)
    holes = full.copy()
    holes[0, 0] = np.nan
    for matrix in (full, holes):
        for rank in (None, 2):
            model = fit_ppca(matrix, rank)
            mean, variance = model.condition(np.array([0]), np.array([1.0]))
            assert np.isfinite(mean).all()
            assert np.isfinite(variance).all()
            assert np.isfinite(model.fill(matrix)).all()
