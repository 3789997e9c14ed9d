"""Rows, columns and ten folds for the landmarkers.

Folds of classification are those of scikit-learn's `StratifiedKFold` without shuffling, which
pymfe uses; folds of regression assign the rows, sorted by target, to the folds in turn.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from metalearn.core.arrays import Floats, Ints
from metalearn.metafeatures.encoded import encoded, imputed, indicator_counts
from metalearn.metafeatures.registry import shared
from metalearn.metafeatures.scatter import select_columns
from metalearn.metafeatures.undefined import Undefined
from metalearn.metafeatures.view import DatasetView

__all__ = ["Folded", "centred_block", "folded", "stratified_folds"]

N_FOLDS = 10
MIN_ROWS = 500


@dataclass(frozen=True, slots=True)
class Folded:
    """Training and test data of the landmarkers.

    Attributes:
        block: `(n_columns, n_rows)`, encoded, missing numbers imputed.
        y: `(n_rows,)`: class codes, or numbers.
        n_classes: Number of classes; 0 for regression.
        fold: `(n_rows,)`, the fold in which a row is tested.
        n_folds: Number of folds.
        view: The (sampled) view that they come from.
    """

    block: Floats
    y: Floats | Ints
    n_classes: int
    fold: Ints
    n_folds: int
    view: DatasetView

    @property
    def n_rows(self) -> int:
        """Number of rows."""
        return len(self.y)


@shared
def folded(view: DatasetView) -> Folded:
    """Return the rows, columns and folds of the landmarkers.

    Raises:
        Undefined: If no class has two rows, or there are fewer than four rows for regression.
    """
    indicators = indicator_counts(view)
    width = (len(view.numeric) + indicators) * max(view.n_classes, 2)
    rows = min(view.limits.landmarker_rows, view.limits.landmarker_cells // max(width, 1))
    if view.n_rows > max(rows, MIN_ROWS):
        sampled = view.sample(max(rows, MIN_ROWS), "landmarkers")
        view = sampled.with_indicators(indicators)
    block, columns = imputed(view), select_columns(view)
    if len(columns) < len(encoded(view)):
        block = block[columns]
    if view.kind == "classification":
        largest = int(np.bincount(view.y.astype(np.int64), minlength=1).max())
        if largest < 2 or view.n_classes < 2:
            raise Undefined("landmarkers need two classes, and two rows of one class")
        n_folds = min(N_FOLDS, largest)
        fold = stratified_folds(view.y.astype(np.int64), n_folds)
    else:
        if view.n_rows < 4:
            raise Undefined("landmarkers need at least four rows")
        n_folds = min(N_FOLDS, view.n_rows // 2)
        fold = np.empty(view.n_rows, dtype=np.int64)
        fold[np.argsort(view.y, kind="stable")] = np.arange(view.n_rows) % n_folds
    return Folded(block, view.y, view.n_classes, fold, n_folds, view)


@shared
def centred_block(view: DatasetView) -> Floats:
    """Return the landmarkers' block minus the mean of each column, `(n_columns, n_rows)`."""
    block = folded(view).block
    return np.asarray(block - block.mean(axis=1, keepdims=True))


def stratified_folds(y: Ints, n_folds: int) -> Ints:
    """Return the fold of each row, as `StratifiedKFold(n_folds)` does without shuffling.

    Args:
        y: `(n,)`, codes of classes that all occur.
        n_folds: Number of folds.
    """
    _, first = np.unique(y, return_index=True)
    code = np.argsort(np.argsort(first))[y]  # classes in the order in which they appear
    ascending = np.sort(code)
    n_classes = len(first)
    sizes = np.array(
        [np.bincount(ascending[i::n_folds], minlength=n_classes) for i in range(n_folds)]
    )
    fold = np.empty(len(y), dtype=np.int64)
    for c in range(n_classes):
        fold[code == c] = np.repeat(np.arange(n_folds), sizes[:, c])
    return fold
