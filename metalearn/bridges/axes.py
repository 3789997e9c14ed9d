"""Axes of a ConfigSpace from the numbers and lists that other libraries hold."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import ConfigSpace

from metalearn.core.choices import ChoiceIndex, choice_axis, identity, is_number, native
from metalearn.core.configuration import Value
from metalearn.errors import InputError

__all__ = ["category", "grid", "native", "number", "ordered", "space_of", "word"]

_LONGEST_GRID = 1000  # of more numbers, a range with a step
_DECIMALS = 13  # that ConfigSpace keeps of the ends of a range


def number(
    name: str,
    lower: float,
    upper: float,
    *,
    integer: bool = False,
    log: bool = False,
    default: float | None = None,
    meta: Mapping[Any, Any] | None = None,
) -> Any:  # ConfigSpace's hyperparameters share no typed base
    """Return a number axis; a constant if both ends are the same.

    ConfigSpace rounds ends to 13 decimals; the ends as they were given lie beside, in `meta`.

    Raises:
        InputError: If an end is missing or the ends are the wrong way round.
    """
    if lower is None or upper is None or not math.isfinite(lower) or not math.isfinite(upper):
        raise InputError(f"{name!r} is unbounded; give it a lower and an upper end")
    if lower > upper or (log and lower <= 0):
        raise InputError(f"{name!r}: expected lower < upper (and 0 < lower if log), got "
                         f"[{lower}, {upper}]")  # fmt: skip
    if lower == upper:
        return ConfigSpace.Constant(name, int(lower) if integer else float(lower))
    kept = dict(meta or {})
    if integer:
        made = None if default is None else int(default)
        return ConfigSpace.UniformIntegerHyperparameter(
            name, int(lower), int(upper), default_value=made, log=log, meta=kept or None
        )
    ends = [float(lower), float(upper)]
    rounded = [round(end, _DECIMALS) for end in ends]
    if rounded[0] == rounded[1] or (log and rounded[0] <= 0):
        raise InputError(f"{name!r}: [{lower}, {upper}] needs more than {_DECIMALS} decimals; "
                         "search it in a larger unit, for instance its logarithm")  # fmt: skip
    if rounded != ends:
        kept["ends"] = ends
    made_float = None if default is None else float(default)
    return ConfigSpace.UniformFloatHyperparameter(
        name, rounded[0], rounded[1], default_value=made_float, log=log, meta=kept or None
    )


def grid(
    name: str,
    first: int,
    last: int,
    step: float,
    *,
    origin: float = 0.0,
    top: float = math.inf,
    integer: bool = False,
    log: bool = False,
) -> Any:
    """Return the axis of the numbers `origin + i * step`, `i` from `first` to `last`.

    None of them lies beyond `top`.

    Raises:
        InputError: If there is no such number.
    """
    if first > last:
        raise InputError(f"{name!r}: no multiple of the step {step} lies between the ends")
    kind = int if integer else float
    if step == 1 and integer:
        return number(name, origin + first, origin + last, integer=True, log=log)
    if last - first < _LONGEST_GRID:
        return ordered(name, [kind(min(origin + i * step, top)) for i in range(first, last + 1)])
    ends = [kind(min(origin + i * step, top)) for i in (first, last)]
    log = log and ends[0] > 0
    return number(name, *ends, integer=integer, log=log, meta={"grid": [origin, step]})


def category(name: str, values: Sequence[Any], *, default: Any = None) -> Any:
    """Return a categorical axis; other objects than numbers and text are kept under their `repr`.

    A repeated value is one choice.

    Raises:
        InputError: If there is nothing to choose from.
    """
    return _choices(name, values, False, default)


def ordered(name: str, values: Sequence[Any]) -> Any:
    """Return an axis over a list: ordered if it holds numbers, a category otherwise."""
    words = [word(value) for value in values]
    if len(words) < 2 or not all(is_number(w) for w in words):
        return category(name, values)
    rising = sorted(values, key=float)
    return _choices(name, rising, True, None)


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
    """Return a value as a plain scalar; anything else, and what is not finite, as its text."""
    value = native(value)
    if value is None or isinstance(value, (str, int)):
        return value  # truth values are integers
    if isinstance(value, float) and math.isfinite(value):
        return value
    return repr(value)


def _choices(name: str, values: Sequence[Any], is_ordered: bool, default: Any) -> Any:
    """Return the axis of values, each once; objects lie beside in `meta["objects"]`."""
    words: list[Value] = []
    given: list[Any] = []
    known: dict[str, Any] = {}
    for value in values:
        text = _free_word(value, known)
        if identity(text) not in known:
            known[identity(text)] = value
            words.append(text)
            given.append(value)
    if not words:
        raise InputError(f"{name!r} has nothing to choose from")
    start = len(words) // 2 if is_ordered else 0
    if default is not None:
        start = ChoiceIndex(words).position(word(default)) or 0
    made = choice_axis(name, words, default=start, is_ordered=is_ordered and len(words) > 1)
    own = made.sequence if hasattr(made, "sequence") else made.choices
    objects = {o: v for o, w, v in zip(own, words, given, strict=True) if type(w) is not type(v)}
    if objects:
        made.meta = {**(made.meta or {}), "objects": objects}
    return made


def _free_word(value: Any, known: Mapping[str, Any]) -> Value:
    """Return the word for a value: an object's text, numbered if another value has that text."""
    text = word(value)
    if not isinstance(text, str) or isinstance(native(value), str):
        return text
    made, n = text, 1
    while identity(made) in known and not _is_same_object(known[identity(made)], value):
        n += 1
        made = f"{text} #{n}"
    return made


def _is_same_object(one: Any, other: Any) -> bool:
    return one is other or (type(one) is type(other) and repr(one) == repr(other))
