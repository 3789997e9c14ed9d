"""Extremely randomised trees."""

from __future__ import annotations

from typing import Any

from metalearn.core.task import Kind
from metalearn.learners.algorithm import Algorithm, Estimator, Values
from metalearn.learners.algorithms.forests import forest_arguments, forest_axes
from metalearn.learners.arguments import CLASS_WEIGHT, MAX_FEATURES, both_kinds

__all__ = ["ALGORITHM"]


def _axes(kind: Kind) -> list[Any]:
    return forest_axes(kind, bootstrap=False)


def _build(kind: Kind, values: Values, seed: int) -> Estimator:
    from sklearn.ensemble import ExtraTreesClassifier, ExtraTreesRegressor

    chosen = ExtraTreesRegressor if kind == "regression" else ExtraTreesClassifier
    return chosen(**forest_arguments(kind, values, seed))


ALGORITHM = Algorithm(
    "extra_trees",
    ("classification", "regression"),
    "ordinal",
    _axes,
    _build,
    estimators=both_kinds("sklearn.ensemble:ExtraTrees"),
    arguments={"max_features": MAX_FEATURES, "class_weight": CLASS_WEIGHT},
    growth=1.1,
)
