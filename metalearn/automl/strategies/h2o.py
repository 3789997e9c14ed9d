"""Preset `h2o`: a fixed sequence of defaults, random search, stacked ensembles."""

from metalearn.automl.initial_designs import Defaults
from metalearn.automl.strategy import Improvement, Optimized, Strategy

__all__ = ["STRATEGY"]

STRATEGY = Strategy(
    name="h2o",
    after="H2O AutoML (LeDell & Poirier 2020)",
    initial=(Defaults(("xgboost", "logistic_regression", "ridge", "random_forest",
                       "lightgbm", "extra_trees", "mlp")),),
    search=Optimized("random"),
    improvement=Improvement(stacks_of=("all", "families"), restarts=False, calibrate=False),
    folds=5,
    keeps="a fixed sequence of defaults, then random search; second levels on all trials and on "
    "the best of each family; the best of these and of the single trials; five folds",
    differs="our learners; random search over all of them, theirs has a grid and a time share "
    "for each; our second level, not a non-negative linear model",
)  # fmt: skip
