"""Support vector regression with RBF, polynomial or sigmoid kernel."""

from __future__ import annotations

from typing import Any

from metalearn.core.task import Kind
from metalearn.learners.algorithm import Algorithm, Estimator, Values, real
from metalearn.learners.algorithms.kernels import kernel_arguments, kernel_axes
from metalearn.learners.arguments import GAMMA, KnownEstimator
from metalearn.learners.scaled_target import scaled_target

__all__ = ["ALGORITHM"]


def _axes(kind: Kind) -> list[Any]:
    return [*kernel_axes(), real("epsilon", 1e-3, 1.0, 0.1, log=True)]


def _build(kind: Kind, values: Values, seed: int) -> Estimator:
    from sklearn.svm import SVR

    arguments = kernel_arguments(values)
    return scaled_target(SVR(**arguments, epsilon=values["epsilon"], cache_size=500))


ALGORITHM = Algorithm(
    "svr",
    ("regression",),
    "scaled",
    _axes,
    _build,
    estimators=(KnownEstimator("sklearn.svm:SVR", "regression"),),
    arguments={"gamma": GAMMA},
    scales_target=True,
    growth=2.2,
)
