"""The joint space of several algorithms: combined algorithm selection and configuration (CASH).

The root axis `algorithm` is a category. The axes of each algorithm are called `svc:C` and are
active where the root has its algorithm (Thornton et al. 2013; METHODS-2, F2). Configurations are
those of the algorithms themselves: a point decodes to `svc(C=1.0)`, with the key that the space of
`svc` gives, so stored runs and new ones are the same things under both spaces.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import ConfigSpace
import numpy as np

from metalearn.core.arrays import Bools, Floats, Ints
from metalearn.core.configuration import Configuration, Value
from metalearn.core.space import Space
from metalearn.errors import InputError

__all__ = ["ROOT", "JointSpace", "dimension", "renamed_space"]

ROOT = "algorithm"
_DELIMITER = ":"


class JointSpace(Space):
    """Spaces of several algorithms as one.

    Args:
        name: Name of the joint space, in place of an algorithm's.
        parts: At least one space; each has its own algorithm.

    Attributes:
        parts: The spaces, in the order of the choices of the root.
    """

    def __init__(self, name: str, parts: Sequence[Space]) -> None:
        self.parts = tuple(parts)
        self._place = {part.algorithm: i for i, part in enumerate(self.parts)}
        if not self.parts or len(self._place) < len(self.parts):
            raise InputError(
                f"a joint space needs spaces of different algorithms, got "
                f"{[part.algorithm for part in self.parts]}"
            )
        super().__init__(name, _joined(self.parts))
        names = {axis: j for j, axis in enumerate(self.names)}
        self._root = names[ROOT]
        self._columns: tuple[Ints, ...] = tuple(
            np.array([names[_prefixed(part, axis)] for axis in part.names], dtype=np.int64)
            for part in self.parts
        )

    @property
    def algorithms(self) -> tuple[str, ...]:
        """Names of the algorithms."""
        return tuple(self._place)

    def part_of(self, algorithm: str) -> Space:
        """Return the space of one algorithm.

        Raises:
            InputError: If the joint space does not contain it.
        """
        return self.parts[self._at(algorithm)]

    def columns_of(self, algorithm: str) -> Ints:
        """Return `(n_part_axes,)` positions of an algorithm's axes among all.

        Raises:
            InputError: If the joint space does not contain it.
        """
        return self._columns[self._at(algorithm)]

    def values_of(self, configuration: Configuration) -> dict[str, Value]:
        """Return the values by the names of the joint axes, the root's included."""
        prefix = configuration.algorithm + _DELIMITER
        values = {prefix + n: v for n, v in configuration.hyperparameters.items()}
        return {ROOT: configuration.algorithm, **values}

    def default(self) -> Configuration:
        """Return the default configuration of the first algorithm."""
        return self.parts[0].default()

    def configuration(self, values: Mapping[str, Any]) -> Configuration:
        """Return the configuration of the algorithm that the root names; see `Space`."""
        part = self.part_of(str(values.get(ROOT, self.algorithms[0])))
        prefix = part.algorithm + _DELIMITER
        given = {n.removeprefix(prefix): v for n, v in values.items() if n.startswith(prefix)}
        return part.configuration(given)

    def lifted(self, algorithm: str, points: Floats) -> Floats:
        """Return points `(n, n_part_axes)` of one algorithm in the joint cube, `(n, n_axes)`."""
        i = self._at(algorithm)
        unit = np.full((len(points), self.n_axes), np.nan)
        unit[:, self._root] = (i + 0.5) / len(self.parts)
        unit[:, self._columns[i]] = points
        return unit

    def encode(self, configurations: Iterable[Configuration | Mapping[str, Any]]) -> Floats:
        """Return `(n, n_axes)` positions of configurations, or of values by joint names.

        Raises:
            InputError: If a value lies outside its axis, or an algorithm or name is unknown.
        """
        rows = list(configurations)
        unit = np.full((len(rows), self.n_axes), np.nan)
        members: dict[int, list[int]] = {}
        for i, row in enumerate(rows):
            if isinstance(row, Configuration):
                members.setdefault(self._at(row.algorithm), []).append(i)
            else:
                unit[i] = super().encode([row])[0]
        for i, where in members.items():
            own: list[Configuration | Mapping[str, Any]] = [rows[j] for j in where]
            unit[where] = self.lifted(self.algorithms[i], self.parts[i].encode(own))
        return unit

    def decode(self, unit: Floats) -> list[Configuration]:
        """Return the configurations at `(n, n_axes)` positions, each of its own algorithm."""
        found: dict[int, Configuration] = {}
        for i, where in self._members(unit):
            own = self.parts[i].decode(unit[np.ix_(where, self._columns[i])])
            found.update(zip(map(int, where), own, strict=True))
        return [found[i] for i in range(len(unit))]

    def active(self, unit: Floats) -> Bools:
        """Return `(n, n_axes)`: True at the root and the active axes of its algorithm."""
        on = np.zeros(np.shape(unit), dtype=np.bool_)
        on[:, self._root] = True
        return np.asarray(self._by_part(unit, on, lambda part, at: part.active(at)))

    def snap(self, unit: Floats) -> Floats:
        """Return `encode(decode(unit))` of `(n, n_axes)` positions, but faster."""
        snapped = np.full(np.shape(unit), np.nan)
        for i, where in self._members(unit):
            snapped[where, self._root] = (i + 0.5) / len(self.parts)
        return np.asarray(self._by_part(unit, snapped, lambda part, at: part.snap(at)))

    def is_allowed(self, configuration: Configuration) -> bool:
        """Return whether the forbidden clauses of its algorithm allow the configuration."""
        return self.part_of(configuration.algorithm).is_allowed(configuration)

    def at_part(self, unit: Floats) -> Ints:
        """Return `(n,)` positions in `parts` of the algorithm at each position."""
        at = np.nan_to_num(unit[:, self._root], nan=0.5 / len(self.parts))
        cell = np.floor(np.clip(at, 0.0, 1.0) * len(self.parts)).astype(np.int64)
        return np.minimum(cell, len(self.parts) - 1)

    def _members(self, unit: Floats) -> list[tuple[int, Ints]]:
        """Return each algorithm that occurs, with the rows where it does."""
        at = self.at_part(unit)
        return [(int(i), np.flatnonzero(at == i)) for i in np.unique(at)]

    def _by_part(self, unit: Floats, into: Any, of: Callable[[Space, Floats], Any]) -> Any:
        """Fill the columns of each row's algorithm with what `of` returns for them."""
        for i, where in self._members(unit):
            cells = np.ix_(where, self._columns[i])
            into[cells] = of(self.parts[i], unit[cells])
        return into

    def _at(self, algorithm: str) -> int:
        if algorithm not in self._place:
            raise InputError(
                f"space {self.algorithm!r} has no algorithm {algorithm!r}; it has "
                f"{', '.join(self.algorithms)}"
            )
        return self._place[algorithm]


