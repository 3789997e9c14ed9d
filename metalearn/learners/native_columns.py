"""Columns for boosting that reads categories and missing values itself.

Numbers become floats, missing ones NaN; categories become a pandas category of the values seen
when fitting, missing and unseen ones NaN.
"""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, TransformerMixin

__all__ = ["NativeColumns", "category_columns"]

_NOT_IN_NAMES = re.compile(r"[\[\]<>{}\",:\\]+")  # XGBoost and LightGBM refuse these characters


def category_columns(X: pd.DataFrame) -> list[str]:
    """Return the names of the columns that are categories, in their order."""
    return [name for name in X.columns if isinstance(X[name].dtype, pd.CategoricalDtype)]


class NativeColumns(TransformerMixin, BaseEstimator):  # type: ignore[misc]  # scikit-learn is untyped
    """The last step of the preparation `native`: fixed categories, float numbers, plain names."""

    def fit(self, X: pd.DataFrame, y: Any = None) -> NativeColumns:  # noqa: ARG002  # scikit-learn's signature
        """Remember the categories of each category column, sorted."""
        self.n_features_in_ = X.shape[1]
        self.feature_names_in_ = np.array(X.columns, dtype=object)
        self.categories_: dict[str, list[str]] = {
            name: sorted(X[name].dropna().astype(str).unique()) for name in category_columns(X)
        }
        return self

    def transform(self, X: pd.DataFrame) -> pd.DataFrame:
        """Return categories and float columns, `(n, n_features)`."""
        columns = [self._column(X[name], str(name)) for name in self.feature_names_in_]
        return pd.DataFrame(dict(zip(self._names(), columns, strict=True)), index=X.index)

    def get_feature_names_out(self, input_features: Any = None) -> Any:  # noqa: ARG002  # scikit-learn's signature
        """Return the names of the columns, `(n_features,)`."""
        return np.array(self._names(), dtype=object)

    def _column(self, column: pd.Series, name: str) -> Any:
        if name not in self.categories_:
            values = column.to_numpy(dtype=np.float64, na_value=np.nan)
            return np.where(np.isfinite(values), values, np.nan)
        known = self.categories_[name]
        text = column.astype(object).map(str, na_action="ignore")
        return pd.Categorical(text.where(text.isin(known)), categories=known)

    def _names(self) -> list[str]:
        plain = [_NOT_IN_NAMES.sub("_", str(name)) for name in self.feature_names_in_]
        twice = {name for name in plain if plain.count(name) > 1}
        return [f"{i}_{name}" if name in twice else name for i, name in enumerate(plain)]
