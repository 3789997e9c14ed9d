"""Logistic regression with an L2 penalty."""

from __future__ import annotations

from typing import Any

from metalearn.core.task import Kind
from metalearn.learners.algorithm import Algorithm, Estimator, Values, category, real
from metalearn.learners.arguments import CLASS_WEIGHT, KnownEstimator

__all__ = ["ALGORITHM"]


def _axes(kind: Kind) -> list[Any]:
    return [real("C", 1e-4, 1e4, 1.0, log=True), category("class_weight", ["none", "balanced"])]


def _build(kind: Kind, values: Values, seed: int) -> Estimator:
    from sklearn.linear_model import LogisticRegression

    weight = None if values["class_weight"] == "none" else "balanced"
    return LogisticRegression(C=values["C"], class_weight=weight, max_iter=300, random_state=seed)


ALGORITHM = Algorithm(
    "logistic_regression",
    ("classification",),
    "scaled",
    _axes,
    _build,
    estimators=(KnownEstimator("sklearn.linear_model:LogisticRegression", "classification"),),
    arguments={"class_weight": CLASS_WEIGHT},
)
