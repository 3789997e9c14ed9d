"""Target encoding: a category becomes the mean of the target among its rows, shrunken.

Rows that the encoding is learned from get means of other folds, so no row sees its own target
(Micci-Barreca 2001, with the cross-fitting of scikit-learn's `TargetEncoder`).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, TransformerMixin

from metalearn.learners.native_columns import category_columns

__all__ = ["TargetColumns"]

_N_FOLDS = 5


class TargetColumns(TransformerMixin, BaseEstimator):  # type: ignore[misc]  # untyped bases
    """From a frame of numbers and categories to a matrix of numbers, missing numbers as NaN.

    A column of categories becomes one column, or one per class for three and more classes. Missing
    categories count as a category; unseen ones get the mean of the target.

    Args:
        is_regression: Whether the target is a number, not a class.
    """

    def __init__(self, is_regression: bool = False) -> None:
        self.is_regression = is_regression

    def fit(self, X: pd.DataFrame, y: Any) -> TargetColumns:
        """Learn the means of all categories."""
        self.fit_transform(X, y)
        return self

    def fit_transform(self, X: pd.DataFrame, y: Any) -> Any:
        """Learn the means, and return the rows with those of other folds, `(n, n_outputs)`."""
        from sklearn.model_selection import KFold

        self.n_features_in_ = X.shape[1]
        self.categories_ = category_columns(X)
        self.encoders_: list[Any] = []
        if not self.categories_:
            return self._stacked(X, None)
        texts, targets = self._texts(X), self._targets(np.asarray(y))
        self.encoders_ = _fitted(texts, targets)
        means = np.empty((len(texts), texts.shape[1] * targets.shape[1]))
        folds = KFold(max(2, min(_N_FOLDS, len(texts))), shuffle=True, random_state=0)
        for train, test in folds.split(texts):
            means[test] = _means(_fitted(texts[train], targets[train]), texts[test])
        return self._stacked(X, means)

    def transform(self, X: pd.DataFrame) -> Any:
        """Return the matrix of other rows, `(n, n_outputs)`."""
        means = _means(self.encoders_, self._texts(X)) if self.encoders_ else None
        return self._stacked(X, means)

    def _targets(self, y: Any) -> Any:
        """Return what means are taken of: the numbers, or an indicator per class, `(n, k)`."""
        if self.is_regression:
            return y[:, None].astype(np.float64)
        classes = np.unique(y)
        return (y[:, None] == (classes[1:] if len(classes) == 2 else classes)).astype(np.float64)

    def _texts(self, X: pd.DataFrame) -> Any:
        """Return the categories as text, `(n, n_categories)`; a missing one is a text as well."""
        columns = [X[name].astype(object).where(X[name].notna(), "") for name in self.categories_]
        return np.column_stack([column.to_numpy(dtype=object) for column in columns])

    def _stacked(self, X: pd.DataFrame, means: Any) -> Any:
        numbers = X.drop(columns=self.categories_).to_numpy(dtype=np.float64)
        return numbers if means is None else np.column_stack([numbers, means])


def _fitted(texts: Any, targets: Any) -> list[Any]:
    """Return one fitted encoder per column of the targets."""
    from sklearn.preprocessing import TargetEncoder

    return [TargetEncoder(target_type="continuous").fit(texts, y) for y in targets.T]


def _means(encoders: Sequence[Any], texts: Any) -> Any:
    return np.column_stack([encoder.transform(texts) for encoder in encoders])
