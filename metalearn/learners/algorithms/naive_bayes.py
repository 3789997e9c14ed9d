"""Gaussian naive Bayes."""

from __future__ import annotations

from typing import Any

from metalearn.core.task import Kind
from metalearn.learners.algorithm import Algorithm, Estimator, Values, real
from metalearn.learners.arguments import KnownEstimator

__all__ = ["ALGORITHM"]


def _axes(kind: Kind) -> list[Any]:
    return [real("var_smoothing", 1e-12, 10.0, 1e-9, log=True)]


def _build(kind: Kind, values: Values, seed: int) -> Estimator:
    from sklearn.naive_bayes import GaussianNB

    return GaussianNB(var_smoothing=values["var_smoothing"])


ALGORITHM = Algorithm(
    "naive_bayes",
    ("classification",),
    "scaled",
    _axes,
    _build,
    estimators=(KnownEstimator("sklearn.naive_bayes:GaussianNB", "classification"),),
)
