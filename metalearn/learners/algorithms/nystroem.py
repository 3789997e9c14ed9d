"""A linear model on features that approximate a kernel (Nystroem's method).

Kernel ridge or kernel logistic regression at a cost that is linear in the rows (Williams & Seeger
2001). Unlike `svc` it predicts probabilities.
"""

from __future__ import annotations

from typing import Any

from metalearn.core.task import Kind
from metalearn.learners.algorithm import Algorithm, Estimator, Values, category, real, whole
from metalearn.learners.algorithms.readout import linear_readout, readout_axes

__all__ = ["ALGORITHM"]


def _axes(kind: Kind) -> list[Any]:
    return [
        category("kernel", ["rbf", "laplacian"]),
        real("gamma", 1e-4, 1.0, 0.02, log=True),
        whole("n_components", 50, 600, 300, log=True),
        category("linear_part", ["yes", "no"]),
        *readout_axes(kind),
    ]


def _build(kind: Kind, values: Values, seed: int) -> Estimator:
    from sklearn.kernel_approximation import Nystroem
    from sklearn.pipeline import FeatureUnion

    from metalearn.learners.feature_steps import Unchanged

    names = ("kernel", "gamma", "n_components")
    features: Any = Nystroem(**{name: values[name] for name in names}, random_state=seed)
    if values["linear_part"] == "yes":
        features = FeatureUnion([("columns", Unchanged()), ("kernel", features)])
    return linear_readout(kind, values, features, seed)


ALGORITHM = Algorithm(
    "nystroem",
    ("classification", "regression"),
    "scaled",
    _axes,
    _build,
    scales_target=True,
)
