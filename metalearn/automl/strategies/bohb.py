"""Preset `bohb`: Hyperband on rows with a density model, over the joint space."""

from metalearn.automl.strategy import BEST, Optimized, Strategy

__all__ = ["STRATEGY"]

STRATEGY = Strategy(
    name="bohb",
    after="BOHB (Falkner, Klein & Hutter 2018)",
    search=Optimized("bohb"),
    improvement=BEST,
    keeps="brackets of successive halving with eta 3; kernel densities of good and bad "
    "configurations; a third of the proposals random",
    differs="the share of rows is the fidelity for all learners, from one ninth on; partial "
    "results are of one fold; our joint space",
)
