"""OpenML's measures: our names for them, and their directions."""

from __future__ import annotations

from metalearn.core.metric import Metric, metric_named
from metalearn.errors import UnknownNameError

__all__ = ["metric_of"]

_LOWER = (
    "usercpu_time_", "wall_clock_time_", "ram_hours", "build_memory", "relative_absolute_error",
    "root_relative_squared_error", "number_of_", "total_cost", "average_cost", "weighted_",
    "root_mean_prior_squared_error", "mean_prior_absolute_error", "build_cpu_time", "scimark",
    "mean_class_complexity", "prior_class_complexity", "class_complexity", "webb_",
)  # fmt: skip
_HIGHER = ("class_complexity_gain", "weighted_recall")


def metric_of(function: str) -> Metric:
    """Return the metric of an OpenML measure: ours if equal, otherwise under its own name.

    >>> metric_of("predictive_accuracy").name, metric_of("kappa").name
    ('accuracy', 'kappa')
    """
    try:
        return metric_named(function)
    except UnknownNameError:
        is_lower = function.startswith(_LOWER) and not function.startswith(_HIGHER)
        return Metric(function, not is_lower)
