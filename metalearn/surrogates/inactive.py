"""Inactive axes as coordinates, for models that accept no NaN (METHODS 0.2)."""

from __future__ import annotations

import numpy as np

from metalearn.core.arrays import Floats

__all__ = ["inactive_outside"]


def inactive_outside(X: Floats) -> Floats:
    """Return points `(n, d)` of the unit cube with their inactive axes (NaN) outside it, at -1.

    >>> inactive_outside(np.array([[0.5, np.nan]]))
    array([[ 0.5, -1. ]])
    """
    return np.where(np.isnan(X), -1.0, X)
