"""Gaussian model of the rows of a matrix: mean, low-rank factors and isotropic noise.

Probabilistic PCA (Tipping & Bishop 1999), with EM for missing cells (their appendix; Ilin & Raiko
2010), and the shrinkage covariance of Ledoit & Wolf 2004, which has the same form with as many
factors as rows. Conditioning on some cells of a new row predicts the others (METHODS 8.5).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from metalearn.core.arrays import Bools, Floats, Ints
from metalearn.numerics.matrix.low_rank import truncated_svd

__all__ = ["RowGaussian", "fit_ppca"]

_PRIOR = 1.0  # strength of the prior on means and loadings, in numbers of rows
_TINY = 1e-10
_CONVERGED = 1e-4  # relative change of the noise variance


@dataclass(frozen=True, slots=True)
class RowGaussian:
    """The distribution N(mean, loadings loadings' + noise_variance I) of a row.

    Attributes:
        mean: `(n_columns,)`.
        loadings: `(n_columns, rank)`.
        noise_variance: Variance of each cell that the factors do not explain; positive.
    """

    mean: Floats
    loadings: Floats
    noise_variance: float

    def condition(self, observed: Ints, values: Floats) -> tuple[Floats, Floats]:
        """Return mean and variance of all cells of a row, given some of them.

        Args:
            observed: Indices of the observed cells, `(n,)`; may be empty.
            values: Their values, `(n,)`; finite.

        Returns:
            `(n_columns,)` each. At the observed cells these are the values and 0.
        """
        of_seen = self.loadings[observed]
        prior = np.einsum("ij,ij->i", self.loadings, self.loadings) + self.noise_variance
        covariance = of_seen @ of_seen.T + self.noise_variance * np.eye(len(observed))
        lower = np.linalg.cholesky(covariance)
        residual = np.linalg.solve(lower, values - self.mean[observed])
        cross = np.linalg.solve(lower, of_seen) @ self.loadings.T  # (n, n_columns)
        mean = self.mean + residual @ cross
        variance = np.maximum(prior - (cross**2).sum(axis=0), self.noise_variance)
        mean[observed] = values
        variance[observed] = 0.0
        return mean, variance

    def fill(self, matrix: Floats) -> Floats:
        """Return `(n_rows, n_columns)` with each NaN replaced by its conditional mean."""
        mask = np.isfinite(matrix)
        scores, _ = _expect(np.where(mask, matrix, 0.0), mask.astype(np.float64), self)
        return np.where(mask, matrix, self.mean + scores @ self.loadings.T)

    def log_likelihood(self, matrix: Floats) -> Floats:
        """Return ln p of the observed cells of each row, `(n_rows,)`; NaN = not observed."""
        mask = np.isfinite(matrix)
        centred = np.where(mask, matrix - self.mean, 0.0)
        noise, n = self.noise_variance, mask.sum(axis=1)
        _, posterior = _expect(np.where(mask, matrix, 0.0), mask.astype(np.float64), self)
        projected = centred @ self.loadings
        explained = np.einsum("ti,tij,tj->t", projected, posterior, projected) / noise**2
        log_det = n * np.log(noise) - np.linalg.slogdet(posterior)[1]
        quadratic = (centred**2).sum(axis=1) / noise - explained
        return np.asarray(-0.5 * (n * np.log(2 * np.pi) + log_det + quadratic))


def fit_ppca(matrix: Floats, rank: int | None = None, n_sweeps: int = 25) -> RowGaussian:
    """Return the Gaussian of the rows of a matrix.

    Args:
        matrix: `(n_rows, n_columns)`; NaN = not observed; at least one row.
        rank: Number of factors. None: for a complete matrix all, with the shrinkage of Ledoit and
            Wolf; with missing cells 10.
        n_sweeps: Number of EM steps if cells are missing.
    """
    mask = np.isfinite(matrix)
    if not mask.all():
        most = max(1, min(len(matrix) - 1, matrix.shape[1] - 1))
        return _by_em(matrix, mask, min(10 if rank is None else rank, most), n_sweeps)
    return _ledoit_wolf(matrix) if rank is None else _closed_form(matrix, rank)


def _closed_form(matrix: Floats, rank: int) -> RowGaussian:
    """Maximum likelihood of probabilistic PCA: eigenvalues above `rank` average to the noise."""
    n_rows, n_columns = matrix.shape
    mean = matrix.mean(axis=0)
    _, singular, right = truncated_svd(matrix - mean, min(n_rows, n_columns))
    eigen = singular**2 / n_rows
    rank = max(0, min(rank, len(eigen) - 1, n_rows - 2))
    total = float(((matrix - mean) ** 2).sum()) / n_rows
    left = max(min(n_columns, n_rows - 1) - rank, 1)
    noise = max((total - float(eigen[:rank].sum())) / left, _TINY)
    loadings = right[:rank].T * np.sqrt(np.maximum(eigen[:rank] - noise, 0.0))
    return RowGaussian(mean, np.ascontiguousarray(loadings), noise)


def _ledoit_wolf(matrix: Floats) -> RowGaussian:
    """Shrinkage towards a multiple of the identity; equals sklearn.covariance.ledoit_wolf."""
    n_rows, n_columns = matrix.shape
    mean = matrix.mean(axis=0)
    centred = matrix - mean
    squares = (centred**2).sum(axis=1)
    level = squares.sum() / (n_rows * n_columns)
    gram = centred @ centred.T  # sum of squares: that of the covariance times n_rows^2
    sum_squares = float((gram**2).sum())
    beta = (float((squares**2).sum()) / n_rows - sum_squares / n_rows**2) / (n_columns * n_rows)
    delta = sum_squares / n_rows**2 / n_columns - level**2
    share = float(np.clip(beta / delta, 0.0, 1.0)) if delta > _TINY**2 else 1.0
    noise = max(share * level, _TINY)
    return RowGaussian(mean, np.sqrt((1 - share) / n_rows) * centred.T, noise)


def _by_em(matrix: Floats, mask: Bools, rank: int, n_sweeps: int) -> RowGaussian:
    """Posterior mode by EM; a weak prior keeps columns with few cells near the grand mean."""
    grand = float(matrix[mask].mean()) if mask.any() else 0.0
    values = np.where(mask, matrix - grand, 0.0)
    n = mask.sum(axis=0)
    mean = values.sum(axis=0) / (n + _PRIOR)
    _, singular, right = truncated_svd(np.where(mask, values - mean, 0.0), rank)
    observed = max(float(mask.mean()), 1e-3)
    loadings = right.T * (singular / np.sqrt(len(matrix) * observed))
    noise = max(float(((values - mean)[mask] ** 2).mean()) / 2 if mask.any() else 1.0, _TINY)
    model = RowGaussian(mean, np.ascontiguousarray(loadings), noise)
    seen = mask.astype(np.float64)
    for _ in range(n_sweeps):
        before, model = model.noise_variance, _maximize(values, seen, model)
        if abs(model.noise_variance - before) < _CONVERGED * before:
            break
    return RowGaussian(model.mean + grand, model.loadings, model.noise_variance)


def _expect(values: Floats, seen: Floats, model: RowGaussian) -> tuple[Floats, Floats]:
    """Return the factors' posterior means `(n_rows, r)` and covariances `(n_rows, r, r)`.

    `values` are 0 where not seen, `seen` is 1 or 0, both `(n_rows, n_columns)`.
    """
    weights, rank = model.loadings, model.loadings.shape[1]
    outer = (weights[:, :, None] * weights[:, None, :]).reshape(len(weights), rank**2)
    sums = (seen @ outer).reshape(len(values), rank, rank)
    covariance = np.asarray(np.linalg.inv(sums / model.noise_variance + np.eye(rank)), np.float64)
    moment = (values @ weights - seen @ (model.mean[:, None] * weights)) / model.noise_variance
    return np.einsum("tij,tj->ti", covariance, moment), covariance


def _maximize(values: Floats, seen: Floats, model: RowGaussian) -> RowGaussian:
    """One EM step: regress every column on the expected factors and a constant."""
    scores, covariance = _expect(values, seen, model)
    rank = scores.shape[1]
    extended = np.concatenate([scores, np.ones((len(scores), 1))], axis=1)
    second = extended[:, :, None] * extended[:, None, :]
    second[:, :rank, :rank] += covariance
    gram = (seen.T @ second.reshape(len(scores), -1)).reshape(-1, rank + 1, rank + 1)
    moment = values.T @ extended
    solution = np.linalg.solve(gram + _PRIOR * np.eye(rank + 1), moment[:, :, None])[:, :, 0]
    # sum of squared residuals + trace term = y'y - 2 s'm + s' gram s
    explained = np.einsum("ci,cij,cj->c", solution, gram, solution)
    squares = (
        np.einsum("tc,tc->c", values, values) - 2 * (solution * moment).sum(axis=1) + explained
    )
    noise = max(float(squares.sum()) / max(float(seen.sum()), 1.0), _TINY)
    # Parameter expansion (Liu, Rubin & Wu 1998; Ilin & Raiko 2010): mean and covariance of the
    # factors are absorbed into the columns; without this, EM converges slowly.
    centre = scores.mean(axis=0)
    spread = second[:, :rank, :rank].mean(axis=0) - np.outer(centre, centre)
    mean = solution[:, rank] + solution[:, :rank] @ centre
    return RowGaussian(mean, solution[:, :rank] @ np.linalg.cholesky(spread), noise)
