"""k nearest neighbours."""

from __future__ import annotations

from typing import Any

from metalearn.core.task import Kind
from metalearn.learners.algorithm import Algorithm, Estimator, Values, category, whole
from metalearn.learners.arguments import both_kinds

__all__ = ["ALGORITHM"]


def _axes(kind: Kind) -> list[Any]:
    return [
        whole("n_neighbors", 1, 50, 5, log=True),
        category("weights", ["uniform", "distance"]),
        whole("p", 1, 2, 2),
    ]


def _build(kind: Kind, values: Values, seed: int) -> Estimator:
    from metalearn.learners.capped_neighbors import (
        CappedNeighborsClassifier,
        CappedNeighborsRegressor,
    )

    is_regression = kind == "regression"
    chosen = CappedNeighborsRegressor if is_regression else CappedNeighborsClassifier
    return chosen(values["n_neighbors"], weights=values["weights"], p=values["p"])


ALGORITHM = Algorithm(
    "k_nearest_neighbors",
    ("classification", "regression"),
    "scaled",
    _axes,
    _build,
    estimators=both_kinds("sklearn.neighbors:KNeighbors"),
    growth=2.0,
)
