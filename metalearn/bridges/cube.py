"""The numeric axes of one branch of a space as a unit cube, for CMA-ES.

CMA-ES has no categories and no conditions: these stay at the values of the best known
configuration.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from metalearn.bridges.pooling import best_points
from metalearn.core.arrays import Floats
from metalearn.core.configuration import Configuration, Value
from metalearn.core.space import Space
from metalearn.core.warm_start import WarmStart
from metalearn.errors import UsageError

__all__ = ["Cube", "centre_and_spread", "cube_of"]

_FEWEST_AXES = 2
_DRAWS = 200
_STEPS = 32  # from a forbidden point to the anchor


@dataclass(frozen=True)
class Cube:
    """A branch of a space.

    Attributes:
        space: The space.
        names: Its numeric axes that are active in the branch.
        fixed: Values of the categories, which make the branch.
        anchor: `(n_names,)` an allowed point of the branch.
    """

    space: Space
    names: tuple[str, ...]
    fixed: dict[str, Value]
    anchor: Floats | None = None

    def encode(self, configuration: Configuration) -> Floats | None:
        """Return `(n_names,)` in the unit cube; None if it lies in another branch."""
        values = self.space.values_of(configuration)
        if any(name not in values for name in self.fixed):
            return None
        here = self.space.encode([{name: values[name] for name in self.fixed}])
        if not np.array_equal(here, self.space.encode([self.fixed]), equal_nan=True):
            return None
        return np.asarray(self.space.encode([configuration])[0][self._columns])

    def decode(self, z: Floats) -> Configuration:
        """Return the configuration at `z (n_names,)`; what lies outside is clipped.

        A forbidden configuration moves towards the anchor until it is allowed.
        """
        unit = self.space.encode([self.fixed])
        wanted = np.clip(np.asarray(z, dtype=np.float64), 0.0, 1.0)
        anchor = wanted if self.anchor is None else self.anchor
        for share in np.linspace(1.0, 0.0, _STEPS + 1):
            unit[0, self._columns] = share * wanted + (1.0 - share) * anchor
            (found,) = self.space.decode(unit)
            if self.space.is_allowed(found):
                break
        return found

    def of_points(self, points: Floats) -> Floats:
        """Return the points `(n, n_axes)` of the space that lie in the branch, `(m, n_names)`."""
        found = [self.encode(c) for c in self.space.decode(points)]
        kept = [z for z in found if z is not None]
        return np.stack(kept) if kept else np.empty((0, len(self.names)))

    @property
    def _columns(self) -> list[int]:
        return [self.space.names.index(name) for name in self.names]


def cube_of(warm: WarmStart) -> Cube:
    """Return the branch of the best observation, else of the first configuration, else default.

    Raises:
        UsageError: If the branch has fewer than two numbers to search.
    """
    finished = warm.known_results
    if finished:
        best = min(finished, key=lambda trial: trial.loss).configuration
    else:
        best = warm.configurations[0] if warm.configurations else warm.space.default()
    numeric = {axis.name for axis in warm.space.axes if axis.kind != "category"}
    values = warm.space.values_of(best)
    names = tuple(name for name in warm.space.names if name in numeric and name in values)
    if len(names) < _FEWEST_AXES:
        raise UsageError(
            f"CMA-ES needs at least {_FEWEST_AXES} numbers to search; this branch of "
            f"{warm.space.algorithm!r} has {', '.join(names) or 'none'}"
        )
    fixed = {n: v for n, v in values.items() if n not in names}
    cube = Cube(warm.space, names, fixed)
    return replace(cube, anchor=cube.encode(best))


def centre_and_spread(warm: WarmStart, cube: Cube, seed: int) -> tuple[Floats, Floats]:
    """Return mean and standard deviation, both `(n_names,)`, of good points in the branch.

    Without enough of them, the first configuration (or the middle) and a quarter of the cube.
    """
    points = cube.of_points(best_points(warm, _DRAWS, np.random.default_rng(seed)))
    if len(points) >= 2 * len(cube.names):
        return points.mean(axis=0), np.clip(points.std(axis=0), 0.05, 0.5)
    start = cube.encode(warm.configurations[0]) if warm.configurations else None
    middle = np.full(len(cube.names), 0.5)
    return middle if start is None else start, np.full(len(cube.names), 0.25)
