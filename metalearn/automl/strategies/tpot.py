"""Preset `tpot`: generations of pipelines, survivors by loss and size."""

from metalearn.automl.strategy import BEST, Optimized, Pipelines, Strategy

__all__ = ["STRATEGY"]

STRATEGY = Strategy(
    name="tpot",
    after="TPOT (Olson, Bartley, Urbanowicz & Moore 2016)",
    space=Pipelines(),
    search=Optimized("evolution"),
    improvement=BEST,
    keeps="trees of operators; generations by mutation (0.9) and crossover (0.1); NSGA-II on loss "
    "and number of nodes; random first generation; the best of the front",
    differs="our learners at the end; at most six nodes; a generation of 20, not 100; columns are "
    "always prepared first",
)
