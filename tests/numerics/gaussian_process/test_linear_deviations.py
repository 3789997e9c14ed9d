"""Deviations of many regressions: exact for a few, close for many."""

from __future__ import annotations

import numpy as np
import pytest

from metalearn.numerics.gaussian_process.linear import fit_linear, fit_several
from metalearn.numerics.gaussian_process.linear_deviations import Deviations

N_FEATURES = 90


def regressions(n_tasks, n_points, rng):
    """Roots of tasks with points of their own, and features, smooth ones more often large."""
    scale = 0.93 ** np.arange(N_FEATURES)
    draw = lambda n: rng.normal(size=(n, N_FEATURES)) * scale  # noqa: E731
    tasks = [fit_linear(draw(n_points), rng.normal(size=n_points), [0.01]) for _ in range(n_tasks)]
    return [task.root for task in tasks], draw(300), draw(40)


def variances(roots, features):
    return np.array([np.einsum("nf,fg,ng->n", features, np.linalg.inv(root @ root.T), features)
                     for root in roots])  # fmt: skip


@pytest.mark.parametrize("n_tasks", [1, 5, 12])
def test_few_are_exact(n_tasks):
    roots, usual, features = regressions(n_tasks, 60, np.random.default_rng(0))
    found = Deviations.of(roots, usual).squares(features)
    np.testing.assert_allclose(found, variances(roots, features), rtol=1e-9)


def test_many_are_close_and_less_learned_means_exact():
    for n_points, tolerance in ((120, 0.05), (30, 2e-3)):  # 30 points: 30 directions learned
        roots, usual, features = regressions(20, n_points, np.random.default_rng(1))
        expected = variances(roots, features)
        found = Deviations.of(roots, usual).squares(features)
        assert np.median(np.abs(found / expected - 1.0)) < tolerance
        assert (found >= 0.0).all()
        exact = Deviations.of(roots, usual).squares(features, exact=True)
        np.testing.assert_allclose(exact, expected, rtol=1e-9)


def test_tasks_of_one_covariance_are_exact_however_many():
    roots, usual, features = regressions(2, 60, np.random.default_rng(2))
    shared = [roots[i % 2] for i in range(30)]
    deviations = Deviations.of(shared, usual)
    assert len(deviations.roots) == 2
    found = deviations.squares(features, np.array([3, 0, 28]))
    np.testing.assert_allclose(found, variances([roots[1], roots[0], roots[0]], features))


def test_tasks_at_the_same_points_are_fitted_as_if_alone():
    rng = np.random.default_rng(3)
    features = rng.normal(size=(50, 12))
    noisy = rng.normal(size=50)
    losses = np.stack([noisy, features @ rng.normal(size=12), noisy + 5.0], axis=1)
    together = fit_several(features, losses, (1e-3, 1e-1, 1.0))
    for task, y in zip(together, losses.T, strict=True):
        alone = fit_linear(features, y, (1e-3, 1e-1, 1.0))
        assert task.noise == alone.noise
        np.testing.assert_allclose(task.mean, alone.mean, rtol=1e-9)
        precision = np.eye(12) + features.T @ features / task.noise
        expected = np.linalg.solve(precision, features.T @ y / task.noise)
        np.testing.assert_allclose(task.mean, expected, rtol=1e-8)
    assert together[0].noise != together[1].noise
    assert together[0].root is together[2].root
