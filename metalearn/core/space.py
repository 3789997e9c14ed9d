"""A search space: a ConfigSpace object with vectorised encoding to the unit cube (METHODS 0.2).

Every axis is mapped so that the uniform measure on [0, 1] is the uniform measure on the declared,
transformed axis: floats linearly (or by their logarithm), integers, ordinals and categories to
the middle of their cell. Inactive axes are NaN. No other code converts values to vectors.
"""

from __future__ import annotations

import json
import math
from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal

import ConfigSpace
import numpy as np
from ConfigSpace.hyperparameters import IntegerHyperparameter

from metalearn.core.arrays import Bools, Floats
from metalearn.core.choices import (
    ChoiceIndex,
    choices_of,
    default_of,
    native,
    of_config_space,
    to_config_space_values,
)
from metalearn.core.conditions import AxisCondition, Conjunction, Objects, conditions_of
from metalearn.core.configuration import Configuration, Value
from metalearn.errors import InputError

__all__ = ["Axis", "Space"]

_MANY_CELLS = 10_000


@dataclass(frozen=True, slots=True)
class Axis:
    """One hyperparameter of a space.

    Attributes:
        name: Its name.
        kind: float, integer, or category (constants are categories of one choice).
        lower: Lower bound of a number; 0 for a category.
        upper: Upper bound of a number; number of choices - 1 for a category.
        log: Whether the axis is logarithmic.
        choices: Values of a category in order; empty for numbers.
        is_ordered: Whether the order of the choices has a meaning; True for numbers.
        default: Default value.
        shift: If not 0, the axis is the logarithm of the number plus this, which includes 0 (see
            `metalearn.core.axis_scale`); `log` is False then.
        step: Step of a long grid of numbers; 0 = none.
        origin: A number of that grid, or 0.
        index: Positions of the choices.
    """

    name: str
    kind: Literal["float", "integer", "category"]
    lower: float
    upper: float
    log: bool
    choices: tuple[Value, ...]
    is_ordered: bool
    default: Value
    shift: float = 0.0
    step: float = 0.0
    origin: float = 0.0
    index: ChoiceIndex = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "index", ChoiceIndex(self.choices))

    @property
    def is_even(self) -> bool:
        """Whether equal steps of the value are equal steps on the axis."""
        return not self.log and self.shift == 0.0

    @property
    def n_cells(self) -> int:
        """Number of distinct values; 0 for a float."""
        return 0 if self.kind == "float" else round(self.upper - self.lower) + 1

    def encode(self, values: Sequence[Value] | Floats) -> Floats:
        """Return `(n,)` unit-cube positions of values.

        Raises:
            InputError: If a value lies outside the axis.
        """
        if self.kind == "category":
            places = [self.index.position(value) for value in values]
            if None in places:
                unknown = native(values[places.index(None)])
                raise InputError(f"{self.name}: {unknown!r} is not one of {self.choices}")
            numbers = np.array(places, dtype=np.float64)
        else:
            numbers = np.array(values, dtype=np.float64)
        slack = 1e-9 * max(abs(self.lower), abs(self.upper), 1e-300)
        bad = ~((numbers >= self.lower - slack) & (numbers <= self.upper + slack))
        if bad.any():
            raise InputError(
                f"{self.name}: {numbers[bad][0]:g} lies outside [{self.lower:g}, {self.upper:g}]"
            )
        low, high = self._edges
        if self.log:
            numbers = np.log(np.maximum(numbers, self.lower))
        elif self.shift:
            numbers = np.log(np.maximum(numbers, self.lower) + self.shift)
        return np.asarray(np.clip((numbers - low) / ((high - low) or 1.0), 0.0, 1.0))

    def decode(self, unit: Floats) -> list[Value]:
        """Return the values at `(n,)` positions in [0, 1]; the inverse of `encode`."""
        low, high = self._edges
        numbers = low + np.clip(unit, 0.0, 1.0) * (high - low)
        if self.log:
            numbers = np.exp(numbers)
        elif self.shift:
            numbers = np.exp(numbers) - self.shift
            numbers = np.where(numbers < 1e-12 * self.shift, 0.0, numbers)  # rounding of 0
        if self.step:
            return self._on_grid(numbers)
        if self.kind == "float":
            # A configuration is identified by 12 digits; bounds keep all digits.
            rounded = np.array([float(f"{v:.12g}") for v in numbers])
            return [float(v) for v in np.clip(rounded, self.lower, self.upper)]
        cells = np.clip(np.floor(numbers + 0.5), self.lower, self.upper).astype(np.int64)
        if self.kind == "integer":
            return [int(cell) for cell in cells]
        return [self.choices[cell] for cell in cells]

    def cell_edges(self) -> Floats | None:
        """Return the `(n_cells + 1,)` edges of the cells in [0, 1]; None if continuous.

        Axes with more than 10,000 cells count as continuous.
        """
        if not 0 < self.n_cells <= _MANY_CELLS:
            return None
        if self.is_even:
            return np.arange(self.n_cells + 1) / self.n_cells
        edges = np.log(np.arange(self.n_cells + 1) + self.lower + self.shift - 0.5)
        return np.asarray((edges - edges[0]) / (edges[-1] - edges[0]))

    def _on_grid(self, numbers: Floats) -> list[Value]:
        """Return the nearest grid values of `(n,)` numbers."""
        ends = ((self.lower - self.origin) / self.step, (self.upper - self.origin) / self.step)
        places = np.clip(np.round((numbers - self.origin) / self.step), *np.round(ends))
        found = np.clip(self.origin + places * self.step, self.lower, self.upper)
        return [int(v) if self.kind == "integer" else float(v) for v in found]

    @property
    def _edges(self) -> tuple[float, float]:
        """Ends of the transformed axis; integers and categories extend by half a step."""
        half = 0.0 if self.kind == "float" else 0.5
        low, high = self.lower - half, self.upper + half
        if self.is_even:
            return low, high
        return math.log(low + self.shift), math.log(high + self.shift)


