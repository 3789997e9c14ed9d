"""Preset `tpot`: generations of configurations, survivors by loss and size."""

from metalearn.automl.strategy import BEST, Optimized, Strategy

__all__ = ["STRATEGY"]

STRATEGY = Strategy(
    name="tpot",
    after="TPOT (Olson, Bartley, Urbanowicz & Moore 2016)",
    search=Optimized("evolution"),
    improvement=BEST,
    keeps="generations by mutation (0.9) and crossover (0.1); NSGA-II on loss and size; random "
    "first generation; the best of the front",
    differs="evolves configurations of single learners, not trees of operators; a generation of "
    "20, not 100",
)
