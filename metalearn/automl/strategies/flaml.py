"""Preset `flaml`: cost-frugal search from the cheapest form of each learner."""

from metalearn.automl.initial_designs import Cheapest
from metalearn.automl.strategy import BEST, Learners, Optimized, Strategy

__all__ = ["STRATEGY"]

STRATEGY = Strategy(
    name="flaml",
    after="FLAML (Wang, Wu, Weimer & Zhu 2021; Wu, Wang & Huang 2021)",
    space=Learners(("lightgbm", "xgboost", "catboost", "random_forest", "extra_trees",
                    "logistic_regression", "ridge", "gradient_boosting")),
    initial=(Cheapest(),),
    search=Optimized("cost-frugal"),
    improvement=BEST,
    keeps="randomized direct search from cheap configurations; the learner by its estimated "
    "cost of improvement; trees and linear models only",
    differs="all rows from the start, theirs grows a sample; our folds; scikit-learn's boosting "
    "besides",
)  # fmt: skip
