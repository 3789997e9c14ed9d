"""What random forests and extra trees share: axes and arguments."""

from __future__ import annotations

from typing import Any

from metalearn.core.task import Kind
from metalearn.learners.algorithm import Values, category, real, whole

__all__ = ["forest_arguments", "forest_axes"]


def forest_axes(kind: Kind, *, bootstrap: bool) -> list[Any]:
    """Return the axes of a forest; `max_features` is the share of columns tried at each split."""
    shared = [
        whole("n_estimators", 16, 128, 100, log=True),
        real("max_features", 0.05, 1.0, 1.0 if kind == "regression" else 0.3),
        whole("min_samples_leaf", 1, 20, 1, log=True),
        whole("min_samples_split", 2, 20, 2, log=True),
        category("bootstrap", [bootstrap, not bootstrap]),
    ]
    if kind == "regression":
        return shared
    return [
        *shared,
        category("criterion", ["gini", "entropy"]),
        category("class_weight", ["none", "balanced"]),
    ]


def forest_arguments(kind: Kind, values: Values, seed: int) -> dict[str, Any]:
    """Return the scikit-learn arguments of a forest."""
    arguments = {**values, "random_state": seed, "n_jobs": 1}
    if kind == "classification" and values["class_weight"] == "none":
        arguments["class_weight"] = None
    return arguments
