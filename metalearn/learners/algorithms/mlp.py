"""Multi-layer perceptron trained by Adam."""

from __future__ import annotations

from typing import Any

from metalearn.core.task import Kind
from metalearn.learners.algorithm import Algorithm, Estimator, Values, category, real, whole
from metalearn.learners.arguments import both_kinds
from metalearn.learners.scaled_target import scaled_target

__all__ = ["ALGORITHM"]


def _axes(kind: Kind) -> list[Any]:
    return [
        whole("n_layers", 1, 3, 1),
        whole("layer_size", 8, 256, 100, log=True),
        category("activation", ["relu", "tanh"]),
        real("alpha", 1e-7, 0.1, 1e-4, log=True),
        real("learning_rate_init", 1e-4, 0.03, 1e-3, log=True),
        whole("max_iter", 16, 128, 64, log=True),
    ]


def _build(kind: Kind, values: Values, seed: int) -> Estimator:
    from sklearn.neural_network import MLPClassifier, MLPRegressor

    names = ("activation", "alpha", "learning_rate_init", "max_iter")
    arguments = {name: values[name] for name in names}
    arguments["hidden_layer_sizes"] = (values["layer_size"],) * values["n_layers"]
    arguments["random_state"] = seed
    if kind == "regression":
        return scaled_target(MLPRegressor(**arguments))
    return MLPClassifier(**arguments)


ALGORITHM = Algorithm(
    "mlp",
    ("classification", "regression"),
    "scaled",
    _axes,
    _build,
    estimators=both_kinds("sklearn.neural_network:MLP"),
    scales_target=True,
)
