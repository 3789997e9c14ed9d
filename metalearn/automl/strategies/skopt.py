"""Preset `skopt`: a Gaussian process over the space of one learner."""

from metalearn.automl.strategy import BEST, Learners, Optimized, Strategy

__all__ = ["STRATEGY"]

STRATEGY = Strategy(
    name="skopt",
    after="scikit-optimize's BayesSearchCV",
    space=Learners(("gradient_boosting",)),
    search=Optimized("bayesian", (("n_start", 10),)),
    improvement=BEST,
    keeps="one learner, of the user's choice (`algorithms`, `--algorithm`); ten first points; a "
    "Gaussian process with Matern kernel",
    differs="expected improvement alone, theirs draws among three acquisitions; first points "
    "from a Sobol sequence; gradient boosting unless another learner is named",
)
