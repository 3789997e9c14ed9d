"""Linear and quadratic discriminant analysis with shrunken covariances."""

from __future__ import annotations

from typing import Any

from metalearn.core.task import Kind
from metalearn.learners.algorithm import Algorithm, Estimator, Values, category, real
from metalearn.learners.arguments import KnownEstimator

__all__ = ["ALGORITHM"]


def _axes(kind: Kind) -> list[Any]:
    return [category("boundary", ["linear", "quadratic"]), real("shrinkage", 1e-3, 1.0, 0.1)]


def _build(kind: Kind, values: Values, seed: int) -> Estimator:
    from sklearn.discriminant_analysis import (
        LinearDiscriminantAnalysis,
        QuadraticDiscriminantAnalysis,
    )

    shrinkage = values["shrinkage"]
    if values["boundary"] == "linear":
        return LinearDiscriminantAnalysis(solver="lsqr", shrinkage=shrinkage)
    return QuadraticDiscriminantAnalysis(solver="eigen", shrinkage=shrinkage)


ALGORITHM = Algorithm(
    "discriminant_analysis",
    ("classification",),
    "scaled",
    _axes,
    _build,
    estimators=(
        KnownEstimator(
            "sklearn.discriminant_analysis:LinearDiscriminantAnalysis",
            "classification",
            fixed={"boundary": "linear"},
        ),
        KnownEstimator(
            "sklearn.discriminant_analysis:QuadraticDiscriminantAnalysis",
            "classification",
            fixed={"boundary": "quadratic"},
        ),
    ),
)
