from __future__ import annotations

import numpy as np
import pytest

from metalearn.numerics.matrix.low_rank import Factors, masked_als, truncated_svd


@pytest.mark.parametrize("shape", [(12, 7), (7, 12), (5, 40)])
def test_truncated_svd_is_the_best_approximation(
    rng: np.random.Generator, shape: tuple[int, int]
) -> None:
    matrix = rng.normal(size=shape)
    left, singular, right = truncated_svd(matrix, 3)
    expected = np.linalg.svd(matrix, compute_uv=False)
    np.testing.assert_allclose(singular, expected[:3])
    np.testing.assert_allclose(left.T @ left, np.eye(3), atol=1e-9)
    np.testing.assert_allclose(right @ right.T, np.eye(3), atol=1e-9)
    residual = np.linalg.norm(matrix - (left * singular) @ right)
    assert residual == pytest.approx(np.sqrt((expected[3:] ** 2).sum()))
    assert np.all(np.take_along_axis(right, np.abs(right).argmax(1)[:, None], 1) > 0)


def test_truncated_svd_of_a_singular_wide_matrix() -> None:
    left, singular, right = truncated_svd(np.outer(np.ones(3), np.arange(20.0)), 3)
    np.testing.assert_allclose((left * singular) @ right, np.outer(np.ones(3), np.arange(20.0)))
    np.testing.assert_allclose(singular[1:], 0.0, atol=1e-5)


def objective(matrix: np.ndarray, model: Factors, penalty: float) -> float:
    """The penalized squared error, term by term, on the scale of unit standard deviation."""
    mask = np.isfinite(matrix)
    scale = matrix[mask].std()
    total = np.nansum(((matrix - model.predict()) / scale) ** 2)
    sides = ((model.rows, model.row_bias, 1), (model.columns, model.column_bias, 0))
    for factors, bias, axis in sides:
        size = (factors**2).sum(axis=1) / scale + (bias / scale) ** 2
        total += penalty * (mask.sum(axis=axis) * size).sum()
    return float(total)


def test_als_reaches_a_minimum_of_its_objective(rng: np.random.Generator) -> None:
    matrix = rng.normal(size=(15, 4)) @ rng.normal(size=(4, 10)) + 2.0
    matrix[rng.random(matrix.shape) < 0.4] = np.nan
    by_sweeps = [masked_als(matrix, 3, 0.05, np.random.default_rng(0), n) for n in (1, 5, 400)]
    costs = [objective(matrix, model, 0.05) for model in by_sweeps]
    assert costs[0] > costs[1] > costs[2]
    best = by_sweeps[-1]
    for _ in range(20):  # no small step from there lowers the cost
        step = 1e-3 * rng.normal(size=best.columns.shape)
        moved = Factors(
            best.level, best.row_bias, best.column_bias, best.rows, best.columns + step
        )
        assert objective(matrix, moved, 0.05) > costs[-1] - 1e-9


def test_als_recovers_held_out_cells(rng: np.random.Generator) -> None:
    truth = rng.normal(size=(60, 3)) @ rng.normal(size=(3, 40))
    truth += rng.normal(size=(60, 1)) + rng.normal(size=40)
    hidden = rng.random(truth.shape) < 0.4
    model = masked_als(np.where(hidden, np.nan, truth), 3, 0.001, rng, 60)
    error = (model.predict() - truth)[hidden]
    assert error.std() < 0.1 * truth[hidden].std()
    biases = masked_als(np.where(hidden, np.nan, truth), 0, 0.001, rng)
    assert error.std() < 0.3 * (biases.predict() - truth)[hidden].std()


def test_als_of_empty_rows_and_constants(rng: np.random.Generator) -> None:
    matrix = np.full((4, 5), np.nan)
    assert np.all(masked_als(matrix, 2, 0.1, rng).predict() == 0.0)
    matrix[1:, 1:] = 0.25
    np.testing.assert_allclose(masked_als(matrix, 2, 0.1, rng).predict(), 0.25)
