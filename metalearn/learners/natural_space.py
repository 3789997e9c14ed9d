"""The whole space of a learner under its estimator's names, for users without their own space.

It has each axis of ours that is an argument of the estimator, under the argument's name.
"""

from __future__ import annotations

from typing import Any

import ConfigSpace

from metalearn.core.space import Axis
from metalearn.learners.algorithm import category, real, whole
from metalearn.learners.arguments import Argument, argument_names
from metalearn.learners.matching import Meant

__all__ = ["natural_space"]


def natural_space(meant: Meant) -> ConfigSpace.ConfigurationSpace:
    """Return a ConfigSpace over the arguments that are axes of ours; no conditions."""
    learner = meant.algorithm
    ours = learner.space(meant.known.kind)
    space = ConfigSpace.ConfigurationSpace()
    for axis in ours.axes:
        name = argument_names(learner, axis.name)[0]
        if axis.name not in meant.known.fixed and meant.prefix + name in meant.parameters:
            space.add(_renamed(axis, meant.prefix + name, learner.arguments.get(axis.name)))
    return space


def _renamed(
    axis: Axis, name: str, argument: Argument | None
) -> Any:  # ConfigSpace's hyperparameters share no typed base
    default: Any = axis.default
    if axis.kind == "float":
        return real(name, axis.lower, axis.upper, default, log=axis.log)
    if axis.kind == "integer":
        return whole(name, round(axis.lower), round(axis.upper), default, log=axis.log)
    if argument is not None and argument.words:
        return category(name, [argument.words[choice] for choice in axis.choices])
    return category(name, [default, *(c for c in axis.choices if c != default)])
