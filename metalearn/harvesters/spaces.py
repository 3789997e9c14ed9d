"""Search space inferred from the evaluated configurations, for sets without a published space.

An axis spans the observed values; `metalearn.core.axis_scale` decides which numbers are on a log
axis. A hyperparameter given exactly for some values of a categorical one is conditional on it.
Sets whose space is documented declare it themselves.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from metalearn.core.axis_scale import AxisScale, scale_of
from metalearn.core.choices import choice_axis, distinct, identity, to_config_space_values
from metalearn.core.configuration import Value

__all__ = ["SpaceSurvey"]

_KEPT = 5000  # distinct values kept per hyperparameter
_CHOICES = 500
_PLACES = 9  # ConfigSpace rounds bounds to so many decimals
# An integer is a count and a float a share, so the two types are kept apart.
_COUNT_OR_SHARE = ("min_samples_split", "min_samples_leaf", "max_features", "max_samples")


@dataclass(slots=True)
class _Seen:
    """Observed values of one hyperparameter."""

    values: dict[tuple[type, Value], None] = field(default_factory=dict)
    types: set[type] = field(default_factory=set)
    lower: float = math.inf
    upper: float = -math.inf

    def add(self, value: Value) -> None:
        kind = type(value)
        self.types.add(kind)
        if isinstance(value, (int, float)) and kind is not bool:
            self.lower, self.upper = min(self.lower, value), max(self.upper, value)
        if len(self.values) < _KEPT:
            self.values[kind, value] = None

    @property
    def is_number(self) -> bool:
        return bool(self.types) and self.types <= {int, float}

    @property
    def choices(self) -> list[Value]:
        return [value for _, value in self.values]


class SpaceSurvey:
    """Collects configurations of one algorithm, in bounded memory, and declares their space."""

    def __init__(self, algorithm: str) -> None:
        self.algorithm = algorithm
        # Names that are given together -> what was seen of each there.
        self._patterns: dict[tuple[str, ...], dict[str, _Seen]] = {}

    def add(self, hyperparameters: Mapping[str, Value]) -> None:
        """Take note of one configuration."""
        names = tuple(hyperparameters)
        pattern = self._patterns.get(names)
        if pattern is None:
            pattern = self._patterns[names] = {name: _Seen() for name in names}
        for name, value in hyperparameters.items():
            seen = pattern[name]
            if (type(value), value) not in seen.values:
                seen.add(value)

    def to_json(self) -> str | None:
        """Return the space as ConfigSpace JSON; None if there is nothing to vary or too much."""
        import ConfigSpace

        from metalearn.core.space import Space

        merged = self._merged()
        endless = any(
            not _numeric(name, seen) and len(seen.values) > _CHOICES
            for name, seen in merged.items()
        )
        if not merged or endless:
            return None
        space = ConfigSpace.ConfigurationSpace(name=self.algorithm)
        space.add([_axis(name, seen) for name, seen in merged.items()])
        for child, (parent, values) in self._conditions(merged).items():
            own = [to_config_space_values(space, {parent: value})[parent] for value in values]
            space.add(ConfigSpace.InCondition(space[child], space[parent], own))
        return Space(self.algorithm, space).to_json()

    def _merged(self) -> dict[str, _Seen]:
        merged: dict[str, _Seen] = {}
        for pattern in self._patterns.values():
            for name, seen in pattern.items():
                whole = merged.setdefault(name, _Seen())
                for value in (*seen.choices, seen.lower, seen.upper):
                    if value not in (math.inf, -math.inf):
                        whole.add(value)
        return merged

    def _conditions(self, merged: Mapping[str, _Seen]) -> dict[str, tuple[str, list[Value]]]:
        found: dict[str, tuple[str, list[Value]]] = {}
        always = frozenset.intersection(*(frozenset(names) for names in self._patterns))
        for child in merged:
            if child in always:
                continue
            for parent, seen in merged.items():
                if parent not in always or _numeric(parent, seen):
                    continue
                active = self._values(parent, child, present=True)
                if active and not active & self._values(parent, child, present=False):
                    active_first = [v for v in distinct(seen.choices) if identity(v) in active]
                    found[child] = parent, active_first
                    break
        return found

    def _values(self, parent: str, child: str, *, present: bool) -> set[str]:
        return {
            identity(value)
            for names, pattern in self._patterns.items()
            if (child in names) is present
            for value in pattern[parent].choices
        }


def _numeric(name: str, seen: _Seen) -> bool:
    mixed = seen.types == {int, float} and name.split("__")[-1] in _COUNT_OR_SHARE
    largest, step = (2.0**53, 1.0) if seen.types == {int} else (1e100, 10.0**-_PLACES)
    bounded = -largest <= seen.lower < seen.upper <= largest
    return seen.is_number and not mixed and bounded and seen.upper - seen.lower >= step


def _axis(name: str, seen: _Seen) -> Any:  # ConfigSpace's hyperparameter classes share no base
    import ConfigSpace

    if not _numeric(name, seen):
        return choice_axis(name, distinct(seen.choices))
    values = [float(v) for v in seen.choices if isinstance(v, (int, float))]
    scale = scale_of([seen.lower, *values, seen.upper], whole=seen.types == {int})
    if seen.types == {int}:
        bounds = int(seen.lower), int(seen.upper)
        return ConfigSpace.UniformIntegerHyperparameter(
            name, *bounds, log=scale.log, meta=scale.meta
        )
    lower, upper = _outward(seen.lower, -1), _outward(seen.upper, 1)
    if scale.log and lower == 0.0:  # ConfigSpace's decimals make 0 of the smallest value
        scale = AxisScale(shift=float(seen.lower))
    return ConfigSpace.UniformFloatHyperparameter(
        name, lower, upper, log=scale.log, meta=scale.meta
    )


def _outward(bound: float, side: int) -> float:
    """Return a bound with as many decimals as ConfigSpace keeps, not further in than `bound`."""
    rounded = round(float(bound), _PLACES)
    if (bound - rounded) * side > 0:
        rounded = round(rounded + side * 10.0**-_PLACES, _PLACES)
    return rounded
