"""Linear models with an L2 penalty on computed features, which several learners share."""

from __future__ import annotations

from typing import Any

from metalearn.core.task import Kind
from metalearn.learners.algorithm import Estimator, Values, class_weight, real
from metalearn.learners.algorithms import logistic_regression, ridge
from metalearn.learners.scaled_target import scaled_target

__all__ = ["linear_readout", "readout_axes"]


def readout_axes(kind: Kind) -> list[Any]:
    """Return the axes: `alpha` for regression, `C` and `class_weight` for classification."""
    if kind == "regression":
        return [real("alpha", 1e-4, 1e3, 0.1, log=True)]
    return [real("C", 1e-3, 1e4, 1.0, log=True), class_weight()]


def linear_readout(kind: Kind, values: Values, features: Any, seed: int) -> Estimator:
    """Return an unfitted pipeline: `features`, then ridge or logistic regression.

    Args:
        kind: Kind of task.
        values: Active hyperparameters, with those of `readout_axes`.
        features: An unfitted transformer.
        seed: Seed of the solver.
    """
    from sklearn.pipeline import Pipeline

    linear = ridge.ALGORITHM if kind == "regression" else logistic_regression.ALGORITHM
    model = Pipeline([("features", features), ("linear", linear.build(kind, values, seed))])
    return scaled_target(model) if kind == "regression" else model
