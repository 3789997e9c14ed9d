"""Coordinates from distances by classical multidimensional scaling (Torgerson 1952)."""

from __future__ import annotations

import numpy as np

from metalearn.core.arrays import Floats

__all__ = ["classical_map", "classical_scaling"]

_EUCLIDEAN = 1e-9  # eigenvalues up to this share of the largest one are rounding noise


def classical_scaling(distances: Floats, n_axes: int) -> Floats:
    """Return coordinates whose Euclidean distances approximate given ones.

    Args:
        distances: `(n, n)`, symmetric, finite.
        n_axes: Maximum number of axes.

    Returns:
        `(n, at most n_axes)`, centred, the axis of largest variance first; each axis has its
        largest coordinate positive. Axes along which the distances are not Euclidean are left out.
    """
    squares = distances**2
    mean = squares.mean(axis=0)
    gram = -0.5 * (squares - mean - mean[:, None] + squares.mean())
    ascending, vectors = np.linalg.eigh(gram)
    values, vectors = ascending[::-1][:n_axes], vectors[:, ::-1][:, :n_axes]
    is_axis = values > _EUCLIDEAN * max(float(values.max()), 0.0)
    places = vectors[:, is_axis] * np.sqrt(values[is_axis])
    largest = np.take_along_axis(places, np.abs(places).argmax(axis=0)[None], axis=0)
    return np.asarray(places * np.sign(largest))


def classical_map(distances: Floats) -> Floats:
    """Return positions in the plane that approximate distances.

    Args:
        distances: `(n, n)`, symmetric, finite.

    Returns:
        `(n, 2)`, as by `classical_scaling`; an axis that it leaves out is 0.
    """
    places = np.zeros((len(distances), 2))
    found = classical_scaling(distances, 2)
    places[:, : found.shape[1]] = found
    return places
