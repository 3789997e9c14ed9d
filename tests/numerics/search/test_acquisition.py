"""Acquisitions against quadrature and finite differences."""

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.optimize import check_grad
from scipy.stats import norm

from metalearn.numerics.search.acquisition import (
    confidence_bound,
    expected_improvement,
    log_improvement_slope,
    with_prior,
)
from metalearn.numerics.search.log_improvement import log_expected_improvement


@pytest.mark.parametrize(("mean", "std", "best"), [(0.3, 0.5, 0.1), (2.0, 0.4, 1.0), (-1, 1, 0)])
def test_expected_improvement_is_the_integral(mean, std, best):
    integral, _ = quad(lambda y: (best - y) * norm.pdf(y, mean, std), mean - 12 * std, best)
    found = expected_improvement(np.array([mean]), np.array([std]), best)[0]
    assert found == pytest.approx(integral, rel=1e-6)


def test_slope_of_log_improvement():
    for mean, std, best in [(0.3, 0.5, 0.1), (2.0, 0.4, 1.0), (5.0, 0.5, 0.0), (-1.0, 1.0, 0.0)]:
        error = check_grad(
            lambda p, best=best: log_expected_improvement(p[:1], p[1:], best)[0],
            lambda p, best=best: np.concatenate(log_improvement_slope(p[:1], p[1:], best)),
            np.array([mean, std]),
        )
        assert error < 1e-4


def test_bound_prefers_what_may_be_low():
    value = confidence_bound(np.array([1.0, 1.0, 0.0]), np.array([0.1, 0.5, 0.1]))
    assert list(np.argsort(-value)) == [1, 2, 0] or value[1] > value[0]
    assert value[2] > value[0]


def test_a_prior_fades():
    density = np.array([2.0, -2.0])
    early = with_prior(np.zeros(2), density, 1, 3.0)
    late = with_prior(np.zeros(2), density, 100, 3.0)
    assert early[0] - early[1] == pytest.approx(100 * (late[0] - late[1]))
    np.testing.assert_array_equal(with_prior(density, np.zeros(2), 5, 3.0), density)
