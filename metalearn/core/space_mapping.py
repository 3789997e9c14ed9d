"""Mapping between a user's search space and the space of a learner, axis by axis.

Each axis has a status. *Matched*: both spaces have it. *Fixed*: only the learner's space has it;
the user keeps it at one value. *Left*: only the user's space has it; initial designs use its
default, and the optimizer searches it without prior knowledge.

Rules for translating a stored configuration to the user's space:

- A number outside the user's range, or between the values of a grid, moves to the nearest allowed
  value. The configuration is dropped if the move exceeds a quarter of the learner's axis, measured
  on the scale of that axis.
- A configuration is dropped if it has a category that the user's space lacks, or is forbidden.
- If other axes depend on a fixed axis (`kernel`), configurations with another value are dropped.
  Any other fixed axis keeps the user's value, and the configuration is used nevertheless.
- An axis that is inactive in the configuration but active for the user gets its default.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np

from metalearn.core.arrays import Floats
from metalearn.core.choices import identity, of_config_space
from metalearn.core.configuration import Configuration, Value
from metalearn.core.space import Axis, Space
from metalearn.errors import InputError

__all__ = ["AxisMatch", "Conversion", "SpaceMapping", "unchanged"]

_FAR = 0.25


@dataclass(frozen=True, slots=True)
class Conversion:
    """Conversion between an estimator's argument and a value of the learner's axis.

    Attributes:
        text: Description in a few words; "" if the values are equal.
        to_ours: Maps an argument to a value of the learner's axis; raises `InputError` if there
            is none.
        per_unit: The user's numbers are the learner's times this factor.
    """

    text: str
    to_ours: Callable[[Value], Value]
    per_unit: float = 1.0


def _same(value: Value) -> Value:
    return value


unchanged = Conversion("", _same)


@dataclass(frozen=True, slots=True)
class AxisMatch:
    """One row of the mapping.

    Attributes:
        status: matched, fixed or left.
        theirs: The user's axis; None if fixed.
        ours: The learner's axis; None if left.
        conversion: Conversion between their values.
        value: The user's value of a fixed axis; otherwise the default, which initial designs use
            where the stored configuration has no value.
        is_branch: Whether other axes of the learner depend on it.
    """

    status: Literal["matched", "fixed", "left"]
    theirs: Axis | None
    ours: Axis | None
    conversion: Conversion = unchanged
    value: Value = None
    is_branch: bool = False
    _places: Floats = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        places = np.empty(0)
        if self.theirs is not None and self.ours is not None and self.ours.kind != "category":
            places = np.array([self._place(self._ours(c)) for c in self.theirs.choices])
        object.__setattr__(self, "_places", places)

    def nearest(self, value: Value) -> tuple[Value, float]:
        """Return the user's value nearest to a stored one, and their distance on our axis.

        The distance is infinite between different categories.
        """
        assert self.theirs is not None
        if self.theirs.kind != "category":
            number = float(value) * self.conversion.per_unit  # type: ignore[arg-type]  # matched
            chosen: Value
            clipped = min(max(number, self.theirs.lower), self.theirs.upper)
            if self.theirs.step:
                (chosen,) = self.theirs.decode(self.theirs.encode(np.array([clipped])))
            else:
                chosen = round(clipped) if self.theirs.kind == "integer" else clipped
            # Rounding to an integer is not counted as a move; only clipping is.
            return chosen, self._distance(clipped / self.conversion.per_unit, value)
        if len(self._places):
            apart = np.abs(self._places - self._place(value))
            at = int(np.argmin(apart))
            return self.theirs.choices[at], float(apart[at])
        found = [(self._distance(self._ours(c), value), c) for c in self.theirs.choices]
        distance, chosen = min(found, key=lambda pair: pair[0])
        return chosen, distance

    def _ours(self, value: Value) -> Value:
        try:
            return self.conversion.to_ours(value)
        except InputError:
            return math.nan

    def differs(self, value: Value) -> bool:
        """Return whether the fixed value differs from a stored one."""
        return self._distance(self._ours(self.value), value) > 1e-9

    def _distance(self, a: Value, b: Value) -> float:
        assert self.ours is not None
        if self.ours.kind == "category":
            place = self.ours.index.strictly(a)
            return 0.0 if place is not None and place == self.ours.index.strictly(b) else math.inf
        one, other = self._place(a), self._place(b)
        return abs(one - other) if math.isfinite(one) and math.isfinite(other) else math.inf

    def _place(self, value: Value) -> float:
        """Return the position of a value on our numeric axis; infinite if it is no number."""
        assert self.ours is not None
        if isinstance(value, str) or value is None or math.isnan(value):
            return math.inf
        return _position(self.ours, float(value))


def _position(axis: Axis, number: float) -> float:
    """Return the position of a number in widths of the axis from its lower end; not clipped."""
    low, high = axis.lower, axis.upper
    if axis.log:
        low, high, number = math.log(low), math.log(high), math.log(max(number, 1e-300))
    return (number - low) / ((high - low) or 1.0)


@dataclass(frozen=True)
class SpaceMapping:
    """A user's space and the space of a learner, with their matching axes.

    Attributes:
        ours: The space of the learner.
        theirs: The user's space with the user's names; its categories may stand for Python
            objects, see `objects`.
        matches: Each axis of both spaces, once.
        library: Name of the bridge that read the user's space.
        original: The object that the user passed.
        notes: Remarks on the mapping, one sentence each.
    """

    ours: Space
    theirs: Space
    matches: tuple[AxisMatch, ...]
    library: str = ""
    original: object = None
    notes: tuple[str, ...] = ()

    def to_theirs(self, configuration: Configuration) -> Configuration | str:
        """Return a stored configuration in the user's space, or the reason why it is dropped."""
        values: dict[str, Value] = {}
        for match in self.matches:
            if match.ours is not None and match.ours.name in configuration.hyperparameters:
                value = configuration.hyperparameters[match.ours.name]
                if match.status == "fixed":
                    if match.is_branch and match.differs(value):
                        return f"{match.ours.name} is fixed at {match.value!r}"
                    continue
                assert match.theirs is not None
                nearest, moved = match.nearest(value)
                if moved > _FAR:
                    return f"{match.theirs.name}={value!r} is far from {_range(match.theirs)}"
                values[match.theirs.name] = nearest
            elif match.theirs is not None:
                values[match.theirs.name] = match.value
        found = self.theirs.configuration(values)
        return found if self.theirs.is_allowed(found) else "your space forbids it"

    def to_ours(self, values: Mapping[str, Value]) -> Configuration | str:
        """Return the user's values in the learner's space, or the reason why there is none."""
        found: dict[str, Value] = {}
        for match in self.matches:
            if match.ours is None:
                assert match.theirs is not None
                given = values.get(match.theirs.name, match.value)
                if not self._is_same(match.theirs, given, match.value):
                    return f"{match.theirs.name} is unknown to {self.ours.algorithm!r}"
                continue
            name = match.theirs.name if match.theirs is not None else None
            if name is None or name in values:
                value = match.value if name is None else values[name]
                try:
                    found[match.ours.name] = match.conversion.to_ours(value)
                except InputError as error:
                    return str(error)
        try:
            return self.ours.configuration(found)
        except InputError as error:
            return str(error)

    @staticmethod
    def _is_same(axis: Axis, one: Value, other: Value) -> bool:
        if axis.kind == "category":
            return axis.index.position(one) == axis.index.position(other)
        return one == other

    def initial_design(
        self, configurations: Iterable[Configuration]
    ) -> tuple[tuple[Configuration, ...], tuple[str, ...]]:
        """Return distinct configurations in the user's space, and notes on changes and drops."""
        kept: dict[Configuration, None] = {}
        dropped: Counter[str] = Counter()
        moved: Counter[str] = Counter()
        for configuration in configurations:
            found = self.to_theirs(configuration)
            if isinstance(found, str):
                dropped[found] += 1
                continue
            kept.setdefault(found)
            moved.update(self._differences(configuration))
        notes = [f"{n} dropped: {why}" for why, n in dropped.items()]
        notes += [f"{n} {what}" for what, n in moved.items()]
        return tuple(kept), tuple(notes)

    def translated(self, points: Floats) -> tuple[Floats, Sequence[int]]:
        """Return points of our cube in the user's cube, and the row numbers of those kept.

        Args:
            points: `(n, n_axes)` points of the learner's space.

        Returns:
            `(n_kept, n_axes)` points of the user's space, and `n_kept` row numbers.
        """
        found = [(i, self.to_theirs(c)) for i, c in enumerate(self.ours.decode(points))]
        kept = [(i, c) for i, c in found if isinstance(c, Configuration)]
        if not kept:
            return np.empty((0, self.theirs.n_axes)), []
        return self.theirs.encode([c for _, c in kept]), [i for i, _ in kept]

    def rows(self) -> list[tuple[str, str, str, str]]:
        """Return the mapping as rows: user's axis, learner's axis, status, conversion."""
        return [
            (
                match.theirs.name if match.theirs else "-",
                match.ours.name if match.ours else "-",
                _described(match),
                match.conversion.text,
            )
            for match in self.matches
        ]

    def __str__(self) -> str:
        rows = [("yours", self.ours.algorithm, "", "conversion"), *self.rows()]
        widths = [max(len(row[i]) for row in rows) for i in range(4)]
        lines = ["  ".join(t.ljust(w) for t, w in zip(row, widths, strict=True)) for row in rows]
        return "\n".join(line.rstrip() for line in [*lines, *(f"note: {n}" for n in self.notes)])

    def _differences(self, configuration: Configuration) -> list[str]:
        found = []
        for match in self.matches:
            if match.ours is None or match.ours.name not in configuration.hyperparameters:
                continue
            value = configuration.hyperparameters[match.ours.name]
            if match.status == "fixed" and match.differs(value):
                found.append(f"taken in spite of another {match.ours.name}: yours is "
                             f"{match.value!r}")  # fmt: skip
            elif match.theirs is not None and match.nearest(value)[1] > 1e-9:
                found.append(f"moved to the nearest {match.theirs.name} in {_range(match.theirs)}")
        return found

    @property
    def objects(self) -> dict[str, dict[str, object]]:
        """Python objects behind categories of the user's space, by axis and `identity`."""
        config_space = self.theirs.config_space
        found: dict[str, dict[str, object]] = {}
        for name in self.theirs.names:
            for own, given in ((config_space[name].meta or {}).get("objects") or {}).items():
                (value,) = of_config_space(config_space, {name: own}).values()
                found.setdefault(name, {})[identity(value)] = given
        return found

    def given(self, values: Mapping[str, Value]) -> dict[str, Any]:
        """Return values with the user's Python objects in place of their names."""
        found: dict[str, Any] = dict(values)
        for name, known in self.objects.items():
            if name in found:
                found[name] = known.get(identity(found[name]), found[name])
        return found


def _described(match: AxisMatch) -> str:
    if match.status == "fixed":
        return f"fixed at {match.value!r}"
    assert match.theirs is not None
    if match.status == "left":
        return f"left to you, starting at {match.value!r}"
    return f"matched, {_range(match.theirs)}"


def _range(axis: Axis) -> str:
    if axis.kind == "category":
        return "{" + ", ".join(str(choice) for choice in axis.choices) + "}"
    return f"[{axis.lower:g}, {axis.upper:g}]" + (" log" if axis.log else "")
