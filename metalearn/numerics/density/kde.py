"""Kernel densities on the unit interval: truncated Gaussians, cells, categories (METHODS 5)."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from metalearn.core.arrays import Bools, Floats, Ints
from metalearn.errors import ShapeError

__all__ = ["CategoryKernels", "CellKernels", "Kernels", "UnitKernels", "bandwidth"]

_LEAST, _SPIKE = 0.02, 0.05
_TABLE = 1024  # with more cells, densities are computed for requested cells only


def bandwidth(points: Floats, weights: Floats) -> float:
    """Return Silverman's bandwidth of weighted points on [0, 1].

    1.06 min(sd, IQR / 1.34) n_eff^(-1/5), at least 1 / (number of distinct values), so that the
    density of a grid has no separate peaks, and at least 0.02; 0.05 if all points are equal.

    Args:
        points: `(n,)` in [0, 1].
        weights: `(n,)`, non-negative, not all zero.
    """
    if points.shape != weights.shape:
        raise ShapeError(f"points {points.shape} and weights {weights.shape} differ in shape")
    n_distinct = np.unique(points).size
    if n_distinct < 2:
        return _SPIKE
    share = weights / weights.sum()
    mean = float(share @ points)
    spread = float(np.sqrt(share @ (points - mean) ** 2))
    order = np.argsort(points)
    below = np.cumsum(share[order])
    low, high = (points[order][min(int(np.searchsorted(below, q)), len(points) - 1)]
                 for q in (0.25, 0.75))  # fmt: skip
    robust = float(high - low) / 1.34
    scale = min(spread, robust) if robust > 0 else spread
    n_eff = 1.0 / float((share**2).sum())
    return max(1.06 * scale * float(np.power(n_eff, -0.2)), 1.0 / n_distinct, _LEAST)


@dataclass(frozen=True, slots=True)
class UnitKernels:
    """One truncated Gaussian on [0, 1] around each centre.

    Attributes:
        centres: `(n,)` in [0, 1].
        width: Standard deviation before truncation: one for all, or `(n,)`, one per kernel.
    """

    centres: Floats
    width: float | Floats

    def density(self, u: Floats) -> Floats:
        """Return `(n_points, n)` densities of positions under each kernel."""
        z = (u[:, None] - self.centres) / self.width
        inside = (u >= 0.0) & (u <= 1.0)
        mass = np.exp(-0.5 * z**2) / (self.width * np.sqrt(2 * np.pi) * self._inside)
        return np.asarray(mass * inside[:, None])

    def cumulative(self, u: Floats) -> Floats:
        """Return `(n_points, n)` probabilities of lying below positions in [0, 1]."""
        from scipy.special import ndtr

        low = ndtr(-self.centres / self.width)
        reached = ndtr((u[:, None] - self.centres) / self.width)
        return np.asarray((reached - low) / self._inside)

    def draw(self, which: Ints, rng: np.random.Generator) -> Floats:
        """Return one position from the kernel of each number in `which`."""
        from scipy.special import ndtr, ndtri

        centre = self.centres[which]
        width = np.broadcast_to(self.width, self.centres.shape)[which]
        low, high = ndtr(-centre / width), ndtr((1.0 - centre) / width)
        position = centre + width * ndtri(low + rng.random(len(which)) * (high - low))
        return np.asarray(np.clip(position, 0.0, 1.0))

    @property
    def _inside(self) -> Floats:
        from scipy.special import ndtr

        return np.asarray(
            ndtr((1.0 - self.centres) / self.width) - ndtr(-self.centres / self.width)
        )


@dataclass(frozen=True)
class CellKernels:
    """Discretized kernels of an integer axis: the mass of each cell.

    Attributes:
        continuous: The Gaussians.
        edges: `(n_cells + 1,)` cell edges from 0 to 1.
    """

    continuous: UnitKernels
    edges: Floats

    def density(self, u: Floats) -> Floats:
        """Return `(n_points, n)` densities: mass of the cell over its width."""
        cell = np.clip(np.searchsorted(self.edges, u, side="right") - 1, 0, len(self.edges) - 2)
        if len(self.edges) <= _TABLE:
            return np.asarray(self._densities[cell])
        low, high = self.edges[cell], self.edges[cell + 1]
        mass = self.continuous.cumulative(high) - self.continuous.cumulative(low)
        return np.asarray(mass / (high - low)[:, None])

    @cached_property
    def _densities(self) -> Floats:
        """`(n_cells, n)` densities in each cell."""
        mass = np.diff(self.continuous.cumulative(self.edges), axis=0)
        return np.asarray(mass / np.diff(self.edges)[:, None])

    def draw(self, which: Ints, rng: np.random.Generator) -> Floats:
        """Return the middle of the cell of one draw from each numbered kernel."""
        u = self.continuous.draw(which, rng)
        cell = np.clip(np.searchsorted(self.edges, u, side="right") - 1, 0, len(self.edges) - 2)
        return np.asarray((self.edges[cell] + self.edges[cell + 1]) / 2)


@dataclass(frozen=True)
class CategoryKernels:
    """Additive smoothing around the category of each centre (Aitchison and Aitken's kernel).

    Attributes:
        cell: `(n,)` category of each centre; -1 = none, the kernel is uniform.
        n_cells: Number of categories.
        smoothing: Weight of the uniform part, beta; one over the effective number of points.
    """

    cell: Ints
    n_cells: int
    smoothing: float

    def density(self, u: Floats) -> Floats:
        """Return `(n_points, n)` densities: mass of the category times their number."""
        at = np.clip((u * self.n_cells).astype(np.int64), 0, self.n_cells - 1)
        return np.asarray(self._densities[at])

    @cached_property
    def _densities(self) -> Floats:
        """`(n_cells, n)` densities of each category."""
        same: Bools = np.arange(self.n_cells)[:, None] == self.cell
        peaked = (same * self.n_cells + self.smoothing) / (1.0 + self.smoothing)
        return np.where(self.cell < 0, 1.0, peaked)

    def draw(self, which: Ints, rng: np.random.Generator) -> Floats:
        """Return the middle of a category drawn from each numbered kernel."""
        any_cell = rng.integers(0, self.n_cells, len(which))
        uniform = rng.random(len(which)) < self.smoothing / (1.0 + self.smoothing)
        uniform |= self.cell[which] < 0
        cell = np.where(uniform, any_cell, self.cell[which])
        return np.asarray((cell + 0.5) / self.n_cells)


Kernels = UnitKernels | CellKernels | CategoryKernels
