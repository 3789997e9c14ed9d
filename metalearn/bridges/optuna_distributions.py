"""Optuna's distributions for the axes of a space, or those of the user's own space."""

from __future__ import annotations

from typing import Any, cast

from metalearn.bridges.bridge import loaded
from metalearn.core.space import Axis, Space
from metalearn.core.warm_start import WarmStart

__all__ = ["distributions", "given_distributions"]


def distributions(space: Space) -> dict[str, Any]:
    """Return Optuna's distribution for every axis."""
    return {axis.name: _distribution(loaded("optuna", "optuna"), axis) for axis in space.axes}


def given_distributions(warm: WarmStart) -> dict[str, Any]:
    """Return the user's own distributions, or those of our space."""
    if warm.mapping is not None and warm.mapping.library == "optuna":
        return dict(cast("dict[str, Any]", warm.mapping.original))  # it was read as one
    return distributions(warm.space)


def _distribution(optuna: Any, axis: Axis) -> Any:
    kinds = optuna.distributions
    if axis.kind == "category":
        return kinds.CategoricalDistribution(axis.choices)
    if axis.kind == "integer":
        return kinds.IntDistribution(round(axis.lower), round(axis.upper), log=axis.log)
    return kinds.FloatDistribution(axis.lower, axis.upper, log=axis.log)
