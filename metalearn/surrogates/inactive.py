"""Inactive axes as coordinates, for models that accept no NaN (METHODS 0.2): outside, or drawn."""

from __future__ import annotations

import numpy as np

from metalearn.core.arrays import Floats

__all__ = ["inactive_drawn", "inactive_outside"]


def inactive_outside(X: Floats) -> Floats:
    """Return points `(n, d)` of the unit cube with their inactive axes (NaN) outside it, at -1.

    >>> inactive_outside(np.array([[0.5, np.nan]]))
    array([[ 0.5, -1. ]])
    """
    return np.where(np.isnan(X), -1.0, X)


def inactive_drawn(X: Floats, rng: np.random.Generator) -> Floats:
    """Return points of the unit cube, any shape, with inactive axes (NaN) drawn uniformly.

    Where an axis is inactive the loss does not depend on it, so any value is valid. A uniform draw
    keeps the coordinate independent of its parent; a constant would indicate the parent's value.
    """
    return np.where(np.isnan(X), rng.random(X.shape), X)
