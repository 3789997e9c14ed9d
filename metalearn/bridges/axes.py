"""Axes of a ConfigSpace from the numbers and lists that other libraries hold."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

import ConfigSpace
import numpy as np

from metalearn.core.configuration import Value
from metalearn.errors import InputError

__all__ = ["category", "native", "number", "ordered", "space_of", "word"]


def number(
    name: str,
    lower: float,
    upper: float,
    *,
    integer: bool = False,
    log: bool = False,
    default: float | None = None,
) -> Any:  # ConfigSpace's hyperparameters share no typed base
    """Return a number axis; a constant if both ends are the same.

    Raises:
        InputError: If an end is missing or the ends are the wrong way round.
    """
    if lower is None or upper is None:
        raise InputError(f"{name!r} is unbounded; give it a lower and an upper end")
    if lower > upper or (log and lower <= 0):
        raise InputError(f"{name!r}: expected lower < upper (and 0 < lower if log), got "
                         f"[{lower}, {upper}]")  # fmt: skip
    if lower == upper:
        return ConfigSpace.Constant(name, int(lower) if integer else float(lower))
    if integer:
        made = None if default is None else int(default)
        return ConfigSpace.UniformIntegerHyperparameter(
            name, int(lower), int(upper), default_value=made, log=log
        )
    made_float = None if default is None else float(default)
    return ConfigSpace.UniformFloatHyperparameter(
        name, float(lower), float(upper), default_value=made_float, log=log
    )


def category(name: str, values: Sequence[Any], *, default: Any = None) -> Any:
    """Return a categorical axis; what is no number or word is kept beside, under its `repr`.

    Raises:
        InputError: If there is nothing to choose from.
    """
    words = _words(name, values)
    objects = {w: v for w, v in zip(words, values, strict=True) if w is not v}
    meta: dict[Any, Any] | None = {"objects": objects} if objects else None
    start = words[0] if default is None else word(default)
    return ConfigSpace.CategoricalHyperparameter(name, words, default_value=start, meta=meta)


def ordered(name: str, values: Sequence[Any]) -> Any:
    """Return an axis over a list: ordered if it holds numbers, a category otherwise."""
    words = _words(name, values)
    if len(words) > 1 and all(isinstance(w, (int, float)) and not isinstance(w, bool)
                              for w in words):  # fmt: skip
        rising = sorted(cast("list[float]", words))
        middle = rising[len(rising) // 2]
        return ConfigSpace.OrdinalHyperparameter(name, rising, default_value=middle)
    return category(name, values)


def space_of(
    axes: Sequence[Any], conditions: Sequence[Any] = ()
) -> ConfigSpace.ConfigurationSpace:
    """Return the ConfigSpace of axes and conditions.

    Raises:
        InputError: If there are no axes.
    """
    if not axes:
        raise InputError("the space is empty; give at least one parameter to search")
    space = ConfigSpace.ConfigurationSpace()
    space.add(*axes)
    if conditions:
        space.add(*conditions)
    return space


def word(value: Any) -> Value:
    """Return a value as a plain scalar; anything else as its text."""
    value = native(value)
    if value is None or isinstance(value, (str, int, float, bool)):
        return value
    return repr(value)


def native(value: Any) -> Any:
    """Return a NumPy scalar as a plain one, anything else as it is."""
    return value.item() if isinstance(value, np.generic) else value


def _words(name: str, values: Sequence[Any]) -> list[Value]:
    words = [word(value) for value in values]
    if not words:
        raise InputError(f"{name!r} has nothing to choose from")
    kept: list[Value] = []
    for w in words:
        if w not in kept:
            kept.append(w)
    if len(kept) < len(words):
        raise InputError(f"{name!r} offers the same value twice: {words}")
    return words
