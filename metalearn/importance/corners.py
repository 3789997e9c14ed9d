"""Variance of a tree's marginal from the corners of its leaves, for axes with many cells.

A box is a signed sum of orthants that start at its corners: on each axis, 1[low <= x < high] =
H(x - low) - H(x - high). The variance of a marginal on the axes U is therefore a sum over pairs of
corners, sum_pq s_p s_q prod_j in U (1 - max(x_pj, x_qj)). In the order of one axis, the larger
coordinate of a pair is that of the later corner, so that divide and conquer over the order removes
this axis (Bentley, "Multidimensional divide-and-conquer", CACM 1980); on the last one, cumulative
sums do. The cost is O(n log^(d-1) n) for n corners and d axes.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise, product

import numpy as np

from metalearn.core.arrays import Floats, Ints
from metalearn.importance.boxes import Boxes

__all__ = ["corner_variance"]

_Term = tuple[Floats, Floats]  # weights of the first and of the second corner of a pair


def corner_variance(boxes: Boxes, axes: Sequence[int]) -> Floats:
    """Return `(n_trees,)`: variance of each tree's joint marginal on two or more axes."""
    weight = boxes.weight(axes)
    edges = [(boxes.low(j), boxes.high(j)) for j in axes]
    bounds = np.searchsorted(boxes.tree, np.arange(boxes.n_trees + 1))
    found = np.zeros(boxes.n_trees)
    for tree, (start, end) in enumerate(pairwise(bounds)):
        leaves = slice(start, end)
        x, s = _corners([(low[leaves], high[leaves]) for low, high in edges], weight[leaves])
        order = np.argsort(x, axis=1)
        depth = max(len(s) - 1, 1).bit_length()
        group = np.zeros(len(s), dtype=np.min_scalar_type(len(s)))
        different = _summed(x, order, [(s, s)], group, depth)
        found[tree] = 2.0 * different + (s * s) @ (1.0 - x).prod(axis=0)
    return found


def _corners(edges: Sequence[tuple[Floats, Floats]], weight: Floats) -> tuple[Floats, Floats]:
    """Return `(n_axes, n)` corners and their signed weights; those at 1 cover nothing."""
    places, weights = [], []
    for corner in product((0, 1), repeat=len(edges)):
        x = np.array([pair[side] for pair, side in zip(edges, corner, strict=True)])
        inside = (x < 1.0).all(axis=0)
        places.append(x[:, inside])
        weights.append((-1.0) ** sum(corner) * weight[inside])
    return np.concatenate(places, axis=1), np.concatenate(weights)


def _summed(x: Floats, order: Ints, terms: Sequence[_Term], group: Ints, depth: int) -> float:
    """Return the sum over pairs of corners of a group, for all groups together.

    Args:
        x: `(n_axes, n)` coordinates on the axes that are left.
        order: Their orders.
        terms: Weights (a, b) whose sums over a_p b_q are added. Equal weights stand for half of
            the pairs, those of different corners.
        group: `(n,)` number of the group; each but the last has `2**depth` corners.
        depth: Logarithm of the size of a group.
    """
    sorted_ = order[0][np.argsort(group[order[0]], kind="stable")]
    if len(x) == 1:
        return _on_line(x[0, sorted_], [(a[sorted_], b[sorted_]) for a, b in terms], depth)
    place = np.empty(len(sorted_), dtype=np.int64)
    place[sorted_] = np.arange(len(sorted_))
    total = 0.0
    for level in range(depth):
        later = (place >> level) & 1 == 1
        earlier, rest = ~later, later * (1.0 - x[0])
        parts = []
        for a, b in terms:
            parts.append((a * earlier, b * rest))
            if a is not b:
                parts.append((a * rest, b * earlier))
        halves = (place >> (level + 1)).astype(group.dtype)
        total += _summed(x[1:], order[1:], parts, halves, level + 1)
    return total


def _on_line(x: Floats, terms: Sequence[_Term], depth: int) -> float:
    """Return the same sum on one axis; corners are sorted by group, then by coordinate."""
    n = len(x)
    start = (np.arange(n) >> depth) << depth
    end = np.append(x[1:], 1.0)
    end[(1 << depth) - 1 :: 1 << depth] = 1.0
    width, total = end - x, 0.0
    for a, b in terms:
        before_a, before_b = (np.append(0.0, np.cumsum(weights)) for weights in (a, b))
        product_ = (before_a[1:] - before_a[start]) * (before_b[1:] - before_b[start])
        total += float(width @ product_)
    return total
