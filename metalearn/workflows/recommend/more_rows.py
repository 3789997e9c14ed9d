"""Losses expected on a table with more rows than the known fits learned from.

What a loss is above its optimum falls as a power of the rows (Hestness et al. 2017, section 4;
Viering & Loog 2023, section 4). The exponents were measured on eight tables with four times the
rows (`experiments/interval_coverage/at_size.py`): the median for the expected loss, the third
quartile for the better end of the interval. The worse end stays: some tables gain nothing.
"""

from __future__ import annotations

from dataclasses import replace

from metalearn.core.metric import Metric
from metalearn.recommenders.expected_score import Expectation

__all__ = ["with_more_rows"]

_USUAL, _LARGE = 0.08, 0.15
_TRAINED = 0.8  # share of the rows that a fit of cross-validation learns from


def with_more_rows(found: Expectation, metric: Metric, times: float) -> Expectation:
    """Return the losses expected when fits learn from more rows.

    Args:
        found: Losses expected for as many rows as the known fits learned from.
        metric: The metric; without an optimum, nothing changes.
        times: Rows of the table over those that the known fits learned from.
    """
    times *= _TRAINED
    if metric.optimum is None or not times > 1.0:
        return found
    best = float(metric.loss(metric.optimum))
    power = 2.0 if metric.name == "r2" else 1.0  # of an error in the unit of the target
    mean, low = (
        best + (loss - best) * times ** (-power * exponent)
        for loss, exponent in ((found.mean, _USUAL), (found.low, _LARGE))
    )
    return replace(found, mean=mean, low=low)
