"""Support vector machine with a linear kernel, by coordinate descent."""

from __future__ import annotations

from typing import Any

from metalearn.core.task import Kind
from metalearn.learners.algorithm import Algorithm, Estimator, Values, class_weight, real
from metalearn.learners.arguments import CLASS_WEIGHT, KnownEstimator
from metalearn.learners.scaled_target import scaled_target

__all__ = ["ALGORITHM"]


def _axes(kind: Kind) -> list[Any]:
    C = real("C", 1e-4, 1e3, 1.0, log=True)
    if kind == "regression":
        return [C, real("epsilon", 1e-3, 1.0, 0.1, log=True)]
    return [C, class_weight()]


def _build(kind: Kind, values: Values, seed: int) -> Estimator:
    from sklearn.svm import LinearSVC, LinearSVR

    if kind == "regression":
        model = LinearSVR(C=values["C"], epsilon=values["epsilon"], random_state=seed, dual="auto",
                          loss="squared_epsilon_insensitive")  # fmt: skip
        return scaled_target(model)
    weight = None if values["class_weight"] == "none" else "balanced"
    return LinearSVC(C=values["C"], class_weight=weight, dual="auto", random_state=seed)


ALGORITHM = Algorithm(
    "linear_svm",
    ("classification", "regression"),
    "scaled",
    _axes,
    _build,
    estimators=(
        KnownEstimator("sklearn.svm:LinearSVC", "classification"),
        KnownEstimator("sklearn.svm:LinearSVR", "regression"),
    ),
    arguments={"class_weight": CLASS_WEIGHT},
    scales_target=True,
    growth=1.3,
)
