"""Preset `gama`: asynchronous evolution that starts from the store's list, a greedy ensemble."""

from metalearn.automl.initial_designs import Recommended
from metalearn.automl.strategy import Improvement, Optimized, Strategy

__all__ = ["STRATEGY"]

STRATEGY = Strategy(
    name="gama",
    after="GAMA (Gijsbers & Vanschoren 2019)",
    initial=(Recommended(10, follows=False),),
    search=Optimized("async-evolution"),
    improvement=Improvement(ways=("greedy",), rounds=25, stack=False, restarts=False,
                            calibrate=False),
    memory="default",
    keeps="asynchronous evolution; NSGA-II on loss and size; greedy selection of 25 rounds",
    differs="evolves configurations of single learners, not pipelines; the first ten come from "
    "the store, theirs are random; no time set aside for the ensemble",
)  # fmt: skip
