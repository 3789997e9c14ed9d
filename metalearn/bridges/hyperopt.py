"""Hyperopt: a space, and `Trials` in which the initial design waits and known results are done.

`fmin(objective, start.space, algo=tpe.suggest, trials=start.trials, max_evals=start.n_known + 30)`
evaluates what waits first. (Its own `points_to_evaluate` would throw known results away.) A space
of ours becomes a flat dict, a joint space an `hp.choice` of one flat dict per algorithm. Hyperopt
then draws inactive axes of the algorithm too, and `start.configuration(point)` leaves them out.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import ConfigSpace
import numpy as np

from metalearn.bridges import axes
from metalearn.bridges.bridge import Bridge, configuration_of, loaded, pending
from metalearn.bridges.direction import single
from metalearn.bridges.domains import complete, rounded_ends
from metalearn.core.configuration import Configuration
from metalearn.core.joint_space import ROOT, JointSpace
from metalearn.core.space import Axis, Space
from metalearn.core.trial import Trial
from metalearn.core.warm_start import WarmStart
from metalearn.errors import InputError

__all__ = ["BRIDGE", "HyperoptStart", "to_hyperopt", "trials"]

_MARK = "metalearn"
_UNFINISHED = ("new", "running", "suspended")
_SWITCH = "switch"  # an axis that Hyperopt holds as the number of an option


@dataclass(frozen=True)
class HyperoptStart:
    """What `hyperopt.fmin` takes.

    Attributes:
        space: The search space.
        trials: `hyperopt.Trials` with finished and waiting ones.
        n_known: Number of finished ones; `max_evals` counts them.
        warm: Where it comes from.
    """

    space: Any
    trials: Any
    n_known: int
    warm: WarmStart

    def configuration(self, point: Mapping[str, Any]) -> Configuration:
        """Return what the objective of a flat space is given, active axes only."""
        return configuration_of(self.warm, point.items())


def to_hyperopt(warm: WarmStart) -> HyperoptStart:
    """Return a space and `Trials` for `hyperopt.fmin`; the objective returns a loss."""
    hyperopt = loaded("hyperopt", "hyperopt")
    given = warm.mapping is not None and warm.mapping.library == "hyperopt"
    space = warm.mapping.original if given and warm.mapping is not None else (
        _written(hyperopt.hp, warm.space))  # fmt: skip
    nested = given or isinstance(warm.space, JointSpace)
    results = warm.known_results
    docs = [_doc(i, _labels(warm, t.configuration, nested), t.loss) for i, t in enumerate(results)]
    docs += [
        _doc(len(results) + i, _labels(warm, c, nested), None)
        for i, c in enumerate(warm.configurations)
    ]
    found = hyperopt.Trials()
    if docs:
        found.insert_trial_docs(docs)
        found.refresh()
    return HyperoptStart(space, found, len(results), warm)


def trials(warm: WarmStart, done: Any) -> list[Trial]:
    """Return the finished trials of `hyperopt.Trials`, observations left out."""
    found = []
    for doc in done.trials:
        status = doc["result"].get("status")
        if doc["result"].get(_MARK) or status in _UNFINISHED:
            continue
        values = {k: v[0] for k, v in doc["misc"]["vals"].items() if v}
        named = {n: _value(warm, n, v) for n, v in values.items() if n in warm.space.names}
        rest = {n: v for n, v in values.items() if n not in warm.space.names}
        trial = pending(warm, {**named, **rest}.items())
        loss = single(doc["result"].get("loss")) if status == "ok" else None
        found.append(trial.failed() if loss is None else trial.finished(loss))
    return found


def read_space(foreign: Any) -> ConfigSpace.ConfigurationSpace:
    """Return a graph of `hp` expressions as a ConfigSpace; names are the labels.

    An option of `hp.choice` that is a dict is known by the text in it; parameters inside an option
    depend on the choice.
    """
    pyll = loaded("hyperopt", "hyperopt", "hyperopt.pyll")
    found: dict[str, Any] = {}
    parents: dict[str, dict[str, set[int]] | None] = {}
    for label, node, options, under, whole in _walk(pyll.as_apply(foreign), None, False):
        if label not in found:
            found[label] = _axis(label, node, options, whole)
            parents[label] = {} if under is not None else None
        known = parents[label]
        if under is None:
            parents[label] = None
        elif known is not None:
            known.setdefault(under[0], set()).add(under[1])
    conditions = [
        ConfigSpace.InCondition(
            found[label], found[parent], [found[parent].choices[i] for i in sorted(places)]
        )
        for label, by_parent in parents.items()
        for parent, places in (by_parent or {}).items()
        if len(places) < len(found[parent].choices)
    ]
    return axes.space_of(list(found.values()), conditions)


def _walk(
    node: Any, under: tuple[str, int] | None, whole: bool
) -> Iterator[tuple[str, Any, list[Any], tuple[str, int] | None, bool]]:
    """Yield every parameter in a graph.

    Label, distribution, options, (parent, place of the option), and whether it becomes an integer.
    """
    if node.name == "switch":
        index, *options = node.inputs()
        label = index.arg["label"].obj
        words = [_word(i, option, label) for i, option in enumerate(options)]
        yield label, index.arg["obj"], words, under, False
        for i, option in enumerate(options):
            yield from _walk(option, (label, i), False)
    elif node.name == "hyperopt_param":
        yield node.arg["label"].obj, node.arg["obj"], [], under, whole
    else:
        for part in node.inputs():
            # Hyperopt writes `int(float(...))`.
            inside = node.name == "int" or (node.name == "float" and whole)
            yield from _walk(part, under, inside)


def _word(i: int, option: Any, label: str) -> Any:
    """Return the word for an option: its value, or the entry of a dict under the label's name."""
    if option.name == "literal":
        return option.obj
    literals = {k: v.obj for k, v in option.named_args if v.name == "literal"}
    for key, value in literals.items():
        if label == key or label.endswith(key):
            return value
    if literals:
        return next(iter(literals.values()))
    parts = option.inputs()
    if option.name == "pos_args" and all(part.name == "literal" for part in parts):
        return tuple(part.obj for part in parts)
    return f"option {i}"


