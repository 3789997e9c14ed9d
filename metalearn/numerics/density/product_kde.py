"""Product kernel density over several axes, BOHB's model of good configurations.

Falkner, Klein & Hutter 2018: one bandwidth per axis by the normal reference rule, Gaussian kernels
truncated to the cube, Aitchison & Aitken's kernel for categories (METHODS 11.4).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from metalearn.core.arrays import Floats, Ints
from metalearn.core.space import Axis
from metalearn.numerics.density.kde import CategoryKernels, Kernels, UnitKernels

__all__ = ["ProductDensity", "fit_product_density", "normal_reference"]

_LEAST = 1e-3


def normal_reference(points: Floats) -> Floats:
    """Return `(n_axes,)` bandwidths of `(n, n_axes)` points: 1.06 sd n^(-1 / (4 + n_axes))."""
    n, d = points.shape
    return np.asarray(np.maximum(1.06 * points.std(axis=0) * n ** (-1.0 / (4 + d)), _LEAST))


@dataclass(frozen=True, slots=True)
class ProductDensity:
    """A mixture with equal weights and one product of kernels per point.

    Attributes:
        kernels: The kernels of each axis.
        n: Number of points.
    """

    kernels: tuple[Kernels, ...]
    n: int

    def log_density(self, X: Floats) -> Floats:
        """Return `(n_points,)` log densities at `(n_points, n_axes)` points without NaN."""
        product = np.ones((len(X), self.n))
        for j, kernels in enumerate(self.kernels):
            product *= kernels.density(X[:, j])
        return np.asarray(np.log(np.maximum(product.mean(axis=1), 1e-300)))

    def draw(self, which: Ints, rng: np.random.Generator) -> Floats:
        """Return one point from the kernel of each numbered point, `(n_drawn, n_axes)`."""
        return np.stack([kernels.draw(which, rng) for kernels in self.kernels], axis=1)


def fit_product_density(
    axes: Sequence[Axis], points: Floats, *, widening: float = 1.0
) -> ProductDensity:
    """Return the density around points.

    Args:
        axes: The axes, in the order of the columns.
        points: `(n, n_axes)` in the unit cube, n >= 1, no NaN.
        widening: Factor of the bandwidths: 3 where BOHB draws candidates.
    """
    widths = widening * normal_reference(points)
    kernels: list[Kernels] = []
    for j, axis in enumerate(axes):
        if axis.is_ordered:
            kernels.append(UnitKernels(points[:, j], float(widths[j])))
            continue
        # The bandwidth is the probability of another category, at most that of a uniform draw.
        cell = np.clip(points[:, j] * axis.n_cells, 0, axis.n_cells - 1).astype(np.int64)
        other = min(float(widths[j]), (axis.n_cells - 1) / axis.n_cells)
        uniform = min(other * axis.n_cells / max(axis.n_cells - 1, 1), 0.999)
        kernels.append(CategoryKernels(cell, axis.n_cells, uniform / (1.0 - uniform)))
    return ProductDensity(tuple(kernels), len(points))
