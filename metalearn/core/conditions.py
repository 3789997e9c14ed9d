"""When an axis is active: conditions of ConfigSpace, for many configurations at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import ConfigSpace
import numpy as np
import numpy.typing as npt

from metalearn.core.arrays import Bools
from metalearn.core.choices import to_config_space_values
from metalearn.core.configuration import Value

__all__ = ["AxisCondition", "Conjunction", "Objects", "conditions_of"]

Objects = npt.NDArray[np.object_]


@dataclass(frozen=True, slots=True)
class AxisCondition:
    """A condition on the value of one other axis.

    Attributes:
        parent: Position of the other axis.
        rule: ConfigSpace's condition; its classes share no typed base.
        config_space: The space that it belongs to.
        is_finite: Whether the other axis is a category.
        known: Whether the condition holds, by type and value; kept for categories.
    """

    parent: int
    rule: Any
    config_space: ConfigSpace.ConfigurationSpace
    is_finite: bool
    known: dict[tuple[type, Value], bool] = field(default_factory=dict, repr=False, compare=False)

    def holds(self, columns: Objects, active: Bools) -> Bools:
        """Return `(n,)`: True where the other axis is active and its value as required.

        Args:
            columns: Values, `(n, n_axes)`; those of the other axis are set.
            active: Whether they are active, `(n, n_axes)`.
        """
        known = self.known if self.is_finite else {}
        held = np.empty(len(columns), dtype=np.bool_)
        for i, value in enumerate(columns[:, self.parent]):
            found = known.get((type(value), value))
            if found is None:
                own = to_config_space_values(self.config_space, {self.rule.parent.name: value})
                found = known[type(value), value] = bool(self.rule.satisfied_by_value(own))
            held[i] = found
        return active[:, self.parent] & held


@dataclass(frozen=True, slots=True)
class Conjunction:
    """Several conditions, of which every one or any one must hold.

    Attributes:
        parts: The conditions.
        every: Whether all must hold.
    """

    parts: tuple[AxisCondition | Conjunction, ...]
    every: bool

    def holds(self, columns: Objects, active: Bools) -> Bools:
        """Return `(n,)`: True where enough of the parts hold; see `AxisCondition`."""
        held = [part.holds(columns, active) for part in self.parts]
        return np.asarray(np.all(held, axis=0) if self.every else np.any(held, axis=0))


def conditions_of(
    config_space: ConfigSpace.ConfigurationSpace, names: Sequence[str]
) -> dict[int, list[AxisCondition | Conjunction]]:
    """Return the conditions of each axis that has any, by its position among `names`."""
    found: dict[int, list[AxisCondition | Conjunction]] = {}
    for condition in config_space.conditions:
        first: Any = condition
        while hasattr(first, "components"):
            first = first.components[0]
        made = _condition(condition, config_space, names)
        found.setdefault(names.index(first.child.name), []).append(made)
    return found


def _condition(
    rule: Any, config_space: ConfigSpace.ConfigurationSpace, names: Sequence[str]
) -> AxisCondition | Conjunction:
    if hasattr(rule, "components"):
        parts = tuple(_condition(part, config_space, names) for part in rule.components)
        return Conjunction(parts, isinstance(rule, ConfigSpace.AndConjunction))
    is_finite = not hasattr(rule.parent, "lower")
    return AxisCondition(names.index(rule.parent.name), rule, config_space, is_finite)
