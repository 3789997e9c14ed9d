"""Objectives of a search: a metric, or a cost of the model such as its seconds or its size."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from metalearn.core.arrays import Floats
from metalearn.core.metric import Metric
from metalearn.errors import UnknownNameError, UsageError

__all__ = ["COSTS", "Objective", "chosen_objectives", "names_of_objectives"]

_LEAST = 1e-5
"""Smaller costs are clocks that did not move; their logarithm would be an outlier."""


@dataclass(frozen=True, slots=True)
class Objective:
    """A quantity to make good; searches see its loss, people see its value.

    Attributes:
        name: Name of the metric or of the cost.
        what: What the values are, with their unit.
        metric: The metric; None for a cost, of which less is better.
        is_log: Whether the loss is the natural logarithm of the value.
    """

    name: str
    what: str
    metric: Metric | None = None
    is_log: bool = False

    def loss(self, value: float) -> float:
        """Return the loss of a value; NaN stays NaN."""
        if self.metric is not None:
            return self.metric.loss(value)
        return math.log(max(value, _LEAST)) if self.is_log and value == value else value

    def losses(self, values: Floats) -> Floats:
        """Return the losses of values, same shape; NaN stays NaN."""
        if self.metric is not None:
            return np.asarray(self.metric.loss(values))
        return np.log(np.maximum(values, _LEAST)) if self.is_log else np.asarray(values)

    @property
    def is_cost(self) -> bool:
        """Whether it is a cost, not a metric."""
        return self.metric is None


COSTS = {
    cost.name: cost
    for cost in (
        Objective("fit_seconds", "processor seconds of preparation and fit", is_log=True),
        Objective("predict_seconds", "processor seconds to predict 1,000 rows", is_log=True),
        Objective("size_bytes", "bytes of the pickled preparation and model", is_log=True),
        Objective("n_columns", "columns of the table that the model uses"),
    )
}
"""Costs by name. Those that span orders of magnitude are compared by their logarithm."""


def names_of_objectives(given: str | Sequence[str] | None) -> tuple[str, ...]:
    """Return the names in `log_loss,fit_seconds`, in a list, or in None, in order.

    >>> names_of_objectives("log_loss, fit_seconds"), names_of_objectives(None)
    (('log_loss', 'fit_seconds'), ())
    """
    parts = [given] if isinstance(given, str) else [*(given or ())]
    names = [name.strip() for part in parts for name in str(part).split(",")]
    return tuple(name for name in names if name)


def chosen_objectives(
    names: Sequence[str], metric_of: Callable[[str], Metric], metrics: Sequence[str]
) -> tuple[Objective, ...]:
    """Return the objectives of these names; the first is a metric.

    Args:
        names: Names of metrics and costs.
        metric_of: Returns a metric by name or alias, or raises `UnknownNameError`.
        metrics: Names of the metrics that can be chosen, for messages.

    Raises:
        UnknownNameError: If a name is neither a metric nor a cost.
        UsageError: If there are fewer than two, one occurs twice, or the first is a cost.
    """
    found = []
    for name in names:
        try:
            found.append(COSTS[name] if name in COSTS else _of_metric(metric_of(name)))
        except UnknownNameError:
            raise UnknownNameError("objective", name, (*metrics, *COSTS)) from None
    twice = next((o.name for i, o in enumerate(found) if o in found[:i]), None)
    if twice is not None:
        raise UsageError(f"objective {twice!r} is named twice; name each objective once")
    if len(found) < 2:
        raise UsageError(
            f"expected at least two objectives, got {', '.join(names) or 'none'}; add one of "
            f"{', '.join(COSTS)}, or use --metric (metric=) for a single one"
        )
    if found[0].is_cost:
        raise UsageError(
            f"the first objective must be a metric, got {found[0].name!r}; put one of "
            f"{', '.join(metrics)} first"
        )
    return tuple(found)


def _of_metric(metric: Metric) -> Objective:
    return Objective(metric.name, metric.name.replace("_", " "), metric)
