"""Support vector classification with RBF, polynomial or sigmoid kernel."""

from __future__ import annotations

from typing import Any

from metalearn.core.task import Kind
from metalearn.learners.algorithm import Algorithm, Estimator, Values, class_weight
from metalearn.learners.algorithms.kernels import kernel_arguments, kernel_axes
from metalearn.learners.arguments import CLASS_WEIGHT, GAMMA, KnownEstimator

__all__ = ["ALGORITHM"]


def _axes(kind: Kind) -> list[Any]:
    return [*kernel_axes(), class_weight()]


def _build(kind: Kind, values: Values, seed: int) -> Estimator:
    from sklearn.svm import SVC

    weight = None if values["class_weight"] == "none" else "balanced"
    return SVC(**kernel_arguments(values), class_weight=weight, cache_size=500, random_state=seed)


ALGORITHM = Algorithm(
    "svc",
    ("classification",),
    "scaled",
    _axes,
    _build,
    estimators=(KnownEstimator("sklearn.svm:SVC", "classification"),),
    arguments={"gamma": GAMMA, "class_weight": CLASS_WEIGHT},
    growth=2.2,
)
