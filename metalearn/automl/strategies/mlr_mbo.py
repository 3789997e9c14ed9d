"""Preset `mlr-mbo`: a Latin hypercube, then ParEGO on loss and seconds of prediction."""

from metalearn.automl.initial_designs import LatinHypercube
from metalearn.automl.strategy import BEST, Optimized, Strategy

__all__ = ["STRATEGY"]

STRATEGY = Strategy(
    name="mlr-mbo",
    after="mlrMBO (Bischl et al. 2017; Horn & Bischl 2016)",
    initial=(LatinHypercube(),),
    search=Optimized("parego", (("surrogate", "forest"),), besides=("predict_seconds",)),
    improvement=BEST,
    keeps="Latin hypercube of four points an axis, of the largest learner; ParEGO with a forest "
    "as the surrogate of a space with conditions; expected improvement",
    differs="the fit returns the trial of least loss, not the Pareto set; our learners and folds",
)
