"""Covariance statistics: pairs, principal axes, canonical correlations, Box's M.

All use one product of the centred block with itself. At most `MAX_COLUMNS` columns enter;
of a wider block as many are drawn (METHODS 6.3).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from metalearn.core.arrays import Floats, Ints
from metalearn.metafeatures.encoded import centred, encoded, is_constant
from metalearn.metafeatures.registry import shared
from metalearn.metafeatures.simple import class_counts
from metalearn.metafeatures.undefined import Undefined
from metalearn.metafeatures.view import DatasetView

__all__ = [
    "ClassScatter",
    "canonical_correlations",
    "class_scatter",
    "correlation_pairs",
    "covariance",
    "covariance_pairs",
    "principal_axes",
    "select_columns",
]

MAX_COLUMNS = 500
RANK_TOLERANCE = 1e-10
FEW_CLASSES = 8


@shared
def select_columns(view: DatasetView) -> Ints:
    """Return the indices of the columns of the block that pairwise statistics use."""
    n_columns = len(encoded(view))
    if n_columns <= MAX_COLUMNS:
        return np.arange(n_columns)
    return np.sort(view.rng("columns").choice(n_columns, MAX_COLUMNS, replace=False))


@shared
def _pair_block(view: DatasetView) -> Floats:
    block, columns = centred(view), select_columns(view)
    return block if len(columns) == len(block) else block[columns]


@shared
def covariance(view: DatasetView) -> Floats:
    """Return the covariance matrix of the selected columns; missing numbers count as the mean."""
    if view.n_rows < 2:
        raise Undefined("a covariance needs at least two rows")
    block = _pair_block(view)
    matrix: Floats = block @ block.T / (view.n_rows - 1)
    if not np.isfinite(matrix).all():
        raise Undefined("numbers too large: a covariance overflows")
    return matrix


def _below_diagonal(matrix: Floats) -> Floats:
    if len(matrix) < 2:
        raise Undefined("pairs of columns need at least two columns")
    return matrix[np.tri(len(matrix), k=-1, dtype=np.bool_)]


@shared
def covariance_pairs(view: DatasetView) -> Floats:
    """Return |covariance| of each pair of columns."""
    return np.abs(_below_diagonal(covariance(view)))


@shared
def _correlation(view: DatasetView) -> Floats:
    scale = np.sqrt(np.diag(covariance(view)))
    usable = scale > 0
    scale = scale[usable]
    return covariance(view)[np.ix_(usable, usable)] / scale / scale[:, None]


@shared
def correlation_pairs(view: DatasetView) -> Floats:
    """Return |r| of each pair of columns that are not constant."""
    return np.minimum(np.abs(_below_diagonal(_correlation(view))), 1.0)


@shared
def _correlation_eigen(view: DatasetView) -> tuple[Floats, Floats]:
    matrix = _correlation(view)
    if not len(matrix):
        raise Undefined("every column is constant")
    values, vectors = np.linalg.eigh(matrix)
    return values, vectors


def principal_axes(view: DatasetView) -> tuple[Floats, Floats]:
    """Return variances along the principal axes of the scaled columns, ascending, and the first.

    Returns:
        Variances `(k,)`, at least 0, and the axis of the largest `(k,)`; `k` columns vary.
    """
    values, vectors = _correlation_eigen(view)
    return np.maximum(values, 0.0), vectors[:, -1]


@dataclass(frozen=True, slots=True)
class ClassScatter:
    """Per class: rows, sums of the centred columns, and the columns' scatter about its mean.

    Attributes:
        counts: `(n_classes,)`.
        sums: `(n_classes, k)`, sums of the centred columns.
        view: The view, for the scatter of single classes.
    """

    counts: Floats
    sums: Floats
    view: DatasetView

    def box_ratio(self) -> float:
        """Return exp(M / (p (n - C))) of Box's test (Michie et al. 1994, section 7.3.2)."""
        counts, p = self.counts, self.sums.shape[1]
        n, n_classes = counts.sum(), len(counts)
        if n_classes < 2:
            raise Undefined("the target has a single class")
        weights = counts - 1
        if weights.min() < p:
            raise Undefined("a class has too few rows: its covariance matrix is singular")
        if _correlation_eigen(self.view)[0][0] < RANK_TOLERANCE * p:
            raise Undefined("columns depend linearly: the covariance of every class is singular")
        pooled, log_determinants = np.zeros((p, p)), np.empty(n_classes)
        for c in range(n_classes):
            self.view.check_time()
            rows = np.compress(self.view.y == c, _pair_block(self.view), axis=1)
            rows -= rows.mean(axis=1, keepdims=True)
            scatter = rows @ rows.T
            pooled += scatter
            log_determinants[c] = _log_determinant(scatter / weights[c])
        pooled /= n - n_classes
        excess = (1.0 / weights).sum() - 1.0 / (n - n_classes)
        gamma = 1.0 - (2 * p**2 + 3 * p - 1) / (6 * (p + 1) * (n_classes - 1)) * excess
        m = gamma * ((n - n_classes) * _log_determinant(pooled) - weights @ log_determinants)
        return float(np.exp(m / (p * (n - n_classes))))


def _log_determinant(matrix: Floats) -> float:
    scale = np.sqrt(np.diag(matrix))
    if (scale == 0).any():
        raise Undefined("a column is constant within a class: its covariance matrix is singular")
    values = np.linalg.eigvalsh(matrix / scale / scale[:, None])
    if values[0] < RANK_TOLERANCE * len(values):
        raise Undefined("columns depend linearly within a class: the covariance is singular")
    return float(np.log(values).sum() + 2 * np.log(scale).sum())


@shared
def class_scatter(view: DatasetView) -> ClassScatter:
    """Return the rows and sums of each class."""
    counts = class_counts(view)
    block = _pair_block(view)
    return ClassScatter(counts, _sums_by_class(block, view.y.astype(np.int64), len(counts)), view)


def _sums_by_class(block: Floats, codes: Ints, n_classes: int) -> Floats:
    """Return the sums of each column over the rows of each class, `(n_classes, n_columns)`."""
    if n_classes <= FEW_CLASSES:  # one product, where a pass over each column would do the same
        return np.stack([block @ (codes == c).astype(np.float64) for c in range(n_classes)])
    return np.stack([np.bincount(codes, column, n_classes) for column in block], axis=1)


@shared
def canonical_correlations(view: DatasetView) -> Floats:
    """Return the canonical correlations of columns and class indicators, descending, above 0.

    They are the singular values of the class sums after whitening the columns: exact, where pymfe
    iterates (NIPALS) to a tolerance. A canonical correlation below 1e-8 counts as 0.
    """
    scatter = class_scatter(view)
    n_classes = len(scatter.counts)
    if n_classes < 2:
        raise Undefined("the target has a single class")
    values, vectors = _correlation_eigen(view)
    usable = ~is_constant(view)[select_columns(view)] & (np.diag(covariance(view)) > 0)
    kept = values > RANK_TOLERANCE * len(values)
    scale = np.sqrt(np.diag(covariance(view))[usable] * (view.n_rows - 1))
    whiten = vectors[:, kept] / np.sqrt(values[kept])
    between = (scatter.sums[:, usable] / np.sqrt(scatter.counts)[:, None] / scale) @ whiten
    rho = np.minimum(np.linalg.svd(between, compute_uv=False), 1.0)
    rho = rho[: min(n_classes - 1, len(scale))]
    found: Floats = rho[rho > 1e-8]
    if not len(found):
        raise Undefined("no column is correlated with the classes")
    return found
