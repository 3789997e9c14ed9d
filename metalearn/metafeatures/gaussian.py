"""Landmarkers in closed form: Gaussian naive Bayes, linear discriminants and ridge over folds.

All models need only sums and products over the training rows of a fold, which are those of all
rows minus those of the fold. One pass over the data therefore fits ten models. They equal
scikit-learn's `GaussianNB`, `LinearDiscriminantAnalysis` and `Ridge` on standardised columns.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from metalearn.core.arrays import Floats, Ints
from metalearn.metafeatures.folds import centred_block, folded
from metalearn.metafeatures.registry import shared
from metalearn.metafeatures.undefined import Undefined
from metalearn.metafeatures.view import DatasetView

__all__ = ["discriminant_accuracy", "naive_bayes_accuracy", "ridge_fit"]

SMOOTHING = 1e-9  # scikit-learn's, times the largest variance of a column
RANK = 1e-4  # scikit-learn's tolerance on singular values
ZERO = 1e-12
RIDGE = 1.0


@dataclass(frozen=True, slots=True)
class _Sums:
    """Sums over the rows of each fold and class; columns centred on the mean of all rows.

    Attributes:
        centred: `(n_columns, n_rows)`.
        counts: `(n_folds, n_classes)`.
        first: `(n_folds, n_classes, n_columns)`, sums of the columns.
        second: Same shape, sums of their squares.
    """

    centred: Floats
    counts: Floats
    first: Floats
    second: Floats


@shared
def _sums(view: DatasetView) -> _Sums:
    data = folded(view)
    centred = centred_block(view)
    n_classes = max(data.n_classes, 1)
    part = data.fold * n_classes + (data.y.astype(np.int64) if data.n_classes else 0)
    n_parts = data.n_folds * n_classes
    shape = data.n_folds, n_classes, len(centred)
    first, second = np.empty((n_parts, len(centred))), np.empty((n_parts, len(centred)))
    for j, column in enumerate(centred):
        first[:, j] = np.bincount(part, column, n_parts)
        second[:, j] = np.bincount(part, column * column, n_parts)
    counts = np.bincount(part, minlength=n_parts).astype(np.float64)
    return _Sums(centred, counts.reshape(shape[:2]), first.reshape(shape), second.reshape(shape))


@shared
def naive_bayes_accuracy(view: DatasetView) -> Floats:
    """Return the accuracy of Gaussian naive Bayes in each fold, `(n_folds,)`."""
    data, sums = folded(view), _sums(view)
    counts, first, second = sums.counts.sum(0), sums.first.sum(0), sums.second.sum(0)
    accuracy = np.empty(data.n_folds)
    for f in range(data.n_folds):
        view.check_time()
        n = counts - sums.counts[f]
        known = np.flatnonzero(n > 0)
        n, s1, s2 = n[known], (first - sums.first[f])[known], (second - sums.second[f])[known]
        total = n.sum()
        spread = s2.sum(0) / total - (s1.sum(0) / total) ** 2
        mean = s1 / n[:, None]
        square = s2 / n[:, None]
        var = square - mean**2
        var[var <= ZERO * square] = 0.0  # a constant within the class, but for rounding
        var += SMOOTHING * spread.max()
        test = data.fold == f
        rows = sums.centred[:, test]
        score = np.empty((len(known), rows.shape[1]))
        for k in range(len(known)):
            away = (rows - mean[k][:, None]) ** 2 / var[k][:, None]
            score[k] = np.log(n[k] / total) - 0.5 * (
                np.log(2 * np.pi * var[k]).sum() + away.sum(axis=0)
            )
        if np.isnan(score).any():
            raise Undefined("every column is constant, or numbers are too large")
        accuracy[f] = (known[score.argmax(axis=0)] == data.y[test]).mean()
    return accuracy


@shared
def _fold_products(view: DatasetView) -> Floats:
    """Return the products of the centred columns over the rows of each fold."""
    data, sums = folded(view), _sums(view)
    p = len(sums.centred)
    products = np.empty((data.n_folds, p, p))
    for f in range(data.n_folds):
        rows = sums.centred[:, data.fold == f]
        products[f] = rows @ rows.T
    if not np.isfinite(products).all():
        raise Undefined("numbers too large: a product of columns overflows")
    return products


@shared
def discriminant_accuracy(view: DatasetView) -> Floats:
    """Return the accuracy of linear discriminant analysis in each fold, `(n_folds,)`."""
    data, sums, products = folded(view), _sums(view), _fold_products(view)
    counts, first, total = sums.counts.sum(0), sums.first.sum(0), products.sum(0)
    accuracy = np.empty(data.n_folds)
    for f in range(data.n_folds):
        view.check_time()
        n = counts - sums.counts[f]
        known = np.flatnonzero(n > 0)
        if len(known) < 2 or n.sum() <= len(known):
            raise Undefined("a fold leaves fewer than two classes, or as many rows as classes")
        coefficients, offset = _discriminants(
            n[known], (first - sums.first[f])[known], total - products[f]
        )
        test = data.fold == f
        score = coefficients @ sums.centred[:, test] + offset[:, None]
        accuracy[f] = (known[score.argmax(axis=0)] == data.y[test]).mean()
    return accuracy


def _discriminants(n: Floats, sums: Floats, products: Floats) -> tuple[Floats, Floats]:
    """Return coefficients `(n_classes, n_columns)` and offsets, as scikit-learn's svd solver.

    As there since version 1.9, the covariance within classes is divided by the rows.

    Args:
        n: Rows of each class.
        sums: Sums of the columns in each class, `(n_classes, n_columns)`.
        products: Sums of products of the columns over all rows.
    """
    total, n_classes = n.sum(), len(n)
    means, priors = sums / n[:, None], n / n.sum()
    within = products - (sums.T / n) @ sums
    scatter = np.diag(within).copy()
    varies = scatter > ZERO * np.diag(products)
    if not varies.any():
        raise Undefined("every column is constant within the classes")
    std = np.sqrt(scatter[varies] / total)
    scaled = within[np.ix_(varies, varies)] / std / std[:, None] / total
    values, vectors = np.linalg.eigh(scaled)
    kept = values > RANK**2
    scalings = np.zeros((len(scatter), int(kept.sum())))
    scalings[varies] = vectors[:, kept] / std[:, None] / np.sqrt(values[kept])
    centre = priors @ means
    away = means - centre
    between = np.sqrt(n / (n_classes - 1))[:, None] * away @ scalings
    _, strength, axes = np.linalg.svd(between, full_matrices=False)
    scalings = scalings @ axes[strength > RANK * strength[0]].T
    projected = away @ scalings
    coefficients = projected @ scalings.T
    offset = np.log(priors) - 0.5 * (projected**2).sum(axis=1) - coefficients @ centre
    return coefficients, offset


@shared
def ridge_fit(view: DatasetView) -> tuple[Floats, Floats]:
    """Return R2 of ridge regression in each fold, and the residuals of all test rows.

    Columns are scaled by their standard deviation over all rows; penalty 1.
    """
    data, sums, products = folded(view), _sums(view), _fold_products(view)
    y = data.y - data.y.mean()
    scale = np.sqrt(np.einsum("ijj->j", products) / data.n_rows)
    varies = scale > 0
    if not varies.any():
        raise Undefined("every column is constant")
    columns = sums.centred[varies] / scale[varies, None]
    products = products[:, varies][:, :, varies] / scale[varies] / scale[varies, None]
    cross = np.array([columns[:, data.fold == f] @ y[data.fold == f] for f in range(data.n_folds)])
    first = sums.first[:, 0][:, varies] / scale[varies]
    residuals = np.empty(data.n_rows)
    for f in range(data.n_folds):
        view.check_time()
        test = data.fold == f
        n = (~test).sum()
        mean, centre = (first.sum(0) - first[f]) / n, y[~test].mean()
        gram = products.sum(0) - products[f] - n * np.outer(mean, mean)
        target = cross.sum(0) - cross[f] - n * mean * centre
        weights = np.linalg.solve(gram + RIDGE * np.eye(len(gram)), target)
        residuals[test] = y[test] - centre - weights @ (columns[:, test] - mean[:, None])
    return r2_by_fold(y, y - residuals, data.fold, data.n_folds), residuals


def r2_by_fold(y: Floats, predicted: Floats, fold: Ints, n_folds: int) -> Floats:
    """Return R2 in each fold, at least -1; NaN where the target is constant in a fold."""
    residual = np.bincount(fold, (y - predicted) ** 2, n_folds)
    counts = np.bincount(fold, minlength=n_folds)
    mean = np.bincount(fold, y, n_folds) / counts
    total = np.bincount(fold, (y - mean[fold]) ** 2, n_folds)
    return np.where(
        total > 0, np.maximum(1.0 - residual / np.maximum(total, 1e-300), -1.0), np.nan
    )
