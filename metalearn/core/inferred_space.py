"""Search spaces inferred from configurations, and declared spaces widened to contain them.

Published runs often lack their search space. Text, booleans and None become categories; integers
stay integers; `metalearn.core.axis_scale` chooses logarithmic axes. A hyperparameter that is
present exactly under some values of one category is conditional on that category.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import ConfigSpace
import numpy as np

from metalearn.core.axis_scale import scale_of
from metalearn.core.choices import (
    ChoiceIndex,
    choice_axis,
    choices_of,
    distinct,
    identity,
    is_number,
    words_for,
)
from metalearn.core.configuration import Value
from metalearn.core.space import Space
from metalearn.errors import NotEnoughMetaDataError

__all__ = ["inferred_space", "widened_space"]


def inferred_space(algorithm: str, rows: Sequence[Mapping[str, Value]]) -> Space:
    """Return the smallest space that contains all configurations.

    Args:
        algorithm: Name of the algorithm.
        rows: Hyperparameters of each configuration; a missing name is inactive there.

    Raises:
        NotEnoughMetaDataError: If there is no configuration, or none has hyperparameters.
    """
    names = sorted({name for row in rows for name in row})
    if not names:
        raise NotEnoughMetaDataError(
            f"expected configurations of {algorithm!r} to infer a space from; got {len(rows)} "
            f"without hyperparameters"
        )
    space = ConfigSpace.ConfigurationSpace()
    axes = {name: _axis(name, [row[name] for row in rows if name in row]) for name in names}
    space.add(*axes.values())
    conditions = [
        condition
        for name in names
        if any(name not in row for row in rows)
        for condition in [_condition(axes, name, rows)]
        if condition is not None
    ]
    if conditions:
        space.add(*conditions)
    return Space(algorithm, space)


def widened_space(space: Space, rows: Sequence[Mapping[str, Value]]) -> tuple[Space, list[str]]:
    """Return a space that also contains these configurations, and a note per widened axis.

    Bounds move to the most extreme value; unseen choices are added to categories. Names that are
    no axis of the space are ignored.
    """
    document = json.loads(space.to_json())
    notes = []
    for entry in document["hyperparameters"]:
        name = entry["name"]
        values = [row[name] for row in rows if name in row]
        if values:
            notes += _widen(entry, values)
    if not notes:
        return space, []
    return Space.from_json(space.algorithm, json.dumps(document)), notes


def _widen(entry: dict[str, Any], values: Sequence[Value]) -> list[str]:
    name = entry["name"]
    if "lower" in entry:
        numbers = np.array([v for v in values if is_number(v)], dtype=np.float64)
        if not len(numbers):
            return []
        low, high = min(numbers.min(), entry["lower"]), max(numbers.max(), entry["upper"])
        slack = 1e-9 * max(abs(low), abs(high))  # ConfigSpace rounds bounds
        if entry["lower"] - low <= slack and high - entry["upper"] <= slack:
            return []
        note = (f"{name!r}: declared [{entry['lower']:g}, {entry['upper']:g}], widened to "
                f"[{low:g}, {high:g}] by the values that occur")  # fmt: skip
        kind = int if "int" in entry["type"] else float
        if low <= 0.0 and entry.get("log"):
            note += (
                "; the log axis is shifted to include 0"
                if low == 0.0
                else "; no longer a log axis"
            )
            shift = 1.0 if kind is int else min([entry["lower"], *numbers[numbers > 0.0]])
            entry.update(log=False, meta={"log_shift": float(shift)})
        entry["lower"], entry["upper"] = kind(low), kind(high)
        if low < 0.0 and entry.get("meta"):
            entry["meta"].pop("log_shift", None)  # a shifted log axis excludes negative numbers
        if "ends" in (entry.get("meta") or {}):
            entry["meta"]["ends"] = [kind(low), kind(high)]
        return [note]
    return _widen_choices(entry, values)


def _widen_choices(entry: dict[str, Any], values: Sequence[Value]) -> list[str]:
    """Add new values as choices; 1.0 is new only if the choice 1 occurs as well."""
    name = entry["name"]
    key = next((key for key in ("choices", "sequence") if key in entry), None)
    own = entry[key] if key else [entry["value"]]
    meta = dict(entry.get("meta") or {})
    known = meta.get("values", own)
    index, occurring = ChoiceIndex(known), distinct(values)
    strict = {index.strictly(value) for value in occurring}
    added = [
        value
        for value in sorted(occurring, key=str)
        if index.strictly(value) is None and index.position(value) in (None, *strict)
    ]
    if not added:
        return []
    values_now = [*known, *added]
    words = words_for(values_now, own)
    if any(w is not v for w, v in zip(words, values_now, strict=True)):
        entry["meta"] = {**meta, "values": values_now}
    if key is None:
        entry.update(type="categorical", choices=words, default_value=own[0])
        entry.pop("value")
    else:
        entry[key] = words
    if entry.get("weights") is not None:
        entry["weights"] = None
    return [f"{name!r}: values {added} occur and were added to the declared {list(known)}"]


def _axis(name: str, values: Sequence[Value]) -> Any:  # ConfigSpace's classes share no typed base
    once = distinct(values)
    if all(is_number(value) for value in values) and len(set(once)) == len(once):
        numbers = np.array(values, dtype=np.float64)
        low, high = float(numbers.min()), float(numbers.max())
        middle = float(np.median(numbers))
        if low < high and all(isinstance(value, int) for value in values):
            scale = scale_of(numbers.tolist(), whole=True)
            return ConfigSpace.UniformIntegerHyperparameter(
                name, int(low), int(high), round(middle), log=scale.log, meta=scale.meta
            )
        if low < high:
            scale = scale_of(numbers.tolist())
            return ConfigSpace.UniformFloatHyperparameter(
                name, low, high, middle, log=scale.log, meta=scale.meta
            )
    choices = sorted(once, key=str)
    if len(choices) == 1:
        return ConfigSpace.Constant(name, choices[0])
    return choice_axis(name, choices)


def _condition(
    axes: Mapping[str, Any], child: str, rows: Sequence[Mapping[str, Value]]
) -> Any:  # ConfigSpace's conditions are untyped
    for parent, axis in axes.items():
        if parent == child or not hasattr(axis, "choices"):
            continue
        if any(parent not in row for row in rows):
            continue
        on = distinct(row[parent] for row in rows if child in row)
        off = distinct(row[parent] for row in rows if child not in row)
        if on and off and not {*map(identity, on)} & {*map(identity, off)}:
            known = ChoiceIndex(choices_of(axis))
            places = [known.position(value) for value in sorted(on, key=str)]
            own = [axis.choices[place] for place in places if place is not None]
            return ConfigSpace.InCondition(axes[child], axis, own)
    return None
