"""CMA-ES: constants and formulas by hand, and the whole update beside the package cmaes."""

import numpy as np
import pytest

from metalearn.numerics.search.cma import (
    SearchDistribution,
    constants,
    promising_distribution,
    update,
)


def test_golden_constants() -> None:
    """n = 2, population 6: ln 3.5 - ln i over its sum 1.966530, and table 1 of the tutorial."""
    k = constants(2, 6)
    np.testing.assert_allclose(k.weights, [0.637043, 0.284570, 0.078387], atol=1e-6)
    assert k.mu_eff == pytest.approx(2.028611, abs=1e-5)
    assert k.c_sigma == pytest.approx(4.028611 / 9.028611, abs=1e-5)
    assert k.d_sigma == pytest.approx(1 + k.c_sigma)
    assert k.c_c == pytest.approx((4 + 1.014306) / (6 + 2.028611), abs=1e-5)
    assert k.c_1 == pytest.approx(2 / (3.3**2 + 2.028611), abs=1e-6)
    assert k.c_mu == pytest.approx(2 * (0.028611 + 1 / 2.028611) / 18.028611, abs=1e-6)
    assert k.chi == pytest.approx(np.sqrt(2) * (1 - 1 / 8 + 1 / 84))


def test_golden_promising_distribution() -> None:
    """Points .2 and .4 on one axis: mean .3, variance .01 + alpha^2."""
    found = promising_distribution(np.array([[0.2], [0.4]]), np.array([0.5, 0.5]))
    assert found.mean == pytest.approx([0.3])
    assert found.sigma == pytest.approx(np.sqrt(0.02))
    np.testing.assert_allclose(found.C, [[1.0]])


def test_weights_of_sources_count(rng: np.random.Generator) -> None:
    points = rng.random((6, 3))
    twice = promising_distribution(np.vstack([points, points[:2]]), np.full(8, 1 / 8))
    weighted = promising_distribution(points, np.array([2, 2, 1, 1, 1, 1]) / 8)
    np.testing.assert_allclose(weighted.mean, twice.mean)
    np.testing.assert_allclose(weighted.C, twice.C)
    assert np.linalg.det(weighted.C) == pytest.approx(1.0)


def test_sphere_converges(rng: np.random.Generator) -> None:
    now, k = SearchDistribution.start(np.full(5, 0.8), 0.3), constants(5, 8)
    for _ in range(250):
        X = now.draw(8, rng)
        now = update(now, X[np.argsort(((X - 0.3) ** 2).sum(axis=1))[:4]], k)
    np.testing.assert_allclose(now.mean, 0.3, atol=1e-8)


@pytest.mark.slow
def test_update_is_that_of_cmaes(rng: np.random.Generator) -> None:
    cmaes = pytest.importorskip("cmaes")
    theirs = cmaes.CMA(mean=np.full(4, 0.4), sigma=0.2, population_size=8, seed=1)
    theirs._weights = np.maximum(theirs._weights, 0.0)  # ours has no negative weights
    now, k = SearchDistribution.start(np.full(4, 0.4), 0.2), constants(4, 8)
    target = rng.random(4)
    for _ in range(30):
        X = np.array([theirs.ask() for _ in range(8)])
        losses = ((X - target) ** 2 @ np.arange(1.0, 5.0)).tolist()
        now = update(now, X[np.argsort(losses)[:4]], k)
        theirs.tell(list(zip(X, losses, strict=True)))
        np.testing.assert_allclose(now.mean, theirs._mean, rtol=1e-6)
        np.testing.assert_allclose(now.sigma, theirs._sigma, rtol=1e-6)
        np.testing.assert_allclose(now.C, theirs._C, rtol=1e-5, atol=1e-9)


@pytest.mark.slow
def test_warm_start_is_that_of_cmaes(rng: np.random.Generator) -> None:
    cmaes = pytest.importorskip("cmaes")
    X = rng.random((100, 3))
    y = ((X - 0.2) ** 2).sum(axis=1)
    mean, sigma, C = cmaes.get_warm_start_mgd(list(zip(X, y, strict=True)))
    found = promising_distribution(X[np.argsort(y)[:10]], np.full(10, 0.1))
    np.testing.assert_allclose(found.mean, mean)
    np.testing.assert_allclose(found.sigma, sigma)
    np.testing.assert_allclose(found.C, C)
