"""Candidate points for surrogates: anywhere, or changes of a default in one item."""

from __future__ import annotations

import numpy as np

from metalearn.core.arrays import Floats
from metalearn.core.space import Space
from metalearn.histories.runs import Runs
from metalearn.importance.ablation import axis_positions
from metalearn.importance.table import Item

__all__ = ["Candidates"]


class Candidates:
    """Draws candidates in the cube of a space; surrogates ignore inactive entries.

    Args:
        runs: Runs with the space and its fixed branch.
        rng: Source of randomness.
        n_item_points: Random candidates when several axes are varied together.
    """

    def __init__(self, runs: Runs, rng: np.random.Generator, *, n_item_points: int = 250) -> None:
        self.space: Space = runs.space
        self.n_item_points = n_item_points
        self.rng = rng
        self.fixed = {
            self.space.names.index(name): float(
                self.space.axes[self.space.names.index(name)].encode([value])[0]
            )
            for name, value in runs.fixed.items()
        }
        self.default = np.nan_to_num(self.space.encode([self.space.default()])[0], nan=0.5)

    def points(self, n: int) -> Floats:
        """Return `(n, n_axes)` uniform points, allowed, within the branch."""
        points = self.rng.random((n, self.space.n_axes))
        points[:, list(self.fixed)] = list(self.fixed.values())
        return self._allowed(points)

    def settled(self, point: Floats) -> Floats:
        """Return the point with inactive entries set to the axes' defaults."""
        return np.where(self.space.active(point[None, :])[0], point, self.default)

    def around(self, centre: Floats, item: Item) -> Floats:
        """Return candidates that differ from `centre` (the first) only in an item.

        A hyperparameter that is inactive at the centre is varied together with its parents.
        """
        free = [self.space.names.index(name) for name in item]
        if not self.space.active(centre[None, :])[0][free].all():
            free = sorted({*free, *(p for j in free for p in self._ancestors(j))} - {*self.fixed})
        if len(free) == 1:
            positions = axis_positions(self.space, free[0], 100)[:, None]
        else:
            positions = self.rng.random((self.n_item_points, len(free)))
        points = np.tile(centre, (len(positions), 1))
        points[:, free] = positions
        return np.concatenate([centre[None, :], self._allowed(points)])

    def _ancestors(self, j: int) -> set[int]:
        names = self.space.names
        parents = {
            names.index(parent.name) for parent in self.space.config_space.parents_of[names[j]]
        }
        return parents | {a for parent in parents for a in self._ancestors(parent)}

    def _allowed(self, points: Floats) -> Floats:
        if not self.space.config_space.forbidden_clauses:
            return points
        kept = [self.space.is_allowed(c) for c in self.space.decode(points)]
        return points[kept]
