"""XGBoost (Chen & Guestrin 2016); extra `boosting`.

Categories and missing values are the library's own; early stopping is off. The ranges are those of
published studies (rbv2, TabRepo), cut so that a fit on 2,000 rows takes seconds at most.
"""

from __future__ import annotations

from typing import Any

from metalearn.core.task import Kind
from metalearn.learners.algorithm import Algorithm, Estimator, Values, class_weight, real, whole
from metalearn.learners.arguments import Argument, both_kinds

__all__ = ["ALGORITHM"]


def _axes(kind: Kind) -> list[Any]:
    shared = [
        real("learning_rate", 0.01, 0.5, 0.3, log=True),
        whole("n_estimators", 32, 512, 100, log=True),
        whole("max_depth", 2, 12, 6, log=True),
        real("min_child_weight", 0.1, 32.0, 1.0, log=True),
        real("subsample", 0.5, 1.0, 1.0),
        real("colsample_bytree", 0.3, 1.0, 1.0),
        real("reg_lambda", 1e-3, 100.0, 1.0, log=True),
        real("reg_alpha", 1e-8, 10.0, 1e-8, log=True),
    ]
    return shared if kind == "regression" else [*shared, class_weight()]


def _build(kind: Kind, values: Values, seed: int) -> Estimator:
    from xgboost import XGBClassifier, XGBRegressor

    from metalearn.learners.native_boosting import Weight, native_boosting

    arguments = {name: value for name, value in values.items() if name != "class_weight"}
    arguments |= {"random_state": seed, "n_jobs": 1, "verbosity": 0, "tree_method": "hist",
                  "enable_categorical": True}  # fmt: skip
    weight: Weight = "balanced" if values.get("class_weight") == "balanced" else None
    return native_boosting(kind, XGBRegressor, XGBClassifier, arguments, class_weight=weight)


_UNSET: dict[str, Any] = {
    "learning_rate": 0.3,
    "n_estimators": 100,
    "max_depth": 6,
    "min_child_weight": 1.0,
    "subsample": 1.0,
    "colsample_bytree": 1.0,
    "reg_lambda": 1.0,
    "reg_alpha": 0.0,
}
ALGORITHM = Algorithm(
    "xgboost",
    ("classification", "regression"),
    "native",
    _axes,
    _build,
    package="xgboost",
    extra="boosting",
    estimators=both_kinds("xgboost:XGB", unset=_UNSET),
    arguments={
        "learning_rate": Argument(("learning_rate", "eta")),
        "n_estimators": Argument(("n_estimators", "num_boost_round")),
        "reg_lambda": Argument(("reg_lambda", "lambda")),
        "reg_alpha": Argument(("reg_alpha", "alpha")),
    },
)
