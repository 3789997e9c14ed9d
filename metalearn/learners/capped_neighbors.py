"""Nearest neighbours with at most as many neighbours as there are fitted rows.

Every configuration must work on every table: with 40 rows, 50 neighbours become 40.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor

__all__ = ["CappedNeighborsClassifier", "CappedNeighborsRegressor"]


@contextmanager
def _capped(model: Any) -> Iterator[None]:
    chosen = model.n_neighbors
    model.n_neighbors = min(chosen, getattr(model, "n_samples_fit_", chosen))
    try:
        yield
    finally:
        model.n_neighbors = chosen


class CappedNeighborsClassifier(KNeighborsClassifier):  # type: ignore[misc]  # untyped base
    """scikit-learn's classifier; all rows vote where fewer than `n_neighbors` were fitted."""

    def predict(self, X: Any) -> Any:
        """Return the classes, `(n,)`."""
        with _capped(self):
            return super().predict(X)

    def predict_proba(self, X: Any) -> Any:
        """Return the shares of the classes among the neighbours, `(n, n_classes)`."""
        with _capped(self):
            return super().predict_proba(X)


class CappedNeighborsRegressor(KNeighborsRegressor):  # type: ignore[misc]  # untyped base
    """scikit-learn's regressor; all rows count where fewer than `n_neighbors` were fitted."""

    def predict(self, X: Any) -> Any:
        """Return the means over the neighbours, `(n,)`."""
        with _capped(self):
            return super().predict(X)