def _axis(label: str, node: Any, options: list[Any], whole: bool) -> Any:
    if options:
        made = axes.category(label, options)
        if len(made.choices) < len(options):
            raise InputError(f"{label!r} offers the same value twice: {options}")
        made.meta = {**(made.meta or {}), _SWITCH: True}
        return made
    arguments: dict[str, Any] = {k: getattr(v, "obj", None) for k, v in node.arg.items()}
    if node.name == "randint":
        low, high = (
            (arguments["low"], arguments["high"])
            if arguments.get("high") is not None
            else (0, arguments["low"])
        )
        return axes.number(label, low, high - 1, integer=True)
    if "normal" in node.name or arguments.get("low") is None or arguments.get("high") is None:
        raise InputError(f"{label!r}: hp.{node.name} has no ends; use hp.uniform or hp.loguniform")
    log = "log" in node.name
    low, high = (math.exp(arguments[k]) if log else float(arguments[k]) for k in ("low", "high"))
    step = arguments.get("q")
    if step is None and not whole:
        return axes.number(label, low, high, log=log)
    if step is None:  # `int` cuts the digits off
        return axes.number(label, int(low), int(math.nextafter(high, low)), integer=True,
                           log=log and low >= 1)  # fmt: skip
    whole = whole and float(step).is_integer()
    ends = rounded_ends(low / step, high / step)
    return axes.grid(label, *ends, int(step) if whole else step, integer=whole, log=log)


