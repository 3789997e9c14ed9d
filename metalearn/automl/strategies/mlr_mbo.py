"""Preset `mlr-mbo`: a Latin hypercube, then a forest over the joint space."""

from metalearn.automl.initial_designs import LatinHypercube
from metalearn.automl.strategy import BEST, Optimized, Strategy

__all__ = ["STRATEGY"]

STRATEGY = Strategy(
    name="mlr-mbo",
    after="mlrMBO (Bischl et al. 2017; Horn & Bischl 2016)",
    initial=(LatinHypercube(),),
    search=Optimized("forest"),
    improvement=BEST,
    keeps="Latin hypercube of four points an axis, of the largest learner; a forest as the "
    "surrogate of a space with conditions; expected improvement",
    differs="one objective, not a Pareto front by ParEGO; our learners and folds",
)