class Space:
    """A ConfigSpace object with its axes in a fixed order, parents before children.

    Args:
        algorithm: Name of the algorithm that the configurations belong to.
        config_space: The ConfigSpace object; shared, never modified.
    """

    def __init__(self, algorithm: str, config_space: ConfigSpace.ConfigurationSpace) -> None:
        self.algorithm = algorithm
        self.config_space = config_space
        self.axes: tuple[Axis, ...] = tuple(_axis(config_space[name]) for name in config_space)

    def __repr__(self) -> str:
        return f"Space({self.algorithm!r}, {self.n_axes} axes)"

    @classmethod
    def from_json(cls, algorithm: str, text: str) -> Space:
        """Return the space that `to_json` wrote."""
        return cls(
            algorithm, ConfigSpace.ConfigurationSpace.from_serialized_dict(json.loads(text))
        )

    def to_json(self) -> str:
        """Return the space in ConfigSpace's JSON format, without Python objects of the user."""
        document = self.config_space.to_serialized_dict()
        for entry in document["hyperparameters"]:
            kept = {k: v for k, v in (entry.get("meta") or {}).items() if k != "objects"}
            entry["meta"] = kept or None
        return json.dumps(document, sort_keys=True)

    @property
    def algorithms(self) -> tuple[str, ...]:
        """Names of the algorithms whose configurations the space holds."""
        return (self.algorithm,)

    @property
    def n_axes(self) -> int:
        """Number of axes, constants included."""
        return len(self.axes)

    @cached_property
    def names(self) -> tuple[str, ...]:
        """Names of the axes in encoding order."""
        return tuple(axis.name for axis in self.axes)

    def default(self) -> Configuration:
        """Return the default configuration."""
        values = dict(self.config_space.get_default_configuration())
        return self.configuration(of_config_space(self.config_space, values))

    def values_of(self, configuration: Configuration) -> dict[str, Value]:
        """Return the values of a configuration by the names of the axes of `config_space`."""
        return dict(configuration.hyperparameters)

    def configuration(self, values: Mapping[str, Any]) -> Configuration:
        """Return the configuration of the active hyperparameters among `values`, typed by axis.

        Numbers keep all their digits and are clipped to the bounds of their axes.
        """
        given = {k: v for k, v in values.items() if k in self.names}
        (unit,) = self.encode([given])
        found = dict(self.decode(unit[None, :])[0].hyperparameters)
        for axis in self.axes:
            if axis.kind == "float" and not axis.step and axis.name in found.keys() & given:
                exact = float(given[axis.name])
                found[axis.name] = min(max(exact, axis.lower), axis.upper)
        return Configuration(self.algorithm, found)

    def encode(self, configurations: Iterable[Configuration | Mapping[str, Any]]) -> Floats:
        """Return `(n, n_axes)` positions in the unit cube; NaN where a value is absent.

        Raises:
            InputError: If a value lies outside its axis or a name is unknown.
        """
        rows = [c.hyperparameters if isinstance(c, Configuration) else c for c in configurations]
        unknown = {name for row in rows for name in row} - set(self.names)
        if unknown:
            raise InputError(
                f"space {self.algorithm!r} has no axis {sorted(unknown)}; it has {self.names}"
            )
        unit = np.full((len(rows), self.n_axes), np.nan)
        for j, axis in enumerate(self.axes):
            given = np.array([axis.name in row for row in rows], dtype=np.bool_)
            if given.any():
                unit[given, j] = axis.encode([row[axis.name] for row in rows if axis.name in row])
        return unit

    def decode(self, unit: Floats) -> list[Configuration]:
        """Return the configurations at `(n, n_axes)` positions; inactive axes are left out.

        An axis that is active but NaN gets its default.
        """
        columns, active = self._values(unit, range(self.n_axes))
        return [
            Configuration(
                self.algorithm,
                {axis.name: columns[i, j] for j, axis in enumerate(self.axes) if active[i, j]},
            )
            for i in range(len(unit))
        ]

    def active(self, unit: Floats) -> Bools:
        """Return `(n, n_axes)`: True where an axis is active at a position."""
        return self._values(unit, self._deciding)[1]

    def snap(self, unit: Floats) -> Floats:
        """Return `encode(decode(unit))` of `(n, n_axes)` positions, but faster.

        Positions on discrete axes move to the middle of their cell. Inactive axes become NaN;
        active axes that are NaN get their default. Integers of more than 10,000 values keep
        their position.
        """
        snapped = np.clip(unit, 0.0, 1.0)
        for j, (default, edges, places) in enumerate(self._cells):
            missing = np.isnan(snapped[:, j])
            if edges is not None and places is not None:
                cell = np.searchsorted(edges[1:-1], snapped[:, j], side="right")
                snapped[:, j] = places[cell]
            snapped[missing, j] = default
        if self._conditions:
            snapped[~self.active(snapped)] = np.nan
        return snapped

    def sample(self, n: int, rng: np.random.Generator) -> list[Configuration]:
        """Return `n` configurations, uniform on the transformed axes, none forbidden."""
        found: list[Configuration] = []
        for _ in range(1000):
            if len(found) >= n:
                return found[:n]
            drawn = self.decode(rng.random((n - len(found), self.n_axes)))
            found.extend(c for c in drawn if self.is_allowed(c))
        raise InputError(
            f"space {self.algorithm!r}: 1,000 rounds of uniform draws found {len(found)} of {n} "
            "configurations that the forbidden clauses allow; narrow the axes or drop clauses"
        )

    def is_allowed(self, configuration: Configuration) -> bool:
        """Return whether the forbidden clauses allow the configuration."""
        clauses = self.config_space.forbidden_clauses
        if not clauses:
            return True
        values = to_config_space_values(self.config_space, configuration.hyperparameters)
        return not any(clause.is_forbidden_value(values) for clause in clauses)

    def allowed(self, unit: Floats) -> Bools:
        """Return `(n,)`: True where the forbidden clauses allow a position of `(n, n_axes)`."""
        if not self.config_space.forbidden_clauses:
            return np.ones(len(unit), dtype=np.bool_)
        return np.array([self.is_allowed(c) for c in self.decode(unit)], dtype=np.bool_)

    @cached_property
    def _cells(self) -> list[tuple[float, Floats | None, Floats | None]]:
        """Per axis: position of the default, edges of the cells, positions of their values."""
        found: list[tuple[float, Floats | None, Floats | None]] = []
        for axis in self.axes:
            edges = axis.cell_edges()
            default = float(axis.encode([axis.default])[0])
            if edges is None:
                found.append((default, None, None))
                continue
            middles = 0.5 * (edges[1:] + edges[:-1])
            found.append((default, edges, axis.encode(axis.decode(middles))))
        return found

    @cached_property
    def parents(self) -> tuple[tuple[int, ...], ...]:
        """For each axis the axes that its conditions depend on; () if it is always active."""
        found: list[tuple[int, ...]] = []
        for j in range(self.n_axes):
            depends_on: list[int] = []
            parts = list(self._conditions.get(j, []))
            while parts:
                part = parts.pop(0)
                if isinstance(part, Conjunction):
                    parts.extend(part.parts)
                else:
                    depends_on.append(part.parent)
            found.append(tuple(dict.fromkeys(depends_on)))
        return tuple(found)

    @cached_property
    def _conditions(self) -> dict[int, list[AxisCondition | Conjunction]]:
        return conditions_of(self.config_space, self.names)

    @cached_property
    def _deciding(self) -> frozenset[int]:
        """Axes whose values decide whether others are active."""
        return frozenset(parent for parents in self.parents for parent in parents)

    def _values(self, unit: Floats, wanted: Container[int]) -> tuple[Objects, Bools]:
        """Return the values of the wanted axes, `(n, n_axes)`, and which axes are active."""
        n = len(unit)
        columns: Objects = np.empty((n, self.n_axes), dtype=object)
        active = np.ones((n, self.n_axes), dtype=np.bool_)
        for j, axis in enumerate(self.axes):
            if j in wanted:
                position = np.where(np.isnan(unit[:, j]), self._cells[j][0], unit[:, j])
                columns[:, j] = axis.decode(position)
            for condition in self._conditions.get(j, []):
                active[:, j] &= condition.holds(columns, active)
        return columns, active


def _axis(parameter: Any) -> Axis:  # ConfigSpace's hyperparameter classes share no typed base
    name = parameter.name
    if hasattr(parameter, "lower"):
        kind: Literal["float", "integer"] = (
            "integer" if isinstance(parameter, IntegerHyperparameter) else "float"
        )
        meta = parameter.meta or {}
        low, high = meta.get("ends", (parameter.lower, parameter.upper))
        origin, step = meta.get("grid", (0.0, 0.0))
        shift = float(meta.get("log_shift", 0.0))
        default = native(parameter.default_value)
        return Axis(name, kind, float(low), float(high), bool(parameter.log), (), True, default,
                    shift, float(step), float(origin))  # fmt: skip
    choices, is_ordered = choices_of(parameter), not hasattr(parameter, "choices")
    default = default_of(parameter)
    top = float(len(choices) - 1)
    return Axis(name, "category", 0.0, top, False, choices, is_ordered, default)