def dimension(space: Space) -> int:
    """Return the number of axes of the largest algorithm in a space, with the root if it is joint.

    It bounds the number of active axes of one configuration.
    """
    if isinstance(space, JointSpace):
        return 1 + max(part.n_axes for part in space.parts)
    return space.n_axes


def _prefixed(part: Space, axis: str) -> str:
    return f"{part.algorithm}{_DELIMITER}{axis}"


def _joined(parts: Sequence[Space]) -> ConfigSpace.ConfigurationSpace:
    """Return the ConfigSpace of the root and all axes; the parts are not changed."""
    names = [part.algorithm for part in parts]
    root = ConfigSpace.CategoricalHyperparameter(ROOT, names, default_value=names[0])
    everything: list[Any] = [root]  # ConfigSpace's types share no base
    for part in parts:
        own = renamed_space(part, _prefixed(part, ""))
        everything += [*own.values(), *own.conditions, *own.forbidden_clauses]
        children = {condition.child.name for condition in own.conditions}
        everything += [
            ConfigSpace.EqualsCondition(axis, root, part.algorithm)
            for axis in own.values()
            if axis.name not in children
        ]
    space = ConfigSpace.ConfigurationSpace()
    space.add(everything)
    return space


def renamed_space(part: Space, prefix: str) -> ConfigSpace.ConfigurationSpace:
    """Return a copy of a space's ConfigSpace with a prefix before all names.

    It is not for use itself: its axes, conditions and clauses are for another ConfigSpace.
    """
    own = copy.deepcopy(part.config_space)
    held: list[Any] = list(own.values())
    for condition in (leaf for c in own.conditions for leaf in getattr(c, "dlcs", [c])):
        held += [condition.child, condition.parent]
    for clause in (leaf for c in own.forbidden_clauses for leaf in getattr(c, "dlcs", [c])):
        pair = [getattr(clause, side, None) for side in ("hyperparameter", "left", "right")]
        held += [axis for axis in pair if axis is not None and hasattr(axis, "name")]
    for axis in {id(axis): axis for axis in held}.values():
        axis.name = prefix + axis.name
    return own
