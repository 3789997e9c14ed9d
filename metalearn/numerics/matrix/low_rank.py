"""Low-rank factors of a matrix: truncated SVD, and alternating least squares with missing cells.

Eckart & Young 1936; ALS with biases and penalties proportional to the number of observed cells
(Zhou, Wilkinson, Schreiber & Pan 2008), METHODS 8.1 and 8.4.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from metalearn.core.arrays import Bools, Floats

__all__ = ["Factors", "masked_als", "truncated_svd"]


def truncated_svd(matrix: Floats, rank: int) -> tuple[Floats, Floats, Floats]:
    """Return the `rank` leading left vectors, singular values and right vectors.

    If one side is much longer, they come from the eigenvectors of the smaller Gram matrix; then
    values below 1e-7 of the largest are numerical noise. The entry of largest absolute value of
    each right vector is positive.

    Args:
        matrix: `(n_rows, n_columns)`, finite.
        rank: Number of vectors, limited to the smaller side.

    Returns:
        `(n_rows, rank)`, `(rank,)` descending, `(rank, n_columns)`.
    """
    n_rows, n_columns = matrix.shape
    rank = max(0, min(rank, n_rows, n_columns))
    if n_columns > 4 * n_rows:
        eigen, left = np.linalg.eigh(matrix @ matrix.T)
        left, singular = left[:, ::-1][:, :rank], np.sqrt(np.maximum(eigen[::-1][:rank], 0.0))
        safe = np.where(singular > 1e-7 * singular[:1].max(initial=0.0), singular, np.inf)
        right = (left / safe).T @ matrix
    else:
        left, singular, right = np.linalg.svd(matrix, full_matrices=False)
        left, singular, right = left[:, :rank], singular[:rank], right[:rank]
    if rank and n_columns:
        peak = np.take_along_axis(right, np.abs(right).argmax(axis=1)[:, None], axis=1)[:, 0]
        sign = np.where(peak < 0, -1.0, 1.0)
        left, right = left * sign, right * sign[:, None]
    return np.ascontiguousarray(left), singular, np.ascontiguousarray(right)


@dataclass(frozen=True, slots=True)
class Factors:
    """The model level + row_bias[t] + column_bias[c] + rows[t] . columns[c].

    Attributes:
        level: Mean of all observed cells.
        row_bias: `(n_rows,)`.
        column_bias: `(n_columns,)`.
        rows: `(n_rows, rank)`.
        columns: `(n_columns, rank)`.
    """

    level: float
    row_bias: Floats
    column_bias: Floats
    rows: Floats
    columns: Floats

    def predict(self) -> Floats:
        """Return the whole matrix, `(n_rows, n_columns)`."""
        biases = self.level + self.row_bias[:, None] + self.column_bias
        return np.asarray(biases + self.rows @ self.columns.T)


def masked_als(
    matrix: Floats, rank: int, penalty: float, rng: np.random.Generator, n_sweeps: int = 30
) -> Factors:
    """Return the factors that minimize the penalized squared error over observed cells.

    sum over observed (y - level - b_t - b_c - u_t.v_c)^2 + penalty (sum_t n_t (|u_t|^2 + b_t^2) +
    sum_c n_c (|v_c|^2 + b_c^2)), n = observed cells of the row or column.

    Args:
        matrix: `(n_rows, n_columns)`; NaN = not observed.
        rank: Number of factors; 0 fits the biases only.
        penalty: Strength of the ridge, on the scale of `matrix` divided by its overall standard
            deviation.
        rng: Draws the initial factors of the columns.
        n_sweeps: Number of alternations between rows and columns.
    """
    mask = np.isfinite(matrix)
    level = float(matrix[mask].mean()) if mask.any() else 0.0
    scale = float(matrix[mask].std()) if mask.any() else 0.0
    scale = scale if scale > 0.0 else 1.0
    values = np.where(mask, (matrix - level) / scale, 0.0)
    n_rows, n_columns = matrix.shape
    rows = np.zeros((n_rows, rank + 1))
    columns = np.concatenate(
        [0.1 * rng.normal(size=(n_columns, rank)), np.zeros((n_columns, 1))], axis=1
    )
    for _ in range(n_sweeps):
        rows = _solve_side(values, mask, columns, penalty)
        columns = _solve_side(values.T, mask.T, rows, penalty)
    root = np.sqrt(scale)
    return Factors(
        level, scale * rows[:, rank], scale * columns[:, rank],
        root * rows[:, :rank], root * columns[:, :rank],
    )  # fmt: skip


def _solve_side(values: Floats, mask: Bools, other: Floats, penalty: float) -> Floats:
    """Return `(n, rank + 1)`: factors and bias of one side, given those of the other."""
    rank = other.shape[1] - 1
    observed = mask.astype(np.float64)
    design = np.concatenate([other[:, :rank], np.ones((len(other), 1))], axis=1)
    outer = (design[:, :, None] * design[:, None, :]).reshape(len(design), -1)
    gram = (observed @ outer).reshape(-1, rank + 1, rank + 1)
    moment = (values - observed * other[:, rank]) @ design
    count = np.maximum(observed.sum(axis=1), 1.0)
    gram += (penalty * count)[:, None, None] * np.eye(rank + 1)
    solution: Floats = np.linalg.solve(gram, moment[:, :, None])[:, :, 0]
    return solution
