"""The Matern kernel of smoothness 5/2 (Rasmussen & Williams 2006, equation 4.17)."""

from __future__ import annotations

import numpy as np

from metalearn.core.arrays import Floats

__all__ = ["matern52"]


def matern52(first: Floats, second: Floats, length: float = 1.0) -> Floats:
    """Return `(n_first, n_second)` correlations between points.

    Args:
        first: `(n_first, n_axes)`, finite.
        second: `(n_second, n_axes)`, finite.
        length: Length scale.

    >>> matern52(np.zeros((1, 2)), np.zeros((1, 2)))
    array([[1.]])
    """
    square = (first**2).sum(axis=1)[:, None] + (second**2).sum(axis=1) - 2.0 * first @ second.T
    scaled = np.sqrt(5.0 * np.maximum(square, 0.0)) / length
    return np.asarray((1.0 + scaled + scaled**2 / 3.0) * np.exp(-scaled))
