"""Densities of products of truncated Gaussians over several axes, by one matrix product.

For a point u and a centre c, with widths h and the mass m(c) of each Gaussian on [0, 1],

    sum_j log k_j = sum_j -(u_j^2 - 2 u_j c_j + c_j^2) / (2 h_j^2) - log(h_j sqrt(2 pi) m_j(c)),

which is an inner product of functions of u with functions of c. An axis that is inactive in u or c
contributes a factor of 1.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr

from metalearn.core.arrays import Floats

__all__ = ["UnitProduct"]


@dataclass(frozen=True)
class UnitProduct:
    """One product of Gaussians around each centre.

    Attributes:
        widths: `(n_axes,)` standard deviations before truncation.
        terms: `(3 n_axes, n)` functions of the centres in the logarithm.
    """

    widths: Floats
    terms: Floats

    @classmethod
    def around(cls, centres: Floats, widths: Floats) -> UnitProduct:
        """Return the products around centres `(n, n_axes)` in [0, 1], NaN where inactive."""
        active = ~np.isnan(centres)
        c = np.where(active, centres, 0.0)
        mass = ndtr((1.0 - c) / widths) - ndtr(-c / widths)
        constant = -0.5 * (c / widths) ** 2 - np.log(widths * np.sqrt(2.0 * np.pi) * mass)
        parts = [active, c, np.where(active, constant, 0.0)]
        return cls(widths, np.ascontiguousarray(np.concatenate(parts, axis=1).T))

    def density(self, u: Floats) -> Floats:
        """Return `(n_points, n)` densities at points `(n_points, n_axes)`, NaN where inactive."""
        active = ~np.isnan(u)
        at = np.where(active, u, 0.0)
        parts = [-0.5 * (at / self.widths) ** 2, at / self.widths**2, active]
        logarithm = np.concatenate(parts, axis=1) @ self.terms
        density = np.exp(logarithm, out=logarithm)
        density[((at < 0.0) | (at > 1.0)).any(axis=1)] = 0.0
        return np.asarray(density)
