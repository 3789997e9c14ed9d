"""Matches a user's own space to that of one of our learners, by names, kinds and values.

Which learner is meant is told by an estimator (also inside a `Pipeline`) or by its name. A user's
name means our axis if it is that, or ends in it after a separator: `C`, `svc__C`, `model__svc__C`,
`svc_C`. What the estimator knows as an argument and we do not is left to the user's optimizer, as
are the parameters of other steps; a name that nobody knows is an error.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import ConfigSpace

from metalearn.core.configuration import Value
from metalearn.core.space import Axis, Space
from metalearn.core.space_mapping import AxisMatch, SpaceMapping, unchanged
from metalearn.core.task import Kind
from metalearn.errors import InputError, UnknownNameError, UsageError
from metalearn.learners import CATALOGUE
from metalearn.learners.arguments import KNOWN, KnownEstimator, argument_names, conversion

__all__ = ["Meant", "match_space", "meant_by"]

_SEPARATORS = ("__", ".", "/", ":", "_")
_INNER = ("regressor", "estimator", "base_estimator")
_ON_SCALED_TARGET = {"svr", "linear_svm", "elastic_net", "mlp"}


@dataclass(frozen=True)
class Meant:
    """The learner that a user means.

    Attributes:
        known: The estimator's class.
        prefix: What its parameters are preceded by inside the user's estimator: `model__`.
        arguments: Values of its arguments, as far as they are single values.
        parameters: All parameters that the user's whole estimator has.
        steps: Class names of all that is around it.
    """

    known: KnownEstimator
    prefix: str
    arguments: Mapping[str, Any]
    parameters: frozenset[str]
    steps: tuple[str, ...] = ()


def meant_by(estimator: Any, algorithm: str | None, kind: Kind | None) -> Meant:
    """Return which learner an estimator or a name means.

    Args:
        estimator: An estimator, alone or in a Pipeline; or None.
        algorithm: Name of our learner, if there is no estimator.
        kind: Kind of task, if it is known.

    Raises:
        UsageError: If neither is given.
        UnknownNameError: If we know no such estimator or learner.
    """
    if estimator is None:
        if algorithm is None:
            raise UsageError(
                "which learner does your space belong to? Say estimator=SVC() or algorithm='svc'; "
                f"known: {', '.join(CATALOGUE.names())}"
            )
        estimator = _class_of(algorithm, kind)()
    steps: list[str] = []
    prefix, inner = _unwrapped(estimator, "", steps)
    known = next((k for k in KNOWN if k.name == type(inner).__name__), None)
    if known is None:
        raise UnknownNameError("estimator", type(inner).__name__, tuple(k.name for k in KNOWN))
    if kind is not None and known.kind != kind:
        raise UsageError(f"{known.name} is for {known.kind}, the target is for {kind}")
    parameters = estimator.get_params(deep=True)
    return Meant(known, prefix, inner.get_params(), frozenset(parameters), tuple(steps))


def match_space(
    theirs: ConfigSpace.ConfigurationSpace,
    meant: Meant,
    *,
    names: Mapping[str, str | None] | None = None,
    n_features: int | None = None,
) -> SpaceMapping:
    """Return the mapping between a user's space and ours.

    Args:
        theirs: The user's space, as a ConfigSpace.
        meant: The learner that it belongs to.
        names: Our axis by the user's name, where it cannot be told; None leaves it to the user.
        n_features: Columns that the estimator sees, for arguments that count them.

    Raises:
        InputError: If a parameter is unknown, or two mean the same axis, or none is known.
    """
    algorithm = meant.known.algorithm
    ours = CATALOGUE.get(algorithm).space(meant.known.kind)
    space = Space(algorithm, theirs)
    chosen = {a.name: _our_name(a.name, ours, meant, names or {}) for a in space.axes}
    _check_once(chosen)
    if not any(chosen.values()):
        raise InputError(
            f"none of {sorted(chosen)} is a parameter of {algorithm!r} that there is experience "
            f"with; these are {', '.join(ours.names)}. Say which is which with names="
        )
    by_name = {axis.name: axis for axis in ours.axes}
    matches = [_matched(axis, by_name, chosen[axis.name], meant, n_features, ours)
               for axis in space.axes]  # fmt: skip
    matches += [_fixed(axis, meant, n_features, ours)
                for axis in ours.axes if axis.name not in chosen.values()]  # fmt: skip
    read = [(theirs[name].meta or {}).get("note") for name in theirs]
    notes = (*(note for note in read if note), *_notes(meant))
    return SpaceMapping(ours, space, tuple(matches), notes=notes)


def _class_of(algorithm: str, kind: Kind | None) -> type:
    names = dict.fromkeys(k.algorithm for k in KNOWN if kind in (None, k.kind))
    fitting = (k for k in KNOWN if k.algorithm == algorithm and kind in (None, k.kind))
    found = next(fitting, None)
    if found is None:
        what = "algorithm" if kind is None else f"algorithm for {kind}"
        raise UnknownNameError(what, algorithm, tuple(names))
    return found.load()


def _unwrapped(estimator: Any, prefix: str, steps: list[str]) -> tuple[str, Any]:
    """Return the prefix and the estimator inside pipelines and simple wrappers."""
    if any(k.name == type(estimator).__name__ for k in KNOWN):
        return prefix, estimator
    if hasattr(estimator, "steps"):
        steps += [type(step).__name__ for _, step in estimator.steps[:-1]]
        name, last = estimator.steps[-1]
        return _unwrapped(last, f"{prefix}{name}__", steps)
    for name in _INNER:
        inner = getattr(estimator, name, None)
        if hasattr(inner, "get_params"):
            steps.append(type(estimator).__name__)
            return _unwrapped(inner, f"{prefix}{name}__", steps)
    return prefix, estimator


def _our_name(
    theirs: str, ours: Space, meant: Meant, names: Mapping[str, str | None]
) -> str | None:
    """Return our axis for a user's name; None if it is left to the user."""
    if theirs in names:
        told = names[theirs]
        if told is not None and told not in ours.names:
            raise InputError(f"names: {told!r} is not one of {', '.join(ours.names)}")
        return told
    exact = {meant.prefix + argument: axis for argument, axis in _arguments(ours)}
    if theirs in exact:
        return exact[theirs]
    if theirs in meant.parameters:  # of another step, or of this one and unknown to us
        return None
    fitting = [(len(a), axis) for a, axis in _arguments(ours) if _ends_in(theirs, a)]
    if fitting:
        return max(fitting)[1]
    if any(_ends_in(theirs, argument) for argument in meant.arguments):
        return None
    raise InputError(
        f"{theirs!r} is not a parameter of {meant.known.name}. There is experience with "
        f"{', '.join(ours.names)}; its other parameters are left to your optimizer. If it means "
        f"one of these, say names={{{theirs!r}: ...}}; if it is something else, None"
    )


