"""Preset `auto-sklearn`: configurations of the nearest tasks, then a forest, greedy selection."""

from metalearn.automl.initial_designs import Recommended
from metalearn.automl.strategy import Improvement, Optimized, Strategy

__all__ = ["STRATEGY"]

STRATEGY = Strategy(
    name="auto-sklearn",
    after="Auto-sklearn 1 (Feurer et al. 2015)",
    initial=(Recommended(25, follows=False),),
    search=Optimized("forest"),
    improvement=Improvement(ways=("greedy",), rounds=50, stack=False, restarts=False,
                            calibrate=False),
    memory="nearest-tasks",
    keeps="25 first configurations of the tasks nearest in meta-features (L1); SMAC; greedy "
    "selection of 50 rounds",
    differs="the nearest tasks form a greedy portfolio, theirs is one configuration a task; no "
    "preprocessors; folds in place of one hold-out part",
)  # fmt: skip
