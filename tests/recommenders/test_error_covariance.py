"""The factored covariance equals the full one, without its memory."""

import tracemalloc

import numpy as np
import pytest

from metalearn.recommenders.error_covariance import ErrorCovariance


@pytest.mark.parametrize("independent", [0.0, 0.3])
def test_it_equals_the_full_matrix(rng: np.random.Generator, independent: float) -> None:
    errors = rng.normal(size=(7, 12))
    full = errors.T @ errors / 7 + independent * np.eye(12)
    covariance = ErrorCovariance(errors, independent)
    np.testing.assert_allclose(covariance.diagonal(), np.diag(full), rtol=1e-13)
    chosen = np.array([3, 0, 11])
    np.testing.assert_allclose(covariance.columns(chosen), full[:, chosen], rtol=1e-12, atol=1e-14)


def test_without_errors_only_the_own_variance_is_left() -> None:
    covariance = ErrorCovariance(np.empty((0, 3)), 2.0)
    assert covariance.diagonal().tolist() == [2.0, 2.0, 2.0]
    assert covariance.columns(np.array([1])).ravel().tolist() == [0.0, 2.0, 0.0]


def test_twenty_thousand_configurations_need_no_square_matrix(rng: np.random.Generator) -> None:
    covariance = ErrorCovariance(rng.normal(size=(5, 20_000)))
    tracemalloc.start()
    covariance.diagonal()
    covariance.columns(np.arange(3))
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert most < 5e6
