"""Random forest."""

from __future__ import annotations

from typing import Any

from metalearn.core.task import Kind
from metalearn.learners.algorithm import Algorithm, Estimator, Values
from metalearn.learners.algorithms.forests import forest_arguments, forest_axes
from metalearn.learners.arguments import CLASS_WEIGHT, MAX_FEATURES, both_kinds

__all__ = ["ALGORITHM"]


def _axes(kind: Kind) -> list[Any]:
    return forest_axes(kind, bootstrap=True)


def _build(kind: Kind, values: Values, seed: int) -> Estimator:
    from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor

    chosen = RandomForestRegressor if kind == "regression" else RandomForestClassifier
    return chosen(**forest_arguments(kind, values, seed))


ALGORITHM = Algorithm(
    "random_forest",
    ("classification", "regression"),
    "ordinal",
    _axes,
    _build,
    estimators=both_kinds("sklearn.ensemble:RandomForest"),
    arguments={"max_features": MAX_FEATURES, "class_weight": CLASS_WEIGHT},
    growth=1.1,
)
