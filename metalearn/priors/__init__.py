"""Priors over good configurations, learned from the runs of prior tasks."""

from metalearn.priors.export import Choice, from_json, to_config_space, to_json, to_scipy
from metalearn.priors.kernel_density import KDEPrior, kde
from metalearn.priors.pool import Pool, best_runs

__all__ = [
    "Choice",
    "KDEPrior",
    "Pool",
    "best_runs",
    "from_json",
    "kde",
    "to_config_space",
    "to_json",
    "to_scipy",
]
