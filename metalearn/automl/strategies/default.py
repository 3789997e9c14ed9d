"""Preset `default`: the store's list, a joint search that knows the store, an ensemble."""

from metalearn.automl.initial_designs import Recommended
from metalearn.automl.strategy import Guided, Rungs, Strategy

__all__ = ["STRATEGY"]

STRATEGY = Strategy(
    name="default",
    initial=(Recommended(),),
    search=Guided(),
    fidelity=Rungs(),
    memory="default",
    keeps="our own: list and search alternate by expected gain per second",
)
