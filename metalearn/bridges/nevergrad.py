"""Nevergrad: an optimizer whose first suggestions are the initial design.

The initial design is suggested; results on the same task are passed to `tell`, with a
warning if the optimizer is not known to use them. A prior becomes the starting point and, for
numbers, the mutation's spread.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import ConfigSpace
import numpy as np

from metalearn.bridges import axes
from metalearn.bridges.bridge import Bridge, configuration_of, loaded, pending
from metalearn.bridges.direction import several, single
from metalearn.bridges.domains import complete
from metalearn.core.choices import ChoiceIndex
from metalearn.core.configuration import Configuration, Value
from metalearn.core.space import Axis
from metalearn.core.trial import Trial
from metalearn.core.warm_start import WarmStart
from metalearn.errors import UsageError

__all__ = ["BRIDGE", "parametrization", "to_nevergrad", "trials"]

_LISTENING = ("CMA", "DiagonalCMA", "OnePlusOne", "DE", "TwoPointsDE", "BO")
_DRAWS = 200


def to_nevergrad(
    warm: WarmStart,
    *,
    budget: int,
    optimizer: str = "NGOpt",
    prior: bool = True,
    seed: int | None = None,
    **options: Any,
) -> Any:
    """Return an optimizer: `x = optimizer.ask(); optimizer.tell(x, loss)`; values: `x.kwargs`.

    With several losses the initial design also comes first. Nevergrad then refuses observations,
    which have one loss each, and nothing can be remembered.

    Args:
        warm: The warm start.
        budget: Evaluations, the initial design included.
        optimizer: Name in `nevergrad.optimizers.registry`.
        prior: Whether mutations start from the prior (spaces of ours only).
        seed: Seed of the parametrization.
        **options: Of the optimizer, for instance `num_workers`.
    """
    ng = loaded("nevergrad", "nevergrad")
    if optimizer not in ng.optimizers.registry:
        raise UsageError(f"Nevergrad has no optimizer {optimizer!r}; see ng.optimizers.registry")
    space = parametrization(warm, prior=prior)
    if warm.space.config_space.forbidden_clauses:
        space.register_cheap_constraint(partial(_is_allowed, warm))
    if seed is not None:
        space.random_state = np.random.RandomState(seed)  # the type that Nevergrad expects
    made = ng.optimizers.registry[optimizer](space, budget=budget, **options)
    results = warm.known_results
    if results and optimizer not in _LISTENING:
        warnings.warn(
            f"Nevergrad's {optimizer} is not known to use results of configurations that it did "
            f"not suggest; {', '.join(_LISTENING[:4])} do",
            UserWarning,
            stacklevel=2,
        )
    for trial in results:
        values = _new_value(warm, space, trial.configuration)
        child = space.spawn_child(new_value=values)
        _set_choices(child, warm.space.values_of(trial.configuration))
        made.tell(child, trial.loss)
    if warm.memory is not None:
        made.register_callback("tell", partial(_remember, warm))
    for configuration in reversed(warm.configurations):  # the last suggestion comes first
        positional, named = _arguments(warm, space, configuration)
        made.suggest(*positional, **named)
        _set_choices(made._suggestions[-1], warm.space.values_of(configuration))
    return made


def parametrization(warm: WarmStart, *, prior: bool = True) -> Any:
    """Return the user's own parametrization, or an `Instrumentation` of our axes."""
    if warm.mapping is not None and warm.mapping.library == "nevergrad":
        return _whole(warm.mapping.original)
    ng = loaded("nevergrad", "nevergrad")
    points = np.empty((0, warm.space.n_axes))
    if prior and warm.prior is not None:
        points = warm.prior.sample_points(_DRAWS, np.random.default_rng(0))
    made = {a.name: _parameter(ng, a, points[:, j]) for j, a in enumerate(warm.space.axes)}
    return ng.p.Instrumentation(**made)


def _remember(warm: WarmStart, optimizer: Any, candidate: Any, loss: float) -> None:
    # With several losses, Nevergrad passes a hypervolume.
    if optimizer.num_objectives > 1:
        raise several(optimizer.num_objectives)
    warm.tell(trials(warm, [(candidate, loss)]))


def trials(warm: WarmStart, results: Sequence[tuple[Any, ...]]) -> list[Trial]:
    """Return trials from pairs of a candidate and its loss; Nevergrad keeps no list of them.

    A third value is the share of the full resource that it was evaluated with.

    Raises:
        UsageError: If a loss is several numbers.
    """
    found = []
    for candidate, value, *share in results:
        loss = single(value)
        constant = {n for n, p in _named(candidate).items() if _is_constant(p)}
        values = {n: v for n, v in _values_of(candidate).items() if n not in constant}
        trial = pending(warm, values.items(), *share)
        found.append(trial.failed() if loss is None else trial.finished(loss))
    return found


def _whole(foreign: Any) -> Any:
    """Return one parameter for a plain dict of parameters."""
    if isinstance(foreign, dict):
        return loaded("nevergrad", "nevergrad").p.Dict(**foreign)
    return foreign


