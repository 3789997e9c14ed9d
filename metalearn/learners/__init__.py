"""Search spaces over scikit-learn, and how a configuration becomes a pipeline to be fitted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from metalearn.catalogue import Catalogue

if TYPE_CHECKING:
    from metalearn.learners.algorithm import Algorithm

__all__ = ["CATALOGUE", "get", "names"]

_HERE = "metalearn.learners.algorithms"
CATALOGUE: Catalogue[Algorithm] = Catalogue(
    "learner",
    {
        name: f"{_HERE}.{name}:ALGORITHM"
        for name in (
            "logistic_regression",
            "ridge",
            "elastic_net",
            "additive_splines",
            "nystroem",
            "linear_svm",
            "svc",
            "svr",
            "k_nearest_neighbors",
            "naive_bayes",
            "discriminant_analysis",
            "decision_tree",
            "random_forest",
            "extra_trees",
            "gradient_boosting",
            "adaboost",
            "mlp",
            "lightgbm",
            "xgboost",
            "catboost",
        )
    },
    aliases={"pipelines": "pipeline"},
    unlisted={"pipeline": "metalearn.pipelines.algorithm:ALGORITHM"},
)
get = CATALOGUE.get
names = CATALOGUE.names