def _arguments(ours: Space) -> list[tuple[str, str]]:
    return [(a, name) for name in ours.names for a in argument_names(ours.algorithm, name)]


def _ends_in(theirs: str, argument: str) -> bool:
    low, wanted = theirs.lower(), argument.lower()
    return low == wanted or any(low.endswith(s + wanted) for s in _SEPARATORS)


def _check_once(chosen: Mapping[str, str | None]) -> None:
    users: dict[str, str] = {}
    for theirs, ours in chosen.items():
        if ours is not None and ours in users:
            raise InputError(
                f"{users[ours]!r} and {theirs!r} both look like {ours!r}; say which is meant, for "
                f"instance names={{{theirs!r}: None}}"
            )
        if ours is not None:
            users[ours] = theirs


def _matched(
    axis: Axis,
    by_name: Mapping[str, Axis],
    name: str | None,
    meant: Meant,
    n_features: int | None,
    ours: Space,
) -> AxisMatch:
    default = _default(axis, meant)
    if name is None:
        return AxisMatch("left", axis, None, value=default)
    mine = by_name[name]
    if axis.kind != "category" and mine.kind == "category":
        raise InputError(f"{axis.name!r} is a number in your space; ours is {mine.choices}")
    if mine.kind == "category" and axis.kind == "category":
        how = conversion(mine, axis, n_features)
        read = [_reads(how, choice) for choice in axis.choices]
        if all(mine.index.position(value) is None for value in read):
            raise InputError(
                f"{axis.name!r}: none of {axis.choices} is among {mine.choices}, which there is "
                "experience with"
            )
    how = conversion(mine, axis, n_features)
    return AxisMatch("matched", axis, mine, how, default, _is_branch(mine, ours))


def _reads(how: Any, choice: Value) -> Value:
    try:
        found: Value = how.to_ours(choice)
    except InputError:
        return None
    return found


def _fixed(axis: Axis, meant: Meant, n_features: int | None, ours: Space) -> AxisMatch:
    branch = _is_branch(axis, ours) or axis.name in meant.known.fixed
    if axis.name in meant.known.fixed:
        return AxisMatch("fixed", None, axis, unchanged, meant.known.fixed[axis.name], branch)
    name = argument_names(ours.algorithm, axis.name)[0]
    if name not in meant.arguments:  # the learner's own word (`n_layers`): taken at its default
        return AxisMatch("fixed", None, axis, unchanged, axis.default, branch)
    how = conversion(axis, None, n_features)
    return AxisMatch("fixed", None, axis, how, _argument(name, meant), branch)


def _argument(name: str, meant: Meant) -> Value:
    value = meant.arguments.get(name)
    return value if isinstance(value, (str, int, float, bool)) else None


def _is_branch(axis: Axis, space: Space) -> bool:
    return any(axis.name in _parents(c) for c in space.config_space.conditions)


def _parents(condition: Any) -> set[str]:  # ConfigSpace's conditions share no typed base
    if hasattr(condition, "components"):
        return set().union(*(_parents(part) for part in condition.components))
    return {condition.parent.name}


def _default(axis: Axis, meant: Meant) -> Value:
    """Return the estimator's own value if it lies on the user's axis, else the axis' default.

    None, where the user searches numbers, means no limit: the upper end.
    """
    known = {argument for argument in meant.arguments if _ends_in(axis.name, argument)}
    if known:
        argument = max(known, key=len)
        value = _argument(argument, meant)
        if value is None and axis.kind != "category" and meant.arguments[argument] is None:
            return round(axis.upper) if axis.kind == "integer" else axis.upper
        try:
            axis.encode([value])
        except (InputError, TypeError, ValueError):
            return axis.default
        return value
    return axis.default


def _notes(meant: Meant) -> tuple[str, ...]:
    notes = [
        f"experience is with {name}={value!r}, yours has {meant.arguments.get(name)!r}"
        for name, value in meant.known.needs.items()
        if meant.arguments.get(name) != value
    ]
    algorithm, steps = CATALOGUE.get(meant.known.algorithm), meant.steps
    if algorithm.preparation == "scaled" and not any("Scaler" in step for step in steps):
        notes.append("experience is with standardised columns: put a StandardScaler in front")
    on_target = meant.known.kind == "regression" and algorithm.name in _ON_SCALED_TARGET
    if on_target and "TransformedTargetRegressor" not in steps:
        notes.append("experience is with a standardised target: wrap it in "
                     "TransformedTargetRegressor")  # fmt: skip
    return tuple(notes)
