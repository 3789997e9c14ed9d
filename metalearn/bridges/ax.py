"""Ax: a `Client` in which the initial design is attached and known results are complete.

What is attached is to be evaluated first: `start.pending` maps the index of a trial to its
parameters. Further ones come from `client.get_next_trials`, which models all complete trials.
"""

from __future__ import annotations

from typing import Any, NamedTuple, cast

import ConfigSpace

from metalearn.bridges import axes
from metalearn.bridges.bridge import Bridge, configuration_of, loaded
from metalearn.bridges.direction import check_same, reading_of, refuse_several, several
from metalearn.bridges.domains import complete
from metalearn.core.space import Axis
from metalearn.core.trial import Trial
from metalearn.core.warm_start import WarmStart

__all__ = ["BRIDGE", "AxStart", "to_ax", "trials"]

_OBSERVED = "metalearn-observed"
_COLUMNS = ("trial_index", "arm_name", "trial_status", "generation_node", "generation_method",
            "fail_reason")  # fmt: skip


class AxStart(NamedTuple):
    """An `ax.Client`, and the trials in it that wait for their loss."""

    client: Any
    pending: dict[int, dict[str, Any]]


def to_ax(
    warm: WarmStart,
    *,
    metric: str = "loss",
    minimize: bool | None = None,
    seed: int | None = None,
) -> AxStart:
    """Return a client that minimises `metric`: `client.complete_trial(i, {metric: loss})`.

    Args:
        warm: The warm start.
        metric: Name of what is reported: a loss, unless the name is that of a score.
        minimize: Whether it is minimised; None goes by the name.
        seed: Seed of the client.

    Raises:
        UsageError: If the direction contradicts the name of the metric, or the names are several
            and there are observations.
    """
    names = [name.strip() for name in metric.split(",")]
    refuse_several(warm, len(names))
    maximised = None if minimize is None else not minimize
    readings = [reading_of(warm, name, maximised=maximised) for name in names]
    client = loaded("ax", "ax", "ax.api.client").Client(random_seed=seed)
    client.configure_experiment(parameters=_parameters(warm))
    signs = ["" if reading.maximised else "-" for reading in readings]
    objective = ", ".join(sign + name for sign, name in zip(signs, names, strict=True))
    client.configure_optimization(objective=objective)
    for i, trial in enumerate(warm.known_results):
        values = complete(warm, trial.configuration)
        index = client.attach_trial(values, arm_name=f"{_OBSERVED}-{i}")
        client.complete_trial(index, raw_data={metric: readings[0].value(trial.loss)})
    pending = {}
    for configuration in warm.configurations:
        values = complete(warm, configuration)
        pending[client.attach_trial(values)] = values
    return AxStart(client, pending)


def trials(warm: WarmStart, client: Any, metric: str | None = None) -> list[Trial]:
    """Return the complete trials of a client, observations left out.

    Trials that were stopped early are no results and left out.

    Args:
        warm: The warm start.
        client: The client.
        metric: Name of what was reported; None takes `loss`, else the only one that there is.

    Raises:
        UsageError: If several values were reported and none is named `loss`, or it is another
            metric than that of the warm start.
    """
    frame = client.summarize()
    done = frame[frame["trial_status"] == "COMPLETED"]
    name = metric or _metric_in(warm, [str(column) for column in frame.columns])
    check_same(warm, name)
    reading = reading_of(warm, name)
    found = []
    for _, row in done.iterrows():
        if not str(row["arm_name"]).startswith(_OBSERVED):
            values = {n: row[n] for n in warm.space.names if n in frame.columns}
            pending = Trial(configuration_of(warm, values.items()))
            found.append(pending.finished(reading.loss(float(row[name]))))
    return found


def _metric_in(warm: WarmStart, columns: list[str]) -> str:
    known = {*_COLUMNS, *warm.space.names}
    if warm.mapping is not None and warm.mapping.library == "ax":
        known |= {parameter.name for parameter in cast("list[Any]", warm.mapping.original)}
    names = [name for name in columns if name not in known]
    if len(names) > 1:
        raise several(len(names))
    return names[0] if names else "loss"


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
    title="Ax",
    modules=("ax",),
    space="Ax parameters",
)
