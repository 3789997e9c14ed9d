from __future__ import annotations

import numpy as np
import pytest
from scipy import integrate, stats

from metalearn.numerics.search.log_improvement import log_expected_improvement


@pytest.mark.parametrize("u", [-30.0, -5.0, -1.001, -0.999, -0.1, 0.0, 0.7, 6.0])
def test_equals_the_integral(u: float) -> None:
    mean, sd, best = -2.0 * u, 2.0, 0.0
    # E[max(best - L, 0)] = sd * phi(u) * int_0^inf t exp(-t^2/2 + u t) dt, with u <= 0 or small
    value, _ = integrate.quad(lambda t: t * np.exp(-0.5 * t * t + u * t), 0, np.inf)
    expected = np.log(sd) + stats.norm.logpdf(u) + np.log(value)
    found = log_expected_improvement(np.array([mean]), np.array([sd]), best)
    assert found[0] == pytest.approx(expected, rel=1e-7)


def test_ordered_and_finite_far_out() -> None:
    means = np.concatenate([np.linspace(-5, 50, 300), 10.0 ** np.arange(2, 9)])
    values = log_expected_improvement(means, np.ones_like(means), 0.0)
    assert np.isfinite(values).all()
    assert np.all(np.diff(values[:-2]) < 0)
    assert np.isfinite(log_expected_improvement(np.array([1.0]), np.zeros(1), 0.0)).all()


def test_margin_shifts_the_incumbent() -> None:
    mean, std = np.array([0.3]), np.array([0.2])
    shifted = log_expected_improvement(mean, std, 0.5, xi=0.1)
    np.testing.assert_allclose(shifted, log_expected_improvement(mean, std, 0.4))


@pytest.mark.parametrize("unit", [2.0**-60, 2.0**-30, 2.0**30])
def test_the_unit_of_the_losses_shifts_all_values_alike(rng, unit):
    mean, std = rng.normal(size=50), np.append(10.0 ** rng.uniform(-9, 1, 49), 0.0)
    scaled = log_expected_improvement(unit * mean, unit * std, unit * 0.1)
    plain = log_expected_improvement(mean, std, 0.1)
    np.testing.assert_allclose(scaled, plain + np.log(unit), rtol=1e-12, atol=1e-9)


def test_without_deviation_the_improvement_is_the_gain():
    values = log_expected_improvement(np.array([1e-9, 2e-9, 3e-9]), np.zeros(3), 2e-9)
    assert values[0] == pytest.approx(np.log(1e-9))
    assert values[0] > values[1] > values[2] > -np.inf
