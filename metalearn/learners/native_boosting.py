"""Boosting libraries behind one scikit-learn interface: any labels, category columns as they are.

XGBoost needs classes 0, 1, ... without gaps and has no class weights. CatBoost needs the names of
the category columns, and no missing values in them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin

from metalearn.core.task import Kind
from metalearn.learners.native_columns import category_columns

__all__ = ["NativeBoostingClassifier", "NativeBoostingRegressor", "Weight", "native_boosting"]

Categories = Literal["by_type", "by_name"]
Weight = Literal["balanced"] | None
_MISSING = ""  # a category of its own


def native_boosting(
    kind: Kind,
    regressor: type[Any],
    classifier: type[Any],
    arguments: Mapping[str, Any],
    categories: Categories = "by_type",
    class_weight: Weight = None,
) -> NativeBoostingRegressor | NativeBoostingClassifier:
    """Return the wrapper of a library's regressor or classifier, by the kind of task.

    Args:
        kind: Kind of task.
        regressor: The library's regressor.
        classifier: The library's classifier.
        arguments: Their arguments.
        categories: See `NativeBoostingClassifier`.
        class_weight: See `NativeBoostingClassifier`; regressors have none.
    """
    if kind == "regression":
        return NativeBoostingRegressor(regressor(**arguments), categories)
    return NativeBoostingClassifier(classifier(**arguments), categories, class_weight)


class _NativeBoosting(BaseEstimator):  # type: ignore[misc]  # scikit-learn is untyped
    """Base of the classifier and the regressor.

    Args:
        estimator: The library's estimator; it is copied before it is fitted.
        categories: `by_type` if the library reads them from the column's type, `by_name` if it
            takes their names.
    """

    def __init__(self, estimator: Any, categories: Categories = "by_type") -> None:
        self.estimator = estimator
        self.categories = categories

    def _fit(self, X: Any, y: Any, **options: Any) -> None:
        self.n_features_in_ = X.shape[1]
        if self.categories == "by_name" and isinstance(X, pd.DataFrame):
            options["cat_features"] = category_columns(X)
        self.estimator_ = type(self.estimator)(**self.estimator.get_params())
        self.estimator_.fit(self._columns(X), y, **options)

    def _columns(self, X: Any) -> Any:
        if self.categories == "by_type" or not isinstance(X, pd.DataFrame):
            return X
        names = category_columns(X)
        return X.assign(**{n: X[n].astype(object).where(X[n].notna(), _MISSING) for n in names})


class NativeBoostingRegressor(RegressorMixin, _NativeBoosting):  # type: ignore[misc]
    """A boosting library's regressor."""

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> NativeBoostingRegressor:
        """Fit on `X (n, d)` and `y (n,)`, with weights of rows, `(n,)`, if there are any."""
        self._fit(X, np.asarray(y, dtype=np.float64), sample_weight=sample_weight)
        return self

    def predict(self, X: Any) -> Any:
        """Return the predictions, `(n,)`."""
        return np.asarray(self.estimator_.predict(self._columns(X)), dtype=np.float64).ravel()


class NativeBoostingClassifier(ClassifierMixin, _NativeBoosting):  # type: ignore[misc]
    """A boosting library's classifier.

    Args:
        estimator: The library's classifier.
        categories: `by_type` if the library reads them from the column's type, `by_name` if it
            takes their names.
        class_weight: `balanced` gives all classes equal total weight; None does not.
    """

    def __init__(
        self,
        estimator: Any,
        categories: Categories = "by_type",
        class_weight: Weight = None,
    ) -> None:
        super().__init__(estimator, categories)
        self.class_weight = class_weight

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> NativeBoostingClassifier:
        """Fit on `X (n, d)` and labels `y (n,)` of any type, with weights of rows if any."""
        from sklearn.utils.class_weight import compute_sample_weight

        self.classes_, codes = np.unique(np.asarray(y), return_inverse=True)
        weights = sample_weight
        if self.class_weight is not None:
            balanced = compute_sample_weight(self.class_weight, codes)
            weights = balanced if weights is None else balanced * np.asarray(weights)
        self._fit(X, codes, sample_weight=weights)
        return self

    def predict_proba(self, X: Any) -> Any:
        """Return the probabilities of the classes, `(n, n_classes)`."""
        return np.asarray(self.estimator_.predict_proba(self._columns(X)), dtype=np.float64)

    def predict(self, X: Any) -> Any:
        """Return the labels, `(n,)`."""
        return self.classes_[np.argmax(self.predict_proba(X), axis=1)]
