"""Ridge regression."""

from __future__ import annotations

from typing import Any

from metalearn.core.task import Kind
from metalearn.learners.algorithm import Algorithm, Estimator, Values, real
from metalearn.learners.arguments import KnownEstimator

__all__ = ["ALGORITHM"]


def _axes(kind: Kind) -> list[Any]:
    return [real("alpha", 1e-4, 1e4, 1.0, log=True)]


def _build(kind: Kind, values: Values, seed: int) -> Estimator:
    from sklearn.linear_model import Ridge

    return Ridge(alpha=values["alpha"], random_state=seed)


ALGORITHM = Algorithm(
    "ridge",
    ("regression",),
    "scaled",
    _axes,
    _build,
    estimators=(KnownEstimator("sklearn.linear_model:Ridge", "regression"),),
)
