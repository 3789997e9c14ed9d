"""AdaBoost over shallow decision trees."""

from __future__ import annotations

from typing import Any

from metalearn.core.task import Kind
from metalearn.learners.algorithm import Algorithm, Estimator, Values, real, whole
from metalearn.learners.arguments import MAX_DEPTH, Argument, both_kinds

__all__ = ["ALGORITHM"]


def _axes(kind: Kind) -> list[Any]:
    return [
        whole("n_estimators", 16, 256, 50, log=True),
        real("learning_rate", 0.01, 2.0, 1.0, log=True),
        whole("max_depth", 1, 10, 3 if kind == "regression" else 1),
    ]


def _build(kind: Kind, values: Values, seed: int) -> Estimator:
    from sklearn.ensemble import AdaBoostClassifier, AdaBoostRegressor
    from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

    is_regression = kind == "regression"
    chosen = AdaBoostRegressor if is_regression else AdaBoostClassifier
    tree = DecisionTreeRegressor if is_regression else DecisionTreeClassifier
    return chosen(
        tree(max_depth=values["max_depth"]),
        n_estimators=values["n_estimators"],
        learning_rate=values["learning_rate"],
        random_state=seed,
    )


ALGORITHM = Algorithm(
    "adaboost",
    ("classification", "regression"),
    "ordinal",
    _axes,
    _build,
    estimators=both_kinds("sklearn.ensemble:AdaBoost"),
    arguments={"max_depth": Argument(("estimator__max_depth",), MAX_DEPTH.convert)},
    growth=1.1,
)