def _written(hp: Any, space: Space) -> Any:
    """Return the space as a dict of parameters, or as a choice of one dict per algorithm."""
    made = {axis.name: _parameter(hp, axis) for axis in space.axes}
    if not isinstance(space, JointSpace):
        return made
    names = space.names
    options = [
        {ROOT: name, **{names[j]: made[names[j]] for j in space.columns_of(name)}}
        for name in space.algorithms
    ]
    return hp.choice(ROOT, options)


def _parameter(hp: Any, axis: Axis) -> Any:
    if axis.kind == "category":
        return hp.choice(axis.name, list(axis.choices))
    low, high = np.log((axis.lower, axis.upper)) if axis.log else (axis.lower, axis.upper)
    if axis.kind == "float":
        return (hp.loguniform if axis.log else hp.uniform)(axis.name, low, high)
    if axis.log:
        return loaded("hyperopt", "hyperopt", "hyperopt.pyll").scope.int(
            hp.qloguniform(axis.name, low, high, 1)
        )
    return hp.uniformint(axis.name, low, high)


def _labels(warm: WarmStart, configuration: Configuration, nested: bool) -> dict[str, Any]:
    """Return Hyperopt's value per label: the index of a category, else the number."""
    inside = complete(warm, configuration)
    values = warm.space.values_of(configuration)
    drawn = _drawn_labels(warm, configuration) if nested else set(warm.space.names)
    found: dict[str, Any] = {}
    for axis in warm.space.axes:
        if axis.name not in drawn:
            found[axis.name] = None  # inactive in the graph
        elif _is_switch(warm, axis):
            value = values.get(axis.name, axis.default)
            found[axis.name] = axis.index.position(value)
        else:
            found[axis.name] = inside[axis.name]
    return found


def _drawn_labels(warm: WarmStart, configuration: Configuration) -> set[str]:
    """Return the labels of a nested graph that Hyperopt draws for a configuration."""
    space = warm.space
    if not isinstance(space, JointSpace):
        return set(space.values_of(configuration))
    return {ROOT, *(space.names[j] for j in space.columns_of(configuration.algorithm))}


def _is_switch(warm: WarmStart, axis: Axis) -> bool:
    """Return whether Hyperopt holds the number of an option, not the value."""
    if warm.mapping is None or warm.mapping.library != "hyperopt":
        return axis.kind == "category"  # as `_parameter` writes it
    return _SWITCH in (warm.space.config_space[axis.name].meta or {})


def _value(warm: WarmStart, name: str, value: Any) -> Any:
    axis = warm.space.axes[warm.space.names.index(name)]
    if _is_switch(warm, axis):
        return axis.choices[int(value)]
    return axes.native(value)


def _doc(tid: int, values: dict[str, Any], loss: float | None) -> dict[str, Any]:
    """Return a trial as Hyperopt keeps them; it has no public way to make a finished one."""
    base = loaded("hyperopt", "hyperopt", "hyperopt.base")
    state = base.JOB_STATE_NEW if loss is None else base.JOB_STATE_DONE
    done = {"loss": loss, "status": base.STATUS_OK, _MARK: "observed"}
    active = {k: v for k, v in values.items() if v is not None}
    return {
        "state": state,
        "tid": tid,
        "spec": None,
        "result": {"status": "new"} if loss is None else done,
        "misc": {
            "tid": tid,
            "cmd": ("domain_attachment", "FMinIter_Domain"),
            "workdir": None,
            "idxs": {k: [tid] if k in active else [] for k in values},
            "vals": {k: [active[k]] if k in active else [] for k in values},
        },
        "exp_key": None,
        "owner": None,
        "version": 0,
        "book_time": None,
        "refresh_time": None,
    }


BRIDGE = Bridge(
    name="hyperopt",
    package="hyperopt",
    extra="hyperopt",
    honours=frozenset({"seeds", "observations"}),
    start=to_hyperopt,
    read_space=read_space,
    trials=trials,
    title="Hyperopt",
    modules=("hyperopt",),
    space="a Hyperopt space",
    joint="conditional",
)
