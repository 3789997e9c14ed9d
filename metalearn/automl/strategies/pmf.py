"""Preset `pmf`: expected improvement among the stored configurations."""

from metalearn.automl.initial_designs import Recommended
from metalearn.automl.strategy import BEST, Strategy

__all__ = ["STRATEGY"]

STRATEGY = Strategy(
    name="pmf",
    after="Probabilistic matrix factorization (Fusi, Sheth & Elibol 2018)",
    initial=(Recommended(),),
    improvement=BEST,
    memory="pmf",
    keeps="a Gaussian process over latent positions of configurations; expected improvement; "
    "first configurations from the nearest tasks",
    differs="our store's configurations, hundreds and not 42,000 pipelines; means of "
    "configurations are subtracted",
)
