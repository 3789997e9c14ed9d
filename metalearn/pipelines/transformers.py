"""Transformers that scikit-learn lacks: sizes relative to the columns, and stacked estimators."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin, clone

from metalearn.core.task import Kind
from metalearn.errors import EvaluationError
from metalearn.learners.predictions import class_predictions, number_predictions

__all__ = ["MAX_SQUARE", "Polynomial", "SizedByColumns", "StackedEstimator"]

MAX_SQUARE = 500
"""Square of the number of columns up to which products of pairs of columns are formed."""
_N_FOLDS = 3


class SizedByColumns(TransformerMixin, BaseEstimator):  # type: ignore[misc]  # untyped bases
    """A transformer whose number of outputs is a share of the columns, or at most all of them.

    Args:
        transformer: A transformer of scikit-learn; it is copied before it is fitted.
        argument: Its argument that is the number of outputs.
        size: A share in (0, 1] if it is a float, a number if it is an integer.
        by_rows: Whether there may not be more outputs than rows either.
    """

    def __init__(
        self, transformer: Any, argument: str, size: float | int, by_rows: bool = False
    ) -> None:
        self.transformer = transformer
        self.argument = argument
        self.size = size
        self.by_rows = by_rows

    def fit(self, X: Any, y: Any = None) -> SizedByColumns:
        """Fit the transformer to `X (n, d)`."""
        most = min(X.shape) if self.by_rows else X.shape[1]
        wanted = self.size * X.shape[1] if isinstance(self.size, float) else self.size
        self.size_ = int(min(max(round(wanted), 1), most))
        self.n_features_in_ = X.shape[1]
        self.transformer_ = clone(self.transformer).set_params(**{self.argument: self.size_})
        self.transformer_.fit(X, y)
        return self

    def transform(self, X: Any) -> Any:
        """Return the outputs, `(n, size_)`."""
        return self.transformer_.transform(X)


class Polynomial(TransformerMixin, BaseEstimator):  # type: ignore[misc]  # untyped bases
    """The columns with their pairwise products, for tables of few columns.

    Args:
        interaction_only: Whether squares are left out.
    """

    def __init__(self, interaction_only: bool = False) -> None:
        self.interaction_only = interaction_only

    def fit(self, X: Any, y: Any = None) -> Polynomial:  # noqa: ARG002  # scikit-learn's signature
        """Remember the number of columns.

        Raises:
            EvaluationError: If there are more columns than the products of pairs allow.
        """
        from sklearn.preprocessing import PolynomialFeatures

        self.n_features_in_ = X.shape[1]
        if self.n_features_in_**2 > MAX_SQUARE:
            raise EvaluationError(
                f"polynomial: {self.n_features_in_} columns have more than {MAX_SQUARE} products "
                "of pairs; select columns or reduce them in an earlier step"
            )
        self.products_ = PolynomialFeatures(
            2, interaction_only=self.interaction_only, include_bias=False
        ).fit(X)
        return self

    def transform(self, X: Any) -> Any:
        """Return the columns and their products."""
        return self.products_.transform(X)


class StackedEstimator(TransformerMixin, BaseEstimator):  # type: ignore[misc]  # untyped bases
    """The columns with the predictions of an estimator beside them.

    Rows that it is fitted on get out-of-fold predictions, so the next step does not learn from
    predictions of models that have seen the target of the row. Other rows get those of a model
    fitted on all rows.

    Args:
        estimator: A classifier or regressor.
        kind: Kind of task.
        seed: Seed of the folds.
    """

    def __init__(self, estimator: Any, kind: Kind = "classification", seed: int = 0) -> None:
        self.estimator = estimator
        self.kind = kind
        self.seed = seed

    def fit(self, X: Any, y: Any) -> StackedEstimator:
        """Fit the estimator on all rows."""
        self.n_features_in_ = X.shape[1]
        self.classes_ = None if self.kind == "regression" else np.unique(y)
        self.estimator_ = clone(self.estimator).fit(X, y)
        return self

    def transform(self, X: Any) -> Any:
        """Return the columns and the predictions."""
        return np.column_stack([np.asarray(X), self._predicted(self.estimator_, X)])

    def fit_transform(self, X: Any, y: Any) -> Any:
        """Fit the estimator, and return the columns with out-of-fold predictions."""
        from sklearn.model_selection import KFold, StratifiedKFold

        self.fit(X, y)
        y = np.asarray(y)
        made = KFold if self.kind == "regression" else StratifiedKFold
        if self.classes_ is not None and np.unique(y, return_counts=True)[1].max() < _N_FOLDS:
            made = KFold
        folds = made(_N_FOLDS, shuffle=True, random_state=self.seed)
        found: Any = None
        for train, test in folds.split(X, y):
            part = self._predicted(clone(self.estimator).fit(X[train], y[train]), X[test])
            found = np.zeros((len(y), part.shape[1])) if found is None else found
            found[test] = part
        return np.column_stack([np.asarray(X), found])

    def _predicted(self, model: Any, X: Any) -> Any:
        """Return `(n, n_outputs)` predictions: numbers, or values of all classes but the first."""
        if self.classes_ is None:
            return number_predictions(model, X).values[:, None]
        return class_predictions(model, X, self.classes_).values[:, 1:]
