"""Steps that compute features for linear models, as scikit-learn lacks them."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.preprocessing import SplineTransformer

from metalearn.core.arrays import Floats

__all__ = ["SplineColumns", "Unchanged"]

_MOST_OUTPUTS = 2000
_FEWEST_KNOTS = 3


class Unchanged(TransformerMixin, BaseEstimator):  # type: ignore[misc]  # untyped bases
    """Passes its input on: the empty branch of a union.

    scikit-learn puts a `FunctionTransformer` in the place of "passthrough", which model files do
    not admit because it may hold any function.
    """

    def fit(self, X: Any, y: Any = None) -> Unchanged:  # noqa: ARG002  # scikit-learn's signature
        """Remember the number of columns."""
        self.n_features_in_ = X.shape[1]
        return self

    def transform(self, X: Any) -> Any:
        """Return `X`."""
        return X


class SplineColumns(TransformerMixin, BaseEstimator):  # type: ignore[misc]  # untyped bases
    """Replaces columns of many values by a basis of splines; columns of few values stay.

    The knots are at distinct quantiles, so ties do not collapse the basis. Outside the knots the
    functions are linear. On wide tables the columns get fewer knots, and stay where there is not
    room for three of them.

    Args:
        n_knots: Greatest number of knots of a column, at least 3.
        degree: Degree of the polynomials between knots.
    """

    def __init__(self, n_knots: int = 6, degree: int = 3) -> None:
        self.n_knots = n_knots
        self.degree = degree

    def fit(self, X: Any, y: Any = None) -> SplineColumns:  # noqa: ARG002  # scikit-learn's signature
        """Place the knots by `X (n, d)`, a finite matrix."""
        X = np.asarray(X, dtype=np.float64)
        self.n_features_in_ = X.shape[1]
        room = _MOST_OUTPUTS // max(X.shape[1], 1) - self.degree + 1
        self.knots_ = [_knots(column, min(self.n_knots, room)) for column in X.T]
        return self

    def transform(self, X: Any) -> Floats:
        """Return the columns that stay, then the splines, `(n, n_outputs)`."""
        X = np.asarray(X, dtype=np.float64)
        curved = [len(knots) >= _FEWEST_KNOTS for knots in self.knots_]
        splines = [
            self._spline(knots).transform(column[:, None])
            for column, knots, is_curved in zip(X.T, self.knots_, curved, strict=True)
            if is_curved
        ]
        return np.hstack([X[:, np.logical_not(curved)], *splines])

    def _spline(self, knots: Floats) -> SplineTransformer:
        """Return the basis; the knots alone define it, so that nothing else is kept."""
        at = knots[:, None]
        basis = SplineTransformer(
            degree=self.degree, knots=at, extrapolation="linear", include_bias=False
        )
        return basis.fit(at)


def _knots(values: Floats, n: int) -> Floats:
    """Return at most `n` distinct quantiles; none for a column of few values or for no room."""
    if n < _FEWEST_KNOTS or len(np.unique(values)) <= n:
        return np.empty(0)
    return np.unique(np.quantile(values, np.linspace(0.0, 1.0, n)))
