"""Densities of values that are counted in cells: Parzen masses with Scott's bandwidth.

As in PED-ANOVA (Watanabe, Bansal & Hutter 2023): the bandwidth is Scott's rule in units of cells,
with the smaller of the standard deviation and the interquartile range over 1.34. Many densities
are computed at once.
"""

from __future__ import annotations

import numpy as np

from metalearn.core.arrays import Floats

__all__ = ["masses"]

_FLOOR = 0.5 / 1.64  # cells


def masses(counts: Floats, is_ordered: bool) -> Floats:
    """Return the Parzen masses of counts, one uniform kernel of mass 1 added; rows sum to 1.

    Args:
        counts: `(n_rows, n_cells)` numbers of values, non-negative; a row may be all zero.
        is_ordered: Whether neighbouring cells are alike, so that counts are smoothed.
    """
    n = counts.sum(axis=1, keepdims=True)
    smooth = _smoothed(counts, _bandwidths(counts)) if is_ordered else counts
    return np.asarray((smooth + 1.0 / counts.shape[1]) / (n + 1.0))


def _bandwidths(counts: Floats) -> Floats:
    """Return `(n_rows,)` bandwidths in cells of `(n_rows, n_cells)` counts of values."""
    n, cells = np.maximum(counts.sum(axis=1), 1.0), np.arange(counts.shape[1])
    off = cells - (counts @ cells / n)[:, None]
    variance = (counts * off**2).sum(axis=1) / np.maximum(n - 1.0, 1.0)
    spread = np.minimum(np.sqrt(variance), (_quartiles(counts, 3) - _quartiles(counts, 1)) / 1.34)
    return np.asarray(np.maximum(1.059 * spread * n**-0.2, _FLOOR))


def _quartiles(counts: Floats, which: int) -> Floats:
    """Return a quartile of the cells of each row, linear between neighbouring values."""
    upto = np.cumsum(counts, axis=1)
    at = np.maximum(upto[:, -1:] - 1.0, 0.0) * which / 4.0
    low, high = ((upto <= place).sum(axis=1) for place in (np.floor(at), np.ceil(at)))
    return np.asarray(low + (high - low) * (at - np.floor(at))[:, 0])


def _smoothed(counts: Floats, widths: Floats) -> Floats:
    """Return counts spread by a Gaussian kernel around each cell, which keeps their sum.

    Args:
        counts: `(n_rows, n_cells)`.
        widths: `(n_rows,)` standard deviations of the kernel, in cells. Its mass beyond the ends
            is distributed over the cells in proportion.
    """
    from scipy.special import ndtr

    n = counts.shape[1]
    # mass of a kernel up to each edge of the cells, as seen from the kernel's cell
    below = ndtr((np.arange(2 * n) - n + 0.5) / widths[:, None])
    inside = (below[:, n:] - below[:, :n])[:, ::-1]  # mass between the ends
    seen = np.lib.stride_tricks.sliding_window_view(np.diff(below), n, axis=1)
    return np.asarray(np.einsum("rij,rj->ri", seen, (counts / inside)[:, ::-1]))
