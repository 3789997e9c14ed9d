"""A single decision tree."""

from __future__ import annotations

from typing import Any

from metalearn.core.task import Kind
from metalearn.learners.algorithm import Algorithm, Estimator, Values, category, real, whole
from metalearn.learners.arguments import CLASS_WEIGHT, MAX_DEPTH, MAX_FEATURES, both_kinds

__all__ = ["ALGORITHM"]


def _axes(kind: Kind) -> list[Any]:
    shared = [
        whole("max_depth", 1, 32, 32, log=True),
        whole("min_samples_leaf", 1, 64, 1, log=True),
        real("max_features", 0.1, 1.0, 1.0),
    ]
    if kind == "regression":
        return shared
    return [
        *shared,
        category("criterion", ["gini", "entropy"]),
        category("class_weight", ["none", "balanced"]),
    ]


def _build(kind: Kind, values: Values, seed: int) -> Estimator:
    from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

    names = ("max_depth", "min_samples_leaf", "max_features")
    shared = {name: values[name] for name in names} | {"random_state": seed}
    if kind == "regression":
        return DecisionTreeRegressor(**shared)
    weight = None if values["class_weight"] == "none" else "balanced"
    return DecisionTreeClassifier(criterion=values["criterion"], class_weight=weight, **shared)


ALGORITHM = Algorithm(
    "decision_tree",
    ("classification", "regression"),
    "ordinal",
    _axes,
    _build,
    estimators=both_kinds("sklearn.tree:DecisionTree"),
    arguments={"max_depth": MAX_DEPTH, "max_features": MAX_FEATURES, "class_weight": CLASS_WEIGHT},
    growth=1.1,
)
