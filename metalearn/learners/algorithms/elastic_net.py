"""Linear models with L1 and L2 penalties; classification by stochastic gradient descent."""

from __future__ import annotations

from typing import Any

from metalearn.core.task import Kind
from metalearn.learners.algorithm import Algorithm, Estimator, Values, category, real
from metalearn.learners.arguments import CLASS_WEIGHT, KnownEstimator
from metalearn.learners.scaled_target import scaled_target

__all__ = ["ALGORITHM"]


def _axes(kind: Kind) -> list[Any]:
    shared = [real("alpha", 1e-6, 1.0, 1e-3, log=True), real("l1_ratio", 0.0, 1.0, 0.5)]
    if kind == "regression":
        return shared
    return [*shared, category("class_weight", ["none", "balanced"])]


def _build(kind: Kind, values: Values, seed: int) -> Estimator:
    from sklearn.linear_model import ElasticNet, SGDClassifier

    penalties = {"alpha": values["alpha"], "l1_ratio": values["l1_ratio"], "random_state": seed}
    if kind == "regression":
        return scaled_target(ElasticNet(**penalties, max_iter=500))
    weight = None if values["class_weight"] == "none" else "balanced"
    return SGDClassifier("log_loss", penalty="elasticnet", class_weight=weight, **penalties)


ALGORITHM = Algorithm(
    "elastic_net",
    ("classification", "regression"),
    "scaled",
    _axes,
    _build,
    estimators=(
        KnownEstimator("sklearn.linear_model:ElasticNet", "regression"),
        KnownEstimator(
            "sklearn.linear_model:SGDClassifier",
            "classification",
            needs={"loss": "log_loss", "penalty": "elasticnet"},
        ),
    ),
    arguments={"class_weight": CLASS_WEIGHT},
    scales_target=True,
)
