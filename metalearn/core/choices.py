"""Choices of a categorical axis, distinguished by type and value.

In Python 1, 1.0 and True are equal. As values of a hyperparameter they differ (one column, all
columns, a switch). Two floats that agree in 12 significant digits are the same choice, as in the
identity of a configuration (METHODS 0.2). ConfigSpace compares choices with `==`. Where they would
be equal, its choices are texts, and `meta["values"]` holds the values.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import ConfigSpace
import numpy as np

from metalearn.core.configuration import Value, canonical_json
from metalearn.errors import InputError

__all__ = [
    "ChoiceIndex",
    "choice_axis",
    "choices_of",
    "default_of",
    "distinct",
    "identity",
    "is_number",
    "native",
    "of_config_space",
    "to_config_space_values",
    "words_for",
]

_VALUES = "values"


def native(value: Any) -> Any:
    """Return a NumPy scalar as a plain one, anything else as it is."""
    return value.item() if isinstance(value, np.generic) else value


def is_number(value: Value) -> bool:
    """Return whether a value is a number; a switch is none."""
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def identity(value: Value) -> str:
    """Return a text that is equal for two values exactly if they are the same choice.

    >>> [identity(v) for v in (1, 1.0, True, "1", 1 / 3, 0.333333333333)]
    ['1', '1.0', 'true', '"1"', '0.333333333333', '0.333333333333']
    """
    return canonical_json({"": value})[4:-1]


def distinct(values: Iterable[Value]) -> list[Value]:
    """Return the first value of each identity, in order."""
    once = {(type(value), value): value for value in values}.values()
    found: dict[str, Value] = {}
    for value in once:
        found.setdefault(identity(value), value)
    return list(found.values())


class ChoiceIndex:
    """Index from values to positions among choices.

    Args:
        choices: Plain values; of two that have one identity, the first is found.
    """

    def __init__(self, choices: Sequence[Value]) -> None:
        self._choices = tuple(choices)
        self._exact: dict[tuple[type, Value], int] = {}
        self._rounded: dict[str, int] = {}
        for i, choice in enumerate(self._choices):
            self._exact.setdefault((type(choice), choice), i)
            self._rounded.setdefault(identity(choice), i)

    def strictly(self, value: Any) -> int | None:
        """Return the position of a value by type and 12 digits; None if it is not a choice."""
        value = native(value)
        if value is not None and not isinstance(value, (str, int, float)):
            return None
        found = self._exact.get((type(value), value))
        if found is not None:
            return found
        try:
            return self._rounded.get(identity(value))
        except InputError:  # not finite
            return None

    def position(self, value: Any) -> int | None:
        """Return the position of a value, or of an equal number of another type; None if absent.

        Among choices 1 and 2, the value 2.0 finds 2; choices 1 and 1.0 are distinguished.
        """
        found = self.strictly(value)
        if found is None and isinstance(native(value), (int, float)):
            equal = (i for i, c in enumerate(self._choices)
                     if isinstance(c, (int, float)) and c == native(value))  # fmt: skip
            return next(equal, None)
        return found


def choice_axis(
    name: str,
    values: Sequence[Value],
    *,
    default: int = 0,
    is_ordered: bool = False,
    meta: Mapping[Any, Any] | None = None,
) -> Any:  # ConfigSpace's hyperparameters share no typed base
    """Return an axis of ConfigSpace over plain values of any types.

    Args:
        name: Its name.
        values: Values with different identities.
        default: Position of the default value.
        is_ordered: Whether the order of the values has a meaning.
        meta: Further meta-data of the axis.
    """
    words, kept = words_for(values), dict(meta or {})
    if any(w is not v for w, v in zip(words, values, strict=True)):
        kept[_VALUES] = list(values)
    made: Any = ConfigSpace.CategoricalHyperparameter
    if is_ordered:
        made = ConfigSpace.OrdinalHyperparameter
    return made(name, words, default_value=words[default], meta=kept or None)


def choices_of(parameter: Any) -> tuple[Value, ...]:
    """Return the values of a category, ordinal or constant of ConfigSpace."""
    found = (parameter.meta or {}).get(_VALUES)
    return tuple(native(v) for v in (_own(parameter) if found is None else found))


def default_of(parameter: Any) -> Value:
    """Return the default value of a category, ordinal or constant of ConfigSpace."""
    own = [native(v) for v in _own(parameter)]
    place = ChoiceIndex(own).position(parameter.default_value)
    return choices_of(parameter)[place or 0]


def to_config_space_values(
    space: ConfigSpace.ConfigurationSpace, values: Mapping[str, Value]
) -> dict[str, Any]:
    """Return values in ConfigSpace's form: its own choices, and numbers within its bounds.

    ConfigSpace rounds bounds to 13 decimals, so the exact bounds may lie outside.
    """
    found: dict[str, Any] = {}
    for name, value in values.items():
        parameter: Any = space[name]
        if hasattr(parameter, "lower"):
            found[name] = min(max(value, parameter.lower), parameter.upper)
            continue
        place = ChoiceIndex(choices_of(parameter)).position(value)
        found[name] = value if place is None else _own(parameter)[place]
    return found


def of_config_space(
    space: ConfigSpace.ConfigurationSpace, values: Mapping[str, Any]
) -> dict[str, Any]:
    """Return plain values of ConfigSpace's; the inverse of `to_config_space_values`."""
    found: dict[str, Any] = {}
    for name, value in values.items():
        parameter: Any = space[name]
        place = None
        if not hasattr(parameter, "lower"):
            place = ChoiceIndex([native(v) for v in _own(parameter)]).position(value)
        found[name] = native(value) if place is None else choices_of(parameter)[place]
    return found


def _own(parameter: Any) -> tuple[Any, ...]:
    if hasattr(parameter, "sequence"):
        return tuple(parameter.sequence)
    return tuple(parameter.choices) if hasattr(parameter, "choices") else (parameter.value,)


def words_for(values: Sequence[Value], own: Sequence[Any] = ()) -> list[Any]:
    """Return ConfigSpace's choices for values: the values, or texts where it finds them equal.

    Args:
        values: Values with different identities.
        own: ConfigSpace's choices for the first of them.
    """
    found = list(own)
    for value in values[len(own) :]:
        word: Any = value
        while word in found:
            word = f"{type(value).__name__} {word}"
        found.append(word)
    return found
