"""An additive model: penalized splines of each number, linear in everything else.

The sum of one smooth function per column (Eilers & Marx 1996), with quantiles as knots and a ridge
penalty: ridge or logistic regression on the bases of the splines.
"""

from __future__ import annotations

from typing import Any

from metalearn.core.task import Kind
from metalearn.learners.algorithm import Algorithm, Estimator, Values, whole
from metalearn.learners.algorithms.readout import linear_readout, readout_axes

__all__ = ["ALGORITHM"]


def _axes(kind: Kind) -> list[Any]:
    return [whole("n_knots", 3, 20, 6, log=True), whole("degree", 1, 3, 3), *readout_axes(kind)]


def _build(kind: Kind, values: Values, seed: int) -> Estimator:
    from metalearn.learners.feature_steps import SplineColumns

    features = SplineColumns(n_knots=values["n_knots"], degree=values["degree"])
    return linear_readout(kind, values, features, seed)


ALGORITHM = Algorithm(
    "additive_splines",
    ("classification", "regression"),
    "scaled",
    _axes,
    _build,
    scales_target=True,
)
