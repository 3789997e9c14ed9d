"""1-nearest-neighbour landmarkers: each distance between two folds is computed once.

For classification only the nearest row of each class matters. Where those of two classes are
equally near, pymfe's result depends on the order in which a k-d tree visits them. If such ties are
few, scikit-learn's k-d tree predicts those rows, so that accuracies are equal.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from metalearn.core.arrays import Bools, Floats, Ints
from metalearn.metafeatures.folds import Folded, centred_block, folded
from metalearn.metafeatures.gaussian import r2_by_fold
from metalearn.metafeatures.registry import shared
from metalearn.metafeatures.undefined import Undefined
from metalearn.metafeatures.view import DatasetView

__all__ = ["nearest_by_column", "one_nn_score"]

TIE = 1e-11  # of the largest squared norm: squared distances closer than this are equal
MAX_TIED = 2e9  # maximum of tied rows x rows x columns for the k-d tree
BLOCK_ROWS = 256  # rows whose distances to a fold are in memory at once


@shared
def one_nn_score(view: DatasetView) -> Floats:
    """Return accuracy (classification) or R2 (regression) of 1-NN in each fold, `(n_folds,)`."""
    data = folded(view)
    points = centred_block(view)
    norms = np.einsum("ij,ij->j", points, points)
    if not np.isfinite(norms).all():
        raise Undefined("numbers too large: a distance overflows")
    if data.n_classes:
        predicted = _nearest_class(data, points, norms)
        right = np.bincount(data.fold, predicted == data.y, data.n_folds)
        return np.asarray(right / np.bincount(data.fold, minlength=data.n_folds))
    nearest = _nearest_row(data, points, norms)
    y = data.y.astype(np.float64)
    return r2_by_fold(y, y[nearest], data.fold, data.n_folds)


def _augmented(points: Floats, norms: Floats, order: Ints) -> tuple[Floats, Floats]:
    """Return left and right factors whose product is the squared distances of rows so ordered."""
    p, n = points.shape
    left, right = np.empty((n, p + 2)), np.empty((p + 2, n))
    np.take(points, order, axis=1, out=right[:p])
    np.multiply(right[:p].T, -2.0, out=left[:, :p])
    left[:, p] = right[p + 1] = norms[order]
    left[:, p + 1] = right[p] = 1.0
    return left, right


def _nearest_class(data: Folded, points: Floats, norms: Floats) -> Ints:
    order = np.lexsort((data.y, data.fold))  # rows of a fold together, in it those of a class
    left, right = _augmented(points, norms, order)
    fold, y = data.fold[order], data.y[order].astype(np.int64)
    starts = np.searchsorted(fold, np.arange(data.n_folds + 1))
    nearest = np.full((data.n_rows, data.n_classes), np.inf)
    for mine, f in _row_blocks(starts):
        my_classes, my_cuts = np.unique(y[mine], return_index=True)
        for g in range(f + 1, data.n_folds):
            data.view.check_time()
            theirs = slice(starts[g], starts[g + 1])
            classes, cuts = np.unique(y[theirs], return_index=True)
            distances = left[mine] @ right[:, theirs]
            _lower(nearest, mine, classes, np.minimum.reduceat(distances, cuts, axis=1))
            _lower(nearest, theirs, my_classes, np.minimum.reduceat(distances, my_cuts, axis=0).T)
            del distances  # before the next ones are made
    best = nearest.argmin(axis=1)
    least = nearest[np.arange(len(best)), best]
    near = nearest <= (least + TIE * norms.max())[:, None]
    tied = near.sum(axis=1) > 1
    predicted = np.empty(data.n_rows, dtype=np.int64)
    predicted[order] = best
    back = np.empty(data.n_rows, dtype=np.bool_)
    back[order] = tied
    _ask_tree(data, back, predicted)
    return predicted


def _row_blocks(starts: Ints) -> Iterator[tuple[slice, int]]:
    """Yield blocks of rows of one fold, with its number."""
    for f in range(len(starts) - 1):
        for start in range(starts[f], starts[f + 1], BLOCK_ROWS):
            yield slice(start, min(start + BLOCK_ROWS, starts[f + 1])), f


def _lower(nearest: Floats, rows: slice, classes: Ints, found: Floats) -> None:
    if len(classes) == nearest.shape[1]:
        np.minimum(nearest[rows], found, out=nearest[rows])
    else:
        block = nearest[rows]
        block[:, classes] = np.minimum(block[:, classes], found)


def _ask_tree(data: Folded, tied: Bools, predicted: Ints) -> None:
    """Overwrite the predictions of tied rows with those of a k-d tree on the training rows."""
    if not tied.any() or tied.sum() * float(data.n_rows) * len(data.block) > MAX_TIED:
        return
    from sklearn.neighbors import KDTree

    rows = np.ascontiguousarray(data.block.T)
    for f in range(data.n_folds):
        data.view.check_time()
        tested = np.flatnonzero(tied & (data.fold == f))
        if len(tested):
            train = np.flatnonzero(data.fold != f)
            tree = KDTree(rows[train], leaf_size=30, metric="minkowski", p=2)
            nearest = tree.query(rows[tested], k=1, return_distance=False)[:, 0]
            predicted[tested] = data.y[train[nearest]]


def _nearest_row(data: Folded, points: Floats, norms: Floats) -> Ints:
    order = np.argsort(data.fold, kind="stable")
    left, right = _augmented(points, norms, order)
    starts = np.searchsorted(data.fold[order], np.arange(data.n_folds + 1))
    least = np.full(data.n_rows, np.inf)
    nearest = np.zeros(data.n_rows, dtype=np.int64)
    for f in range(data.n_folds):
        for g in range(f + 1, data.n_folds):
            data.view.check_time()
            a, b = starts[f], starts[g]
            distances = left[a : starts[f + 1]] @ right[:, b : starts[g + 1]]
            _nearer(least, nearest, a, distances, b)
            _nearer(least, nearest, b, distances.T, a)
            del distances  # before the next ones are made
    result = np.empty(data.n_rows, dtype=np.int64)
    result[order] = order[nearest]
    return result


def _nearer(least: Floats, nearest: Ints, start: int, distances: Floats, other: int) -> None:
    found = distances.argmin(axis=1)
    value = distances[np.arange(len(found)), found]
    rows = slice(start, start + len(found))
    better = value < least[rows]
    least[rows][better] = value[better]
    nearest[rows][better] = found[better] + other


def nearest_by_column(column: Floats, y: Floats | Ints, test: Bools, classify: bool) -> Floats:
    """Return the 1-NN prediction on one column for each test row, `(n_test,)`.

    Neighbours at equal distance have equal weights: for classification the result is the share of
    them that have the row's own class (1 = right), for regression their mean target.
    """
    values, inverse = np.unique(column[~test], return_inverse=True)
    n = np.bincount(inverse).astype(np.float64)
    tested = column[test]
    above = np.minimum(np.searchsorted(values, tested), len(values) - 1)
    below = np.maximum(above - 1, 0)
    to_above, to_below = np.abs(values[above] - tested), np.abs(tested - values[below])
    use_above = (to_above <= to_below).astype(np.float64)
    use_below = ((to_below <= to_above) & (below != above)).astype(np.float64)
    weight = use_above * n[above] + use_below * n[below]
    if not classify:
        total = np.bincount(inverse, y[~test])
        return np.asarray((use_above * total[above] + use_below * total[below]) / weight)
    n_classes = int(y.max()) + 1
    mine = y[test].astype(np.int64)
    table = np.bincount(inverse * n_classes + y[~test].astype(np.int64),
                        minlength=len(values) * n_classes).reshape(-1, n_classes)  # fmt: skip
    right = use_above * table[above, mine] + use_below * table[below, mine]
    return np.asarray(right / weight)
