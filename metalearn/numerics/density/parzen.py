"""Parzen mixtures of TPE: product kernels around points, and a flat kernel as prior.

Bergstra, Bardenet, Bengio & Kegl 2011 (section 4), with the constants of Watanabe 2023. The width
of a kernel is the larger gap to its neighbours on the axis, at least 1 / min(100, n + 2) of the
range. The prior is one more kernel in the middle, as wide as the range (METHODS 11.4). Densities
are relative to the uniform measure of the cube.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from metalearn.core.arrays import Bools, Floats, Ints
from metalearn.core.space import Axis
from metalearn.numerics.density.kde import CategoryKernels, CellKernels, Kernels, UnitKernels

__all__ = ["Parzen", "age_weights", "fit_parzen", "gap_widths"]

_FLAT_WEIGHT = 1.0
_YOUNG = 25


def gap_widths(u: Floats) -> Floats:
    """Return the kernel width of each of `(n,)` points in [0, 1].

    The width is the larger gap to the two neighbours, clipped to [1 / min(100, n + 2), 1]. Bounds
    count as neighbours only if there is a single point.
    """
    n = len(u)
    order = np.argsort(u, kind="stable")
    ends = np.concatenate([[0.0], u[order], [1.0]])
    gaps = np.diff(ends)
    widest = np.maximum(gaps[:-1], gaps[1:])
    if n >= 2:
        widest[0], widest[-1] = gaps[1], gaps[-2]
    widths = np.empty(n)
    widths[order] = widest
    return np.clip(widths, 1.0 / min(100, n + 2), 1.0)


def age_weights(n: int) -> Floats:
    """Return `(n,)` weights, oldest point first: 1 for the newest 25, before them a ramp."""
    weights = np.ones(n)
    if n > _YOUNG:
        weights[: n - _YOUNG] = np.linspace(1.0 / n, 1.0, n - _YOUNG)
    return weights


@dataclass(frozen=True, slots=True)
class Parzen:
    """A mixture of product kernels; the last one is flat.

    Attributes:
        kernels: The kernels of each axis, `n_kernels` each; None for an axis of one value.
        active: `(n_kernels, n_axes)`: on which axes a point has a value; elsewhere its kernel is
            the flat one.
        weights: `(n_kernels,)`, sum 1.
        joint: Whether this is a mixture of products; else it is a product of one mixture per axis.
    """

    kernels: tuple[Kernels | None, ...]
    active: Bools
    weights: Floats
    joint: bool

    def log_density(self, X: Floats) -> Floats:
        """Return `(n,)` log densities at `(n, n_axes)` points; inactive (NaN) axes add 0."""
        product = np.ones((len(X), len(self.weights)))
        total = np.zeros(len(X))
        for j, kernels in enumerate(self.kernels):
            here = ~np.isnan(X[:, j])
            if kernels is None or not here.any():
                continue
            density = kernels.density(X[here, j])
            if self.joint:
                product[here] *= density
            else:
                total[here] += np.log(density @ self._share(j))
        return np.log(product @ self.weights) if self.joint else total

    def draw(self, n: int, rng: np.random.Generator) -> Floats:
        """Return `(n, n_axes)` points with a value on every axis, active or not."""
        which = self._pick(self.weights, n, rng)
        points = rng.random((n, len(self.kernels)))
        for j, kernels in enumerate(self.kernels):
            if kernels is None:
                continue
            chosen = which if self.joint else self._pick(self._share(j), n, rng)
            points[:, j] = kernels.draw(chosen, rng)
        return points

    def _share(self, j: int) -> Floats:
        share = self.weights * self.active[:, j]
        return np.asarray(share / share.sum())

    @staticmethod
    def _pick(weights: Floats, n: int, rng: np.random.Generator) -> Ints:
        return np.asarray(rng.choice(len(weights), n, p=weights), dtype=np.int64)


def fit_parzen(
    axes: Sequence[Axis], X: Floats, weights: Floats | None = None, *, joint: bool = True
) -> Parzen:
    """Return the mixture around points.

    Args:
        axes: Axes of the space.
        X: Points from the oldest to the newest, `(n, n_axes)`; NaN = inactive; n may be 0.
        weights: `(n,)`, relative to 1 for the flat kernel; by age if None.
        joint: Mixture of products, or product of mixtures.
    """
    active = np.vstack([~np.isnan(X), np.ones((1, len(axes)), dtype=np.bool_)])
    given = age_weights(len(X)) if weights is None else weights
    together = np.append(given, _FLAT_WEIGHT)
    kernels = tuple(_kernels(axis, X[:, j]) for j, axis in enumerate(axes))
    return Parzen(kernels, active, together / together.sum(), joint)


def _kernels(axis: Axis, column: Floats) -> Kernels | None:
    here = ~np.isnan(column)
    if axis.n_cells == 1:
        return None
    if axis.kind == "category" and not axis.is_ordered:
        cell = np.full(len(column) + 1, -1, dtype=np.int64)
        cell[:-1][here] = np.clip(column[here] * axis.n_cells, 0, axis.n_cells - 1)
        return CategoryKernels(cell, axis.n_cells, axis.n_cells / (here.sum() + 1.0))
    centres, widths = np.full(len(column) + 1, 0.5), np.ones(len(column) + 1)
    centres[:-1][here], widths[:-1][here] = column[here], gap_widths(column[here])
    kernels, edges = UnitKernels(centres, widths), axis.cell_edges()
    return kernels if edges is None else CellKernels(kernels, edges)
