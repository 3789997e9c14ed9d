"""Preset `gama`: asynchronous evolution of pipelines from the list on, a greedy ensemble."""

from metalearn.automl.initial_designs import Recommended
from metalearn.automl.strategy import Improvement, Optimized, Pipelines, Strategy

__all__ = ["STRATEGY"]

STRATEGY = Strategy(
    name="gama",
    after="GAMA (Gijsbers & Vanschoren 2019)",
    space=Pipelines(has_unions=False),
    initial=(Recommended(10, follows=False),),
    search=Optimized("async-evolution"),
    improvement=Improvement(ways=("greedy",), rounds=25, stack=False, restarts=False,
                            calibrate=False),
    memory="default",
    keeps="chains of operators; asynchronous evolution; NSGA-II on loss and size; greedy "
    "selection of 25 rounds",
    differs="the first ten are the store's learners without operators, theirs are random chains; "
    "no time set aside for the ensemble; no halving of rows",
)  # fmt: skip
