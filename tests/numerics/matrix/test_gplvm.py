from __future__ import annotations

import numpy as np
from scipy import stats
from scipy.optimize import check_grad

from metalearn.core.arrays import Floats
from metalearn.numerics.matrix.gplvm import LatentProcess, fit_latent_process, likelihood


def dense(model: LatentProcess) -> Floats:
    offset, signal, noise = np.exp(model.log_variances)
    gaps = ((model.positions[:, None] - model.positions[None]) ** 2).sum(axis=2)
    return np.asarray(offset + signal * np.exp(-gaps / 2) + noise * np.eye(len(gaps)))


def drawn(rng: np.random.Generator, n_tasks: int, n_columns: int) -> tuple[Floats, LatentProcess]:
    truth = LatentProcess(
        rng.normal(size=n_columns), rng.normal(size=(n_columns, 2)), np.log([0.5, 1.0, 0.01])
    )
    return rng.multivariate_normal(truth.mean, dense(truth), n_tasks), truth


def test_likelihood_equals_scipy_and_its_gradient_finite_differences(
    rng: np.random.Generator,
) -> None:
    rows, truth = drawn(rng, 5, 8)
    residuals = rows - truth.mean
    batches = [(np.arange(8), residuals[:3]), (np.array([1, 4, 6]), residuals[3:, [1, 4, 6]])]
    covariance = dense(truth)
    part = covariance[np.ix_([1, 4, 6], [1, 4, 6])]
    expected = stats.multivariate_normal(np.zeros(8), covariance).logpdf(residuals[:3]).sum()
    expected += stats.multivariate_normal(np.zeros(3), part).logpdf(batches[1][1]).sum()
    value, _, _ = likelihood(truth.positions, truth.log_variances, batches)
    np.testing.assert_allclose(value, -expected, rtol=1e-6)

    def unpacked(z: Floats) -> tuple[float, Floats, Floats]:
        return likelihood(z[:16].reshape(8, 2), z[16:], batches)

    for _ in range(3):
        z = np.concatenate([rng.normal(size=16), rng.normal(-1, 0.5, 3)])
        error = check_grad(
            lambda z: unpacked(z)[0],
            lambda z: np.concatenate([unpacked(z)[1].ravel(), unpacked(z)[2]]),
            z,
        )
        assert error < 1e-4 * np.linalg.norm(unpacked(z)[1])


def test_training_raises_the_likelihood_of_rows_never_seen(rng: np.random.Generator) -> None:
    rows, _ = drawn(rng, 160, 30)
    holes = np.where(rng.random((120, 30)) < 0.4, np.nan, rows[:120])
    for matrix, n_steps in ((rows[:120], 100), (holes, 200)):
        found = []
        for n in (0, n_steps):
            model = fit_latent_process(matrix, 2, np.random.default_rng(0), n)
            batch = [(np.arange(30), rows[120:] - model.mean)]
            found.append(likelihood(model.positions, model.log_variances, batch)[0])
        assert found[1] < found[0] - 40.0  # one nat per row


def test_conditioning_equals_the_textbook_formula(rng: np.random.Generator) -> None:
    rows, model = drawn(rng, 1, 9)
    seen = np.array([5, 0, 2])
    covariance = dense(model)
    gain = covariance[:, seen] @ np.linalg.inv(covariance[np.ix_(seen, seen)])
    mean, variance = model.condition(seen, rows[0, seen])
    others = np.setdiff1d(np.arange(9), seen)
    expected = model.mean + gain @ (rows[0, seen] - model.mean[seen])
    np.testing.assert_allclose(mean[others], expected[others], atol=1e-5)
    spread = np.diag(covariance - gain @ covariance[seen])
    np.testing.assert_allclose(variance[others], spread[others], atol=1e-5)
