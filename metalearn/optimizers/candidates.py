"""Maximization of an acquisition function over a mixed, conditional space (METHODS 11.2).

Candidates are Sobol points, the caller's good points and perturbations of the first of these. The
best five are improved axis by axis with shrinking steps. Discrete axes are not relaxed: categories
are exchanged, integers move by whole cells, and inactive axes follow their conditions.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.stats import qmc

from metalearn.core.arrays import Floats
from metalearn.core.space import Axis, Space
from metalearn.surrogates.inactive import inactive_drawn

__all__ = ["CandidateSearch", "neighbours", "perturbed", "sobol_points"]

Value = Callable[[Floats], Floats]
"""Maps points `(n, n_axes)` to their acquisition values `(n,)`; larger is better."""

_MAX_CHOICES = 8


def sobol_points(space: Space, log2_n: int, rng: np.random.Generator) -> Floats:
    """Return `(2**log2_n, n_axes)` scrambled Sobol points, snapped to the space."""
    # Sobol would spawn from a Generator, and a saved state does not hold the number of spawns.
    sobol = qmc.Sobol(space.n_axes, rng=int(rng.integers(2**63)))
    return space.snap(sobol.random_base2(log2_n))


def perturbed(
    space: Space, bases: Floats, n: int, rng: np.random.Generator, width: float = 0.1
) -> Floats:
    """Return `(n, n_axes)` points near `bases`: numbers moved, some categories redrawn."""
    chosen = bases[rng.integers(len(bases), size=n)]
    moved = inactive_drawn(chosen, rng)
    share = max(2.0 / space.n_axes, 0.3)
    touched = rng.random(moved.shape) < share
    step = width * 10.0 ** -rng.uniform(0.0, 1.5, (n, 1)) * rng.normal(size=moved.shape)
    for j, axis in enumerate(space.axes):
        if axis.is_ordered:
            moved[:, j] += np.where(touched[:, j], step[:, j], 0.0)
        else:
            redrawn = touched[:, j] & (rng.random(n) < 0.3)
            moved[redrawn, j] = rng.random(int(redrawn.sum()))
    return space.snap(np.clip(moved, 0.0, 1.0))


def neighbours(
    space: Space, points: Floats, step: float, rng: np.random.Generator
) -> list[Floats]:
    """Return for each of the points `(n, n_axes)` those that differ from it in one axis."""
    found = [_moved(space, point, step, rng) for point in points]
    if not sum(map(len, found)):
        return found
    return np.split(space.snap(np.concatenate(found)), np.cumsum([len(at) for at in found])[:-1])


@dataclass(frozen=True, slots=True)
class CandidateSearch:
    """Effort of the search.

    Attributes:
        log2_sobol: Binary logarithm of the number of Sobol points.
        n_near: Number of perturbed points.
        n_best: Number of candidates that are improved.
        n_rounds: Rounds of improvement; 0 if a function must not be evaluated repeatedly.
    """

    log2_sobol: int = 11
    n_near: int = 512
    n_best: int = 5
    n_rounds: int = 20

    def ranked(
        self, space: Space, value: Value, known: Floats, rng: np.random.Generator
    ) -> Floats:
        """Return candidates `(n, n_axes)`, best first.

        Args:
            space: Where to search.
            value: Acquisition function; called with batches of points.
            known: `(n_known, n_axes)` good points to start from, best first; may be empty.
            rng: Draws points and breaks ties.
        """
        parts = [sobol_points(space, self.log2_sobol, rng)]
        if len(known):
            parts += [known, perturbed(space, known[:5], self.n_near, rng)]
        points = np.concatenate(parts)
        points = points[rng.permutation(len(points))]
        worth = value(points)
        best = np.argsort(-worth, kind="stable")[: self.n_best]
        improved, improved_worth = self._improve(space, value, points[best], worth[best], rng)
        points = np.concatenate([improved, points])
        worth = np.concatenate([improved_worth, worth])
        return points[np.argsort(-worth, kind="stable")]

    def _improve(
        self, space: Space, value: Value, points: Floats, worth: Floats, rng: np.random.Generator
    ) -> tuple[Floats, Floats]:
        points, worth = points.copy(), worth.copy()
        for round_ in range(self.n_rounds):
            step = 0.15 * 0.75**round_
            near = neighbours(space, points, step, rng)
            if not sum(map(len, near)):
                break
            values = np.split(value(np.concatenate(near)), np.cumsum([len(n) for n in near])[:-1])
            for i, (candidates, found) in enumerate(zip(near, values, strict=True)):
                if len(found) and found.max() > worth[i]:
                    points[i], worth[i] = candidates[found.argmax()], found.max()
        return points, worth


def _moved(space: Space, point: Floats, step: float, rng: np.random.Generator) -> Floats:
    """Return `(n, n_axes)` copies of a point with one axis changed, not snapped to the space."""
    filled = inactive_drawn(point, rng)
    found: list[Floats] = []
    for j, axis in enumerate(space.axes):
        if np.isnan(point[j]) or axis.n_cells == 1:
            continue
        for value in _places(axis, float(point[j]), step, rng):
            changed = filled.copy()
            changed[j] = value
            found.append(changed)
    return np.array(found).reshape(-1, len(point))


def _places(axis: Axis, at: float, step: float, rng: np.random.Generator) -> list[float]:
    """Return further positions on one axis to try."""
    if not axis.is_ordered:
        cells = (np.arange(axis.n_cells) + 0.5) / axis.n_cells
        others = cells[np.abs(cells - at) > 1e-9]
        return list(rng.permutation(others)[:_MAX_CHOICES])
    edges = axis.cell_edges()
    if edges is None:
        return [at + step * rng.random(), at - step * rng.random()]
    cell = int(np.searchsorted(edges[1:-1], at, side="right"))
    width = edges[cell + 1] - edges[cell]
    far = max(step, float(width))
    return [float(np.clip(at + side * far, 0.0, 1.0)) for side in (-1.0, 1.0)]
