"""Preset `auto-weka`: a forest over the joint space, the best trial."""

from metalearn.automl.initial_designs import Defaults
from metalearn.automl.strategy import BEST, Optimized, Strategy

__all__ = ["STRATEGY"]

STRATEGY = Strategy(
    name="auto-weka",
    after="Auto-WEKA (Thornton, Hutter, Hoos & Leyton-Brown 2013)",
    initial=(Defaults(),),
    search=Optimized("forest"),
    improvement=BEST,
    keeps="learner and hyperparameters are one problem; SMAC with a fifth of random proposals; "
    "the best trial is refitted",
    differs="our learners in place of WEKA's; no selection of features; our folds, not ten",
)
