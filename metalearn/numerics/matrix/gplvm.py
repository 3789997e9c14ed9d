"""GP-LVM: a Gaussian process over configurations with learned latent positions.

Lawrence 2005; used as probabilistic matrix factorization for model selection by Fusi, Sheth &
Elibol 2018 (METHODS 8.3). Every task is an independent draw of one Gaussian process over
configurations. Latent positions and kernel maximize the likelihood of the observed cells.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from metalearn.core.arrays import Floats, Ints
from metalearn.numerics.matrix.low_rank import truncated_svd

__all__ = ["Batch", "LatentProcess", "fit_latent_process", "likelihood"]

Batch = tuple[Ints, Floats]
"""Columns `(m,)` and residuals `(n_tasks, m)` of tasks that are observed in all of them."""

_TINY = 1e-8
_MAX_COLUMNS, _BATCH_TASKS, _RATE = 250, 4, 0.02


@dataclass(frozen=True, slots=True)
class LatentProcess:
    """Cov(cell i, cell j) of a row = offset + signal exp(-|x_i - x_j|^2 / 2) + noise [i = j].

    Attributes:
        mean: `(n_columns,)`.
        positions: Latent positions of the columns, `(n_columns, n_axes)`.
        log_variances: Logarithms of offset, signal and noise variance, `(3,)`.
    """

    mean: Floats
    positions: Floats
    log_variances: Floats

    def condition(self, observed: Ints, values: Floats) -> tuple[Floats, Floats]:
        """Return mean and variance of all cells of a row, `(n_columns,)`, given some of them."""
        offset, signal, noise = np.exp(self.log_variances)
        at = self.positions[observed]
        cross = offset + signal * _correlation(self.positions, at)
        covariance = cross[observed] + noise * np.eye(len(observed))
        lower = np.linalg.cholesky(covariance + _TINY * np.eye(len(observed)))
        solved = np.linalg.solve(lower, cross.T)
        residual = np.linalg.solve(lower, values - self.mean[observed])
        variance = np.maximum(offset + signal - (solved**2).sum(axis=0), 0.0) + noise
        mean = self.mean + residual @ solved
        mean[observed], variance[observed] = values, 0.0
        return mean, variance


def likelihood(
    positions: Floats, log_variances: Floats, batches: Sequence[Batch]
) -> tuple[float, Floats, Floats]:
    """Return -ln p of the batches and its gradients by positions and by log variances."""
    value, by_position, by_variance = 0.0, np.zeros_like(positions), np.zeros(3)
    offset, signal, noise = np.exp(log_variances)
    for columns, residuals in batches:
        x, m = positions[columns], len(columns)
        kernel = signal * _correlation(x, x)
        lower = np.linalg.cholesky(kernel + offset + (noise + _TINY) * np.eye(m))
        inverse_lower = np.linalg.solve(lower, np.eye(m))
        precision = inverse_lower.T @ inverse_lower
        weighted = residuals @ precision
        n_tasks = len(residuals)
        value += n_tasks * (float(np.log(np.diag(lower)).sum()) + 0.5 * m * np.log(2 * np.pi))
        value += 0.5 * float((weighted * residuals).sum())
        slope = 0.5 * (n_tasks * precision - weighted.T @ weighted)  # d value / d covariance
        pull = slope * kernel
        by_position[columns] += -2.0 * (pull.sum(axis=1)[:, None] * x - pull @ x)
        by_variance += [offset * slope.sum(), pull.sum(), noise * np.trace(slope)]
    return value, by_position, by_variance


def fit_latent_process(
    matrix: Floats, n_axes: int, rng: np.random.Generator, n_steps: int = 60
) -> LatentProcess:
    """Return the process fitted by Adam (Kingma & Ba 2015), starting from principal components.

    Args:
        matrix: `(n_tasks, n_columns)`; NaN = not observed. Each step uses at most 250 columns,
            and 4 tasks if tasks are observed in different columns, so that the time per step does
            not grow with the matrix.
        n_axes: Latent dimensions.
        rng: Draws the columns and tasks of each step.
        n_steps: Number of steps; 0 returns the start, which is a good approximation.
    """
    start = _principal_start(matrix, n_axes)
    residuals = matrix - start.mean
    x, variances = start.positions.copy(), start.log_variances.copy()
    first = [np.zeros_like(x), np.zeros(3)]
    second = [np.zeros_like(x), np.zeros(3)]
    for step in range(1, n_steps + 1):
        batches = _draw(residuals, rng)
        n_cells = sum(r.size for _, r in batches)
        if n_cells == 0:
            break
        _, *slopes = likelihood(x, variances, batches)
        for i, (parameter, slope) in enumerate(zip((x, variances), slopes, strict=True)):
            scaled = slope / n_cells
            first[i] = 0.9 * first[i] + 0.1 * scaled
            second[i] = 0.99 * second[i] + 0.01 * scaled**2
            size = np.sqrt(second[i] / (1 - 0.99**step)) + 1e-10
            parameter -= _RATE * first[i] / (1 - 0.9**step) / size
        variances[2] = max(variances[2], np.log(_TINY))
    return LatentProcess(start.mean, x, variances)


def _principal_start(matrix: Floats, n_axes: int) -> LatentProcess:
    """Return positions whose kernel approximates the covariance of mean-imputed rows."""
    mask = np.isfinite(matrix)
    values = np.where(mask, matrix, 0.0)
    grand = values.sum() / max(int(mask.sum()), 1)
    mean = (values.sum(axis=0) + grand) / (mask.sum(axis=0) + 1.0)
    residuals = np.where(mask, matrix - mean, 0.0)
    offsets = residuals.sum(axis=1) / np.maximum(mask.sum(axis=1), 1)
    centred = np.where(mask, residuals - offsets[:, None], 0.0)
    share = max(float(mask.mean()), 1e-3)
    n_axes = max(1, min(n_axes, *matrix.shape))
    _, singular, right = truncated_svd(centred, n_axes)
    total = max(float((centred**2).sum()) / max(int(mask.sum()), 1), 1e-6)
    loadings = right.T * (singular / np.sqrt(len(matrix) * share))
    left = max(total - float((loadings**2).sum()) / matrix.shape[1], 0.02 * total)
    variances = np.log([max(float(offsets.var()), 1e-6), total, left])
    return LatentProcess(mean, loadings / np.sqrt(total), np.asarray(variances))


def _draw(residuals: Floats, rng: np.random.Generator) -> list[Batch]:
    """Return the cells that one step uses."""
    n_tasks, n_columns = residuals.shape
    few = min(n_columns, _MAX_COLUMNS)
    mask = np.isfinite(residuals)
    if mask.all():
        columns = np.sort(rng.choice(n_columns, few, replace=False))
        return [(columns, residuals[:, columns])]
    batches: list[Batch] = []
    for t in rng.choice(n_tasks, min(n_tasks, _BATCH_TASKS), replace=False):
        seen = np.flatnonzero(mask[t])
        if len(seen) > few:
            seen = np.sort(rng.choice(seen, few, replace=False))
        if len(seen):
            batches.append((seen, residuals[t : t + 1, seen]))
    return batches


def _correlation(first: Floats, second: Floats) -> Floats:
    square = (first**2).sum(axis=1)[:, None] + (second**2).sum(axis=1) - 2.0 * first @ second.T
    return np.asarray(np.exp(-0.5 * np.maximum(square, 0.0)))
