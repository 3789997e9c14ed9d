"""Ax: a `Client` in which the initial design is attached and known results are complete.

What is attached is to be evaluated first: `start.pending` maps the index of a trial to its
parameters. Further ones come from `client.get_next_trials`, which models all complete trials.
"""

from __future__ import annotations

from typing import Any, NamedTuple, cast

import ConfigSpace

from metalearn.bridges import axes
from metalearn.bridges.bridge import Bridge, configuration_of, loaded
from metalearn.bridges.domains import complete
from metalearn.core.space import Axis
from metalearn.core.trial import Trial
from metalearn.core.warm_start import WarmStart

__all__ = ["BRIDGE", "AxStart", "to_ax", "trials"]

_OBSERVED = "metalearn-observed"


class AxStart(NamedTuple):
    """An `ax.Client`, and the trials in it that wait for their loss."""

    client: Any
    pending: dict[int, dict[str, Any]]


def to_ax(warm: WarmStart, *, metric: str = "loss", seed: int | None = None) -> AxStart:
    """Return a client that minimises `metric`: `client.complete_trial(i, {metric: loss})`.

    Args:
        warm: The warm start.
        metric: Name of the loss.
        seed: Seed of the client.
    """
    client = loaded("ax", "ax", "ax.api.client").Client(random_seed=seed)
    client.configure_experiment(parameters=_parameters(warm))
    client.configure_optimization(objective=f"-{metric}")
    for i, trial in enumerate(warm.observations):
        if trial.status == "ok":
            values = complete(warm, trial.configuration)
            index = client.attach_trial(values, arm_name=f"{_OBSERVED}-{i}")
            client.complete_trial(index, raw_data={metric: trial.loss})
    pending = {}
    for configuration in warm.configurations:
        values = complete(warm, configuration)
        pending[client.attach_trial(values)] = values
    return AxStart(client, pending)


def trials(warm: WarmStart, client: Any, metric: str = "loss") -> list[Trial]:
    """Return the complete trials of a client, observations left out."""
    frame = client.summarize()
    found = []
    for _, row in frame[frame["trial_status"] == "COMPLETED"].iterrows():
        if not str(row["arm_name"]).startswith(_OBSERVED):
            values = {n: row[n] for n in warm.space.names if n in frame.columns}
            pending = Trial(configuration_of(warm, values.items()))
            found.append(pending.finished(float(row[metric])))
    return found


def read_space(foreign: Any) -> ConfigSpace.ConfigurationSpace:
    """Return a list of Ax's parameter configs as a ConfigSpace."""
    return axes.space_of([_axis(parameter) for parameter in foreign])


def _axis(parameter: Any) -> Any:
    if hasattr(parameter, "values"):
        made = axes.ordered if parameter.is_ordered else axes.category
        return made(parameter.name, list(parameter.values))
    low, high = parameter.bounds
    log = parameter.scaling == "log"
    return axes.number(parameter.name, low, high, integer=parameter.parameter_type == "int",
                       log=log)  # fmt: skip


def _parameters(warm: WarmStart) -> list[Any]:
    if warm.mapping is not None and warm.mapping.library == "ax":
        return list(cast("list[Any]", warm.mapping.original))  # it was read as one
    configs = loaded("ax", "ax", "ax.api.configs")
    return [_parameter(configs, axis) for axis in warm.space.axes]


def _parameter(configs: Any, axis: Axis) -> Any:
    if axis.kind == "category":
        kinds = {bool: "bool", int: "int", float: "float"}
        kind = kinds.get(type(axis.choices[0]), "str")
        return configs.ChoiceParameterConfig(
            name=axis.name, values=list(axis.choices), parameter_type=kind,
            is_ordered=axis.is_ordered,
        )  # fmt: skip
    whole = axis.kind == "integer"
    bounds = (round(axis.lower), round(axis.upper)) if whole else (axis.lower, axis.upper)
    return configs.RangeParameterConfig(
        name=axis.name, bounds=bounds, parameter_type="int" if whole else "float",
        scaling="log" if axis.log else None,
    )  # fmt: skip


BRIDGE = Bridge(
    name="ax",
    package="ax",
    extra="ax",
    honours=frozenset({"seeds", "observations"}),
    start=to_ax,
    read_space=read_space,
    trials=trials,
)
