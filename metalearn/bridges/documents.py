"""A warm start as one JSON document, for tools in other languages.

`json` holds everything. `optuna` holds distributions in Optuna's own JSON
(`optuna.distributions.json_to_distribution` reads them) and parameters for `enqueue_trial`.
`configspace` is what `ConfigSpace.ConfigurationSpace.from_serialized_dict` reads, with the prior
on its axes, and the configurations beside it.
"""

from __future__ import annotations

import json
from typing import Any, Literal

import numpy as np

from metalearn.core.space import Axis
from metalearn.core.warm_start import WarmStart
from metalearn.errors import UsageError
from metalearn.priors import KDEPrior, to_config_space

__all__ = ["Format", "document"]

Format = Literal["json", "optuna", "configspace"]


def document(warm: WarmStart, form: Format) -> dict[str, Any]:
    """Return the warm start in one of the formats.

    Raises:
        UsageError: If there is no such format.
    """
    shared = {
        "algorithm": warm.space.algorithm,
        "metric": None if warm.metric is None else warm.metric.name,
        "direction": _direction(warm),
        "snapshot": warm.snapshot,
        "configurations": [warm.space.values_of(c) for c in warm.configurations],
    }
    if form == "json":
        return {**shared, "space": json.loads(warm.space.to_json()), **_runs_of_other_tasks(warm)}
    if form == "optuna":
        kinds = {axis.name: json.dumps(_distribution(axis)) for axis in warm.space.axes}
        return {**shared, "distributions": kinds}
    if form == "configspace":
        return {**shared, "space": _with_prior(warm).to_serialized_dict()}
    raise UsageError(f"unknown format {form!r}; known: json, optuna, configspace")


def _direction(warm: WarmStart) -> str:
    greater = warm.metric is not None and warm.metric.greater_is_better
    return "maximize" if greater else "minimize"


def _runs_of_other_tasks(warm: WarmStart) -> dict[str, Any]:
    sources = [
        {"task": history.task, "weight": float(weight), "n_runs": len(history)}
        for history, weight in zip(warm.sources, warm.weights, strict=True)
    ]
    drawn: list[Any] = []
    if warm.prior is not None:
        points = warm.prior.sample_points(20, np.random.default_rng(0))
        drawn = [warm.space.values_of(c) for c in warm.space.decode(points)]
    return {"sources": sources, "prior_draws": drawn, "notes": list(warm.notes)}


def _with_prior(warm: WarmStart) -> Any:  # a ConfigSpace
    return (
        to_config_space(warm.prior)
        if isinstance(warm.prior, KDEPrior)
        else (warm.space.config_space)
    )


def _distribution(axis: Axis) -> dict[str, Any]:
    """Return Optuna's JSON of a distribution, which needs no Optuna to be written."""
    if axis.kind == "category":
        return {"name": "CategoricalDistribution", "attributes": {"choices": list(axis.choices)}}
    if axis.kind == "integer":
        ends: dict[str, Any] = {"low": round(axis.lower), "high": round(axis.upper), "step": 1}
        return {"name": "IntDistribution", "attributes": {"log": axis.log, **ends}}
    bounds = {"low": axis.lower, "high": axis.upper, "step": None, "log": axis.log}
    return {"name": "FloatDistribution", "attributes": bounds}
