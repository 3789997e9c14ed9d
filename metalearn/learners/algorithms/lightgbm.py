"""LightGBM; an extra."""

from __future__ import annotations

from typing import Any

from metalearn.core.task import Kind
from metalearn.learners.algorithm import Algorithm, Estimator, Values, real, whole
from metalearn.learners.arguments import Argument, both_kinds

__all__ = ["ALGORITHM"]


def _axes(kind: Kind) -> list[Any]:
    return [
        real("learning_rate", 0.01, 0.5, 0.1, log=True),
        whole("n_estimators", 16, 256, 100, log=True),
        whole("num_leaves", 3, 127, 31, log=True),
        whole("min_child_samples", 1, 100, 20, log=True),
        real("colsample_bytree", 0.2, 1.0, 1.0),
        real("reg_lambda", 1e-8, 10.0, 1e-8, log=True),
    ]


def _build(kind: Kind, values: Values, seed: int) -> Estimator:
    from lightgbm import LGBMClassifier, LGBMRegressor

    chosen = LGBMRegressor if kind == "regression" else LGBMClassifier
    return chosen(**values, random_state=seed, n_jobs=1, verbose=-1, deterministic=True)


ALGORITHM = Algorithm(
    "lightgbm",
    ("classification", "regression"),
    "ordinal",
    _axes,
    _build,
    package="lightgbm",
    estimators=both_kinds("lightgbm:LGBM"),
    arguments={
        "n_estimators": Argument(("n_estimators", "num_iterations", "num_boost_round")),
        "min_child_samples": Argument(("min_child_samples", "min_data_in_leaf")),
        "colsample_bytree": Argument(("colsample_bytree", "feature_fraction")),
        "reg_lambda": Argument(("reg_lambda", "lambda_l2")),
    },
    extra="lightgbm",
)
