"""Preset `hyperopt-sklearn`: tree-structured Parzen estimators over the joint space."""

from metalearn.automl.strategy import BEST, Optimized, Strategy

__all__ = ["STRATEGY"]

STRATEGY = Strategy(
    name="hyperopt-sklearn",
    after="Hyperopt-sklearn (Komer, Bergstra & Eliasmith 2014)",
    search=Optimized("tpe", (("n_startup", 20), ("joint", False))),
    improvement=BEST,
    keeps="TPE with axes of their own and 20 random trials first; the best trial",
    differs="our learners; preparation of columns is fixed, theirs is searched; our folds",
)
