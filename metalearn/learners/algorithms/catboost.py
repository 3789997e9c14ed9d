"""CatBoost (Prokhorenkova et al. 2018); extra `boosting`.

Categories and missing values are the library's own; early stopping is off. A fit on 2,000 rows
shall take seconds, so the default is 256 trees at a learning rate of 0.1, not 1,000 at a tenth of
it; there are 64 borders per column instead of 254 and no statistics of combinations of
categories. Categories of up to 16 values, not 2, are one-hot: with several classes, statistics of
all of them took twenty times longer and scored no better.
"""

from __future__ import annotations

from typing import Any

from metalearn.core.task import Kind
from metalearn.learners.algorithm import Algorithm, Estimator, Values, class_weight, real, whole
from metalearn.learners.arguments import Argument, both_kinds

__all__ = ["ALGORITHM"]


def _axes(kind: Kind) -> list[Any]:
    shared = [
        whole("iterations", 64, 512, 256, log=True),
        real("learning_rate", 0.01, 0.3, 0.1, log=True),
        whole("depth", 3, 8, 6),
        real("l2_leaf_reg", 0.3, 30.0, 3.0, log=True),
        real("random_strength", 0.1, 10.0, 1.0, log=True),
        real("rsm", 0.3, 1.0, 1.0),
        whole("one_hot_max_size", 4, 64, 16, log=True),
    ]
    return shared if kind == "regression" else [*shared, class_weight()]


def _build(kind: Kind, values: Values, seed: int) -> Estimator:
    from catboost import CatBoostClassifier, CatBoostRegressor

    from metalearn.learners.native_boosting import native_boosting

    arguments = {name: value for name, value in values.items() if name != "class_weight"}
    arguments |= {"random_seed": seed, "thread_count": 1, "verbose": False, "border_count": 64,
                  "max_ctr_complexity": 1, "allow_writing_files": False}  # fmt: skip
    if values.get("class_weight") == "balanced":
        arguments["auto_class_weights"] = "Balanced"
    return native_boosting(kind, CatBoostRegressor, CatBoostClassifier, arguments, "by_name")


# Without one_hot_max_size: the 2 of the library lies outside our axis, which has no use for it.
_UNSET: dict[str, Any] = {
    "iterations": 1000,
    "depth": 6,
    "l2_leaf_reg": 3.0,
    "random_strength": 1.0,
    "rsm": 1.0,
}
ALGORITHM = Algorithm(
    "catboost",
    ("classification", "regression"),
    "native",
    _axes,
    _build,
    package="catboost",
    extra="boosting",
    estimators=both_kinds("catboost:CatBoost", unset=_UNSET),
    arguments={
        "iterations": Argument(("iterations", "n_estimators", "num_boost_round", "num_trees")),
        "learning_rate": Argument(("learning_rate", "eta")),
        "depth": Argument(("depth", "max_depth")),
        "l2_leaf_reg": Argument(("l2_leaf_reg", "reg_lambda")),
        "rsm": Argument(("rsm", "colsample_bylevel")),
        "class_weight": Argument(
            ("auto_class_weights",), words={"none": None, "balanced": "Balanced"}
        ),
    },
)
