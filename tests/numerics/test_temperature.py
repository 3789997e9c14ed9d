from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import minimize_scalar
from sklearn.metrics import log_loss

from metalearn.numerics.temperature import fitted_temperature, normalized, with_temperature


def overconfident(rng, n=2000, factor=3.0):
    """Probabilities whose logits are `factor` times too large, and classes of the true ones."""
    logits = rng.normal(size=(n, 3))
    true = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    codes = np.array([rng.choice(3, p=p) for p in true])
    loud = np.exp(factor * logits)
    return loud / loud.sum(axis=1, keepdims=True), codes


def test_finds_the_factor_of_overconfidence(rng):
    loud, codes = overconfident(rng)
    # The truth is the third root: T = 3 up to sampling noise of 2,000 rows.
    assert fitted_temperature(loud, codes) == pytest.approx(3.0, rel=0.1)


def test_equals_a_generic_optimizer(rng):
    loud, codes = overconfident(rng, 300)

    def loss(t):  # 300 rows, and one whose class is unknown
        p = with_temperature(loud, t)
        return (300 * log_loss(codes, p) - np.log(p).mean()) / 301

    oracle = minimize_scalar(loss, bounds=(0.2, 5.0), method="bounded")
    assert fitted_temperature(loud, codes) == pytest.approx(oracle.x, rel=1e-3)


def test_temperature_one_changes_nothing(rng):
    p = rng.dirichlet(np.ones(4), size=20)
    assert with_temperature(p, 1.0) == pytest.approx(p)


def test_zero_rows_become_uniform_and_zeros_stay_tiny():
    assert normalized(np.zeros((1, 2))).tolist() == [[0.5, 0.5]]
    sharp = with_temperature(np.array([[1.0, 0.0]]), 0.2)
    assert np.isfinite(sharp).all()
    assert sharp.sum() == pytest.approx(1.0)


def test_rows_that_are_all_right_are_not_sharpened_without_limit():
    p = np.tile([0.9, 0.1], (20, 1))
    # The optimum of 20 right rows and one of unknown class is at p = 20.5 / 21.
    found = with_temperature(p, fitted_temperature(p, np.zeros(20, int)))
    assert found[0, 0] == pytest.approx(20.5 / 21.0, abs=1e-3)
