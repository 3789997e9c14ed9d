"""Matches a user's own space to that of one of our learners, by names, kinds and values.

The learner is given by an estimator (also inside a `Pipeline`) or by its name. A parameter matches
an axis of ours if its name is that of the axis, or ends in it after a separator: `C`, `svc__C`,
`model__svc__C`, `svc_C`. Arguments of the estimator without an axis are left to the user's
optimizer, as are the parameters of other steps; a name that matches nothing is an error.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from inspect import signature
from typing import Any

import ConfigSpace

from metalearn.core.configuration import Value
from metalearn.core.space import Axis, Space
from metalearn.core.space_mapping import AxisMatch, SpaceMapping, unchanged
from metalearn.core.task import Kind
from metalearn.errors import InputError, MissingPackageError, UnknownNameError, UsageError
from metalearn.learners import CATALOGUE
from metalearn.learners.algorithm import Algorithm
from metalearn.learners.arguments import KnownEstimator, argument_names, conversion

__all__ = ["Meant", "match_space", "meant_by"]

_SEPARATORS = ("__", ".", "/", ":", "_")
_INNER = ("regressor", "estimator", "base_estimator")


@dataclass(frozen=True)
class Meant:
    """The learner and the estimator that a user's space belongs to.

    Attributes:
        algorithm: The learner.
        known: The estimator's class.
        prefix: Prefix of its parameters inside the user's estimator: `model__`.
        arguments: Values of its arguments, as far as they are single values.
        parameters: All parameters that the user's whole estimator has.
        steps: Class names of the steps and wrappers around it.
    """

    algorithm: Algorithm
    known: KnownEstimator
    prefix: str
    arguments: Mapping[str, Any]
    parameters: frozenset[str]
    steps: tuple[str, ...] = ()


def meant_by(estimator: Any, algorithm: str | None, kind: Kind | None) -> Meant:
    """Return the learner that an estimator or a name stands for.

    Args:
        estimator: An estimator, alone or in a Pipeline; or None.
        algorithm: Name of our learner, if there is no estimator.
        kind: Kind of task, if it is known.

    Raises:
        UsageError: If neither is given.
        UnknownNameError: If there is no such estimator or learner.
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
    learner, known = _stands_for(type(inner).__name__, algorithm)
    if kind is not None and known.kind != kind:
        raise UsageError(f"{known.name} is for {known.kind}, the target is for {kind}")
    arguments = {**known.unset, **_given(inner.get_params(), known)}
    parameters = frozenset(estimator.get_params(deep=True)) | {
        prefix + name for name in _named_parameters(type(inner))
    }
    return Meant(learner, known, prefix, arguments, parameters, tuple(steps))


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
        names: Our axis by the user's name, where names differ; None leaves it to the user.
        n_features: Columns that the estimator sees, for arguments that count them.

    Raises:
        InputError: If a parameter is unknown, or two match the same axis, or none matches.
    """
    algorithm = meant.algorithm.name
    ours = meant.algorithm.space(meant.known.kind)
    space = Space(algorithm, theirs)
    chosen = {a.name: _our_name(a.name, ours, meant, names or {}) for a in space.axes}
    _check_once(chosen)
    if not any(chosen.values()):
        raise InputError(
            f"none of {sorted(chosen)} is a hyperparameter of {algorithm!r} with stored runs; "
            f"these are {', '.join(ours.names)}. Say which is which with names="
        )
    by_name = {axis.name: axis for axis in ours.axes}
    matches = [_matched(axis, by_name, chosen[axis.name], meant, n_features, ours)
               for axis in space.axes]  # fmt: skip
    matches += [_fixed(axis, meant, n_features, ours)
                for axis in ours.axes if axis.name not in chosen.values()]  # fmt: skip
    read = [(theirs[name].meta or {}).get("note") for name in theirs]
    notes = (*(note for note in read if note), *_notes(meant))
    return SpaceMapping(ours, space, tuple(matches), notes=notes)


def _known() -> list[tuple[Algorithm, KnownEstimator]]:
    """Return every learner with every class that it stands for, our own learners first."""
    learners = map(CATALOGUE.get, CATALOGUE.names())
    return [(learner, known) for learner in learners for known in learner.estimators]


def _stands_for(class_name: str, algorithm: str | None) -> tuple[Algorithm, KnownEstimator]:
    """Return the learner that stands for a class; the named one if several do."""
    found = [pair for pair in _known() if pair[1].name == class_name]
    if not found:
        names = tuple(dict.fromkeys(known.name for _, known in _known()))
        raise UnknownNameError("estimator", class_name, names)
    return next((pair for pair in found if pair[0].name == algorithm), found[0])


def _named_parameters(estimator: type) -> list[str]:
    """Return the parameters that a class declares: some report only those that are set."""
    declared = signature(estimator).parameters.values()
    return [p.name for p in declared if p.kind in (p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY)]


def _class_of(algorithm: str, kind: Kind | None) -> type:
    names = dict.fromkeys(learner.name for learner, k in _known() if kind in (None, k.kind))
    if algorithm not in names:
        what = "algorithm" if kind is None else f"algorithm for {kind}"
        raise UnknownNameError(what, algorithm, tuple(names))
    learner = CATALOGUE.get(algorithm)
    if not learner.is_installed:
        raise MissingPackageError(learner.package, learner.extra, f"learner {algorithm!r}")
    return next(known for known in learner.estimators if kind in (None, known.kind)).load()


def _given(parameters: Mapping[str, Any], known: KnownEstimator) -> dict[str, Any]:
    """Return the parameters that have a value, None included unless it means not set."""
    return {
        name: value
        for name, value in parameters.items()
        if value is not None or name not in known.unset
    }


def _unwrapped(estimator: Any, prefix: str, steps: list[str]) -> tuple[str, Any]:
    """Return the prefix and the estimator inside pipelines and simple wrappers."""
    if any(known.name == type(estimator).__name__ for _, known in _known()):
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
        named = names[theirs]
        if named is not None and named not in ours.names:
            raise InputError(f"names: {named!r} is not one of {', '.join(ours.names)}")
        return named
    arguments = _arguments(ours, meant.algorithm)
    exact = {meant.prefix + argument: axis for argument, axis in arguments}
    if theirs in exact:
        return exact[theirs]
    if theirs in meant.parameters:  # of another step, or of this one and unknown to us
        return None
    fitting = [(len(a), axis) for a, axis in arguments if _ends_in(theirs, a)]
    if fitting:
        return max(fitting)[1]
    if any(_ends_in(theirs, argument) for argument in meant.arguments):
        return None
    raise InputError(
        f"{theirs!r} is not a parameter of {meant.known.name}. Stored runs vary "
        f"{', '.join(ours.names)}; its other parameters are left to your optimizer. If it means "
        f"one of these, say names={{{theirs!r}: ...}}; if it is something else, None"
    )


def _arguments(ours: Space, algorithm: Algorithm) -> list[tuple[str, str]]:
    return [(a, name) for name in ours.names for a in argument_names(algorithm, name)]


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
        how = conversion(meant.algorithm, mine, axis, n_features)
        read = [_reads(how, choice) for choice in axis.choices]
        if all(mine.index.position(value) is None for value in read):
            raise InputError(
                f"{axis.name!r}: none of {axis.choices} is among {mine.choices}, the values of "
                "stored runs"
            )
    how = conversion(meant.algorithm, mine, axis, n_features)
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
    name = argument_names(meant.algorithm, axis.name)[0]
    if name not in meant.arguments:  # an axis that is no argument (`n_layers`): its default
        return AxisMatch("fixed", None, axis, unchanged, axis.default, branch)
    how = conversion(meant.algorithm, axis, None, n_features)
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
    algorithm, steps = meant.algorithm, meant.steps
    if algorithm.preparation == "scaled" and not any("Scaler" in step for step in steps):
        notes.append("experience is with standardised columns: put a StandardScaler in front")
    on_target = meant.known.kind == "regression" and algorithm.scales_target
    if on_target and "TransformedTargetRegressor" not in steps:
        notes.append("experience is with a standardised target: wrap it in "
                     "TransformedTargetRegressor")  # fmt: skip
    return tuple(notes)
