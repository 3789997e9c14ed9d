"""Gradient boosting on histograms."""

from __future__ import annotations

from typing import Any

from metalearn.core.task import Kind
from metalearn.learners.algorithm import Algorithm, Estimator, Values, class_weight, real, whole
from metalearn.learners.arguments import CLASS_WEIGHT, MAX_FEATURES, both_kinds

__all__ = ["ALGORITHM"]


def _axes(kind: Kind) -> list[Any]:
    shared = [
        real("learning_rate", 0.01, 1.0, 0.1, log=True),
        whole("max_iter", 16, 256, 100, log=True),
        whole("max_leaf_nodes", 3, 127, 31, log=True),
        whole("min_samples_leaf", 1, 100, 20, log=True),
        real("l2_regularization", 1e-10, 10.0, 1e-10, log=True),
        real("max_features", 0.2, 1.0, 1.0),
    ]
    return shared if kind == "regression" else [*shared, class_weight()]


def _build(kind: Kind, values: Values, seed: int) -> Estimator:
    from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor

    arguments = {**values, "random_state": seed, "early_stopping": False}
    if kind == "regression":
        return HistGradientBoostingRegressor(**arguments)
    if arguments["class_weight"] == "none":
        arguments["class_weight"] = None
    return HistGradientBoostingClassifier(**arguments)


ALGORITHM = Algorithm(
    "gradient_boosting",
    ("classification", "regression"),
    "ordinal",
    _axes,
    _build,
    estimators=both_kinds("sklearn.ensemble:HistGradientBoosting"),
    arguments={"max_features": MAX_FEATURES, "class_weight": CLASS_WEIGHT},
)