def read_space(foreign: Any) -> ConfigSpace.ConfigurationSpace:
    """Return an `Instrumentation` or a `Dict` (or a dict of parameters) as a ConfigSpace.

    Constants are left out.
    """
    named = _named(foreign).items()
    return axes.space_of([_axis(n, p) for n, p in named if not _is_constant(p)])


def _is_constant(parameter: Any) -> bool:
    return type(parameter).__name__ == "Constant" or not hasattr(parameter, "spawn_child")


def _named(foreign: Any) -> dict[str, Any]:
    if isinstance(foreign, dict):
        return foreign
    kind = type(foreign).__name__
    if kind == "Instrumentation":
        positional, named = foreign[0], foreign[1]
        if len(positional._content):
            raise UsageError(
                "name all parameters: Instrumentation(C=...), not Instrumentation(...)"
            )
        return dict(named._content)
    if kind == "Dict":
        return dict(foreign._content)
    raise UsageError(f"expected a Nevergrad Instrumentation or Dict, got {kind}")


def _axis(name: str, parameter: Any) -> Any:
    kind = type(parameter).__name__
    if hasattr(parameter, "choices"):
        if getattr(parameter, "_repetitions", None) is not None:
            raise UsageError(f"{name!r} repeats its choice; write one {kind} for each repetition")
        if not all(_is_constant(choice) for choice in parameter.choices):
            raise UsageError(f"{name!r}: options that are parameters themselves cannot be read; "
                             "write them beside the others")  # fmt: skip
        values = [getattr(choice, "value", choice) for choice in parameter.choices]
        is_ordered = kind == "TransitionChoice"
        return axes.ordered(name, values) if is_ordered else axes.category(name, values)
    if not hasattr(parameter, "bounds") or parameter.dimension != 1 or kind == "Array":
        raise UsageError(f"{name!r}: expected a Scalar, Log, Choice or TransitionChoice, got "
                         f"{kind}; write its numbers one by one")  # fmt: skip
    low, high = (None if end is None else float(np.ravel(end)[0]) for end in parameter.bounds)
    if low is None or high is None:
        raise UsageError(f"{name!r} is unbounded; give it lower= and upper=")
    if parameter.integer:  # the whole numbers between the ends
        low, high = math.ceil(low), math.floor(high)
    return axes.number(name, low, high, integer=parameter.integer, log=kind == "Log")


def _parameter(ng: Any, axis: Axis, column: Any) -> Any:
    if axis.kind == "category":
        return ng.p.Choice(list(axis.choices))
    known = column[~np.isnan(column)]
    start: Any = axis.default
    if len(known):
        start = axis.decode(np.array([float(np.median(known))]))[0]
    if axis.log:
        made = ng.p.Log(init=float(start), lower=axis.lower, upper=axis.upper)
    else:
        made = ng.p.Scalar(init=float(start), lower=axis.lower, upper=axis.upper)
        if len(known):
            spread = max(float(known.std()), 0.05) * (axis.upper - axis.lower)
            made.set_mutation(sigma=spread)
    return made.set_integer_casting() if axis.kind == "integer" else made


def _arguments(warm: WarmStart, space: Any, c: Configuration) -> tuple[tuple[Any, ...], Any]:
    fixed = {n: p for n, p in _named(space).items() if _is_constant(p)}
    values = {**{n: getattr(p, "value", p) for n, p in fixed.items()}, **complete(warm, c)}
    if type(space).__name__ == "Instrumentation":
        return (), values
    return (values,), {}


def _new_value(warm: WarmStart, space: Any, configuration: Configuration) -> Any:
    positional, named = _arguments(warm, space, configuration)
    return (positional, named) if type(space).__name__ == "Instrumentation" else positional[0]


def _set_choices(child: Any, values: Mapping[str, Value]) -> None:
    """Set the choices of a point by index: by value, Nevergrad confuses 1, 1.0 and True."""
    parameters = _named(child)
    for name, value in values.items():
        choices = getattr(parameters[name], "choices", ())
        words = [axes.word(getattr(choice, "value", choice)) for choice in choices]
        index = ChoiceIndex(words).strictly(value)
        if index is not None and len(words) > 1:
            parameters[name].indices.value = np.array([index])


def _is_allowed(warm: WarmStart, value: Any) -> bool:
    """Return whether the space allows what an `Instrumentation` or a `Dict` holds."""
    values = value if isinstance(value, dict) else value[1]
    return warm.space.is_allowed(configuration_of(warm, values.items()))


def _values_of(candidate: Any) -> dict[str, Any]:
    return dict(candidate.kwargs) or dict(candidate.value)


BRIDGE = Bridge(
    name="nevergrad",
    package="nevergrad",
    extra="nevergrad",
    honours=frozenset({"seeds", "observations", "prior", "memory"}),
    start=to_nevergrad,
    read_space=read_space,
    trials=trials,
    title="Nevergrad",
    modules=("nevergrad",),
    space="a Nevergrad parametrization",
    forbidden="kept where Nevergrad finds an allowed point",
)
