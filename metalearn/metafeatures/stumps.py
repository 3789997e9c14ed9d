"""Decision stumps of all folds and columns from one sort of each column.

A stump is the best split of one column: by Gini impurity for classification, by squared error for
regression. Thresholds, ties and rounding are scikit-learn's (numbers as float32, a split only
between values that differ by more than 1e-7, the first of equally good ones in a column), so that
the accuracy of the best stump equals that of a `DecisionTreeClassifier` of depth 1.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from metalearn.core.arrays import Bools, Floats, Ints
from metalearn.metafeatures.encoded import as_float32
from metalearn.metafeatures.folds import Folded, folded
from metalearn.metafeatures.registry import shared
from metalearn.metafeatures.view import DatasetView

__all__ = ["Stumps", "stumps"]

Floats32 = npt.NDArray[np.float32]
CLOSE = np.float32(1e-7)
PART_CELLS = 100_000
TIE = 1e-12


@dataclass(frozen=True, slots=True)
class Stumps:
    """The best split of each column in each fold, learned on the other folds.

    Attributes:
        score: `(n_folds, n_columns)`, accuracy or R2 on the fold's rows.
        gain: Same shape; larger is a better split of the training rows; -inf = no split.
    """

    score: Floats
    gain: Floats

    def best(self) -> Ints:
        """Return the column with the largest gain in each fold."""
        return np.asarray(self.gain.argmax(axis=1))

    def worst(self) -> Ints:
        """Return the column with the least gain in each fold; no split ranks lowest."""
        return np.asarray(self.gain.argmin(axis=1))


@shared
def stumps(view: DatasetView) -> Stumps:
    """Return the stumps of the landmarkers' rows."""
    data = folded(view)
    block = as_float32(data.block)
    score = np.empty((data.n_folds, len(block)))
    gain = np.empty((data.n_folds, len(block)))
    size = max(1, PART_CELLS // (data.n_rows * max(data.n_classes, 2)))
    for start in range(0, len(block), size):
        view.check_time()
        part = slice(start, start + size)
        score[:, part], gain[:, part] = _of_columns(data, block[part])
    return Stumps(score, gain)


def _of_columns(data: Folded, block: Floats32) -> tuple[Floats, Floats]:
    order = np.argsort(block, axis=1, kind="stable")
    ascending = np.take_along_axis(block, order, axis=1)
    fold = data.fold[order]
    found = []
    for f in range(data.n_folds):
        if data.n_classes:
            found.append(_classify(data, f, ascending, data.y.astype(np.int64)[order], fold))
        else:
            found.append(_regress(data, f, ascending, data.y.astype(np.float64)[order], fold))
    return np.array([score for score, _ in found]), np.array([gain for _, gain in found])


def _training(
    values: Floats32, y: Floats | Ints, fold: Ints, f: int
) -> tuple[Floats32, Floats | Ints]:
    """Return values and targets of the training rows, each row of the block in its own order."""
    kept = fold != f
    shape = len(values), int(kept[0].sum())
    return values[kept].reshape(shape), y[kept].reshape(shape)


def _splits(x: Floats32, quality: Floats) -> tuple[Ints, Floats, Bools]:
    """Return position of the best split (rows left of it), its quality, and where there is one."""
    quality[~(x[:, 1:] > x[:, :-1] + CLOSE)] = -np.inf
    at = quality.argmax(axis=1)
    best = quality[np.arange(len(x)), at]
    return at + 1, best, np.isfinite(best)


def _threshold(x: Floats32, at: Ints) -> Floats:
    rows = np.arange(len(x))
    below, above = x[rows, at - 1].astype(np.float64), x[rows, at].astype(np.float64)
    middle = below / 2.0 + above / 2.0
    return np.where(np.isinf(middle) | (middle == above), below, middle)


def _tests_below(ascending: Floats32, tests: Bools, threshold: Floats) -> Bools:
    """Return the test rows at or below the threshold, in the order of the sorted columns."""
    return np.asarray(tests & (ascending <= threshold[:, None]))


def _classify(
    data: Folded, f: int, ascending: Floats32, y: Ints, fold: Ints
) -> tuple[Floats, Floats]:
    x, target = _training(ascending, y, fold, f)
    n, n_classes = x.shape[1], data.n_classes
    totals = np.bincount(data.y[data.fold != f], minlength=n_classes).astype(np.float64)
    n_left = np.arange(1, n, dtype=np.float64)
    left_squares, right_squares = np.zeros((len(x), n - 1)), np.zeros((len(x), n - 1))
    cumulated = []
    for c in range(n_classes):
        left = np.cumsum(target[:, :-1] == c, axis=1, dtype=np.float64)
        cumulated.append(left)
        left_squares += left * left
        right = totals[c] - left
        right_squares += right * right
    quality = left_squares / n_left + right_squares / (n - n_left)
    at, gain, splits = _splits(x, quality)
    rows = np.arange(len(x))
    left = np.stack([counts[rows, at - 1] for counts in cumulated], axis=1)
    below = _tests_below(ascending, fold == f, _threshold(x, at))
    tested = np.bincount(data.y[data.fold == f], minlength=n_classes).astype(np.float64)
    tested_left = np.stack([(below & (y == c)).sum(axis=1) for c in range(n_classes)], axis=1)
    left_class, right_class = left.argmax(axis=1), (totals - left).argmax(axis=1)
    right = tested_left[rows, left_class] + (tested - tested_left)[rows, right_class]
    right = np.where(splits, right, tested[totals.argmax()])
    return right / tested.sum(), gain


def _regress(
    data: Folded, f: int, ascending: Floats32, y: Floats, fold: Ints
) -> tuple[Floats, Floats]:
    centre = data.y[data.fold != f].mean()
    x, target = _training(ascending, y - centre, fold, f)
    n = x.shape[1]
    n_left = np.arange(1, n, dtype=np.float64)
    left = np.cumsum(target[:, :-1], axis=1)
    total = target.sum(axis=1, keepdims=True)
    quality = left**2 / n_left + (total - left) ** 2 / (n - n_left)
    at, gain, splits = _splits(x, quality)
    rows = np.arange(len(x))
    left_sum = left[rows, at - 1]
    left_mean = np.where(splits, left_sum / at, 0.0)
    right_mean = np.where(splits, (total[:, 0] - left_sum) / (n - at), 0.0)
    tests = fold == f
    below = _tests_below(ascending, tests, _threshold(x, at))
    predicted = np.where(below, left_mean[:, None], right_mean[:, None])
    residual = (np.where(tests, y - centre - predicted, 0.0) ** 2).sum(axis=1)
    mine = data.y[data.fold == f]
    spread = ((mine - mine.mean()) ** 2).sum()
    if not spread > 0:
        return np.full(len(x), np.nan), gain
    return np.maximum(1.0 - residual / spread, -1.0), gain
