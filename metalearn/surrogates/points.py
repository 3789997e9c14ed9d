"""Expansion of encoded points to finite columns for kernel and linear models (METHODS 0.2).

Numbers and ordered values keep their position in [0, 1]. A category becomes indicators divided by
sqrt 2, so that two different values are at distance 1. An inactive axis gets its default, and each
distinct condition adds an indicator of being active; in a joint space the indicators of the
algorithm serve for the conditions on it. Constants are left out.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from metalearn.core.arrays import Bools, Floats, Ints
from metalearn.core.joint_space import JointSpace
from metalearn.core.space import Space

__all__ = ["Expansion", "Points"]

_PROBES = 256


class Expansion(Protocol):
    """Maps encoded points to the columns of a kernel: `Points`, or learned features of them."""

    @property
    def space(self) -> Space:
        """The space of the points."""
        ...

    @property
    def groups(self) -> Ints:
        """`(n_columns,)` number of the length scale of each column."""
        ...

    @property
    def n_groups(self) -> int:
        """Number of length scales."""
        ...

    @property
    def n_active(self) -> int:
        """Largest number of them in which two points can differ."""
        ...

    def expand(self, X: Floats) -> Floats:
        """Return `(n, n_columns)`, finite, of `(n, n_axes)` encoded points."""
        ...


@dataclass(frozen=True)
class Points:
    """The expansion of encoded points of one space.

    Attributes:
        space: The space.
        groups: `(n_columns,)` number of the axis or condition that each column belongs to.
        axis: `(n_columns,)` position in the space of the axis that a number comes from; -1 for
            indicators.
        n_groups: Number of axes and conditions that vary.
        n_active: Largest number of them in which two points of one algorithm can differ; less
            than `n_groups` in a joint space.
    """

    space: Space
    groups: Ints
    axis: Ints
    n_groups: int
    n_active: int
    _conditions: Ints
    _defaults: Floats

    @classmethod
    def of(cls, space: Space) -> Points:
        """Return the expansion of a space."""
        groups: list[int] = []
        axes: list[int] = []
        n_groups = 0
        for j, axis in enumerate(space.axes):
            if axis.n_cells == 1:
                continue
            width = 1 if axis.is_ordered or axis.n_cells == 2 else axis.n_cells
            groups += [n_groups] * width
            axes += [j if axis.is_ordered else -1] * width
            n_groups += 1
        conditions = _distinct_conditions(space)
        groups += [n_groups + i for i in range(len(conditions))]
        axes += [-1] * len(conditions)
        n_groups += len(conditions)
        return cls(
            space, np.array(groups, dtype=np.int64), np.array(axes, dtype=np.int64),
            n_groups, _n_active(space, n_groups), conditions,
            np.array([axis.encode([axis.default])[0] for axis in space.axes]),
        )  # fmt: skip

    def expand(self, X: Floats) -> Floats:
        """Return `(n, n_columns)`, finite, of `(n, n_axes)` encoded points."""
        columns: list[Floats] = []
        for j, axis in enumerate(self.space.axes):
            if axis.n_cells == 1:
                continue
            value = np.where(np.isnan(X[:, j]), self._defaults[j], X[:, j])
            if axis.is_ordered:
                columns.append(value)
                continue
            cell = np.minimum(np.floor(value * axis.n_cells), axis.n_cells - 1)
            if axis.n_cells == 2:
                columns.append(cell)
            else:
                columns.extend((cell == i) / np.sqrt(2.0) for i in range(axis.n_cells))
        columns.extend((~np.isnan(X[:, j])).astype(np.float64) for j in self._conditions)
        return np.stack(columns, axis=1) if columns else np.zeros((len(X), 0))

    @property
    def n_free(self) -> int:
        """Number of columns of values; those after them say which axes are active."""
        return len(self.groups) - len(self._conditions)

    def positions(self, columns: Floats) -> Floats:
        """Return the possible points `(n, n_axes)` nearest to columns `(n, n_free)` in [0, 1].

        Of the indicators of a category the largest counts. What is inactive follows from the rest.
        """
        X = np.full((len(columns), self.space.n_axes), np.nan)
        start = 0
        for j, axis in enumerate(self.space.axes):
            if axis.n_cells == 1:
                continue
            width = 1 if axis.is_ordered or axis.n_cells == 2 else axis.n_cells
            part = columns[:, start : start + width]
            start += width
            if axis.is_ordered:
                X[:, j] = part[:, 0]
                continue
            cell = part[:, 0] > 0.5 if width == 1 else part.argmax(axis=1)
            X[:, j] = (cell + 0.5) / axis.n_cells
        return self.space.snap(X)


def _n_active(space: Space, n_groups: int) -> int:
    """Return the number of varying axes and conditions of the largest part, plus the root."""
    if not isinstance(space, JointSpace):
        return n_groups
    return 1 + max(Points.of(part).n_groups for part in space.parts)


def _distinct_conditions(space: Space) -> Ints:
    """Return one axis for each distinct pattern of activity, always active ones left out."""
    if isinstance(space, JointSpace):
        own = [
            space.columns_of(part.algorithm)[_distinct_conditions(part)] for part in space.parts
        ]
        return np.concatenate(own)
    if not space.config_space.conditions:
        return np.empty(0, dtype=np.int64)
    probes = np.random.default_rng(0).random((_PROBES, space.n_axes))  # rng: fixed probes
    active: Bools = space.active(probes)
    found: dict[bytes, int] = {}
    for j in range(space.n_axes):
        if not active[:, j].all():
            found.setdefault(active[:, j].tobytes(), j)
    return np.array(list(found.values()), dtype=np.int64)
