"""Shapiro-Wilk test of many columns at once (Royston 1995, algorithm AS R94).

The weights depend on the number of values alone, so they are computed once for all columns. Only
the decision at the 5 % level is needed, so the normal distribution function is not evaluated.
"""

from __future__ import annotations

from functools import lru_cache
from statistics import NormalDist

import numpy as np

from metalearn.core.arrays import Bools, Floats
from metalearn.metafeatures.encoded import encoded, is_constant, n_observed, sorted_columns
from metalearn.metafeatures.undefined import Undefined
from metalearn.metafeatures.view import DatasetView

__all__ = ["count_normal", "looks_normal", "shapiro_wilk"]

MAX_ROWS = 5000
Z_5_PERCENT = NormalDist().inv_cdf(0.95)


def count_normal(view: DatasetView) -> float:
    """Return how many columns of the block pass the test; constant ones do.

    Raises:
        Undefined: With fewer than three rows.
    """
    if view.n_rows < 3:
        raise Undefined("the Shapiro-Wilk test needs at least three rows")
    n, columns = n_observed(view), sorted_columns(view)
    if view.n_rows > MAX_ROWS:
        columns = np.sort(encoded(view)[:, :MAX_ROWS], axis=1)
        n = MAX_ROWS - np.isnan(columns).sum(axis=1)
    normal = is_constant(view).copy()
    for count in set(n[~normal & (n >= 3)].tolist()):
        same = ~normal & (n == count)
        normal[same] = looks_normal(columns[:, :count] if same.all() else columns[same, :count])
    return float(normal.sum())


def shapiro_wilk(values: Floats) -> float:
    """Return W of the finite values, `(n,)`; of at most 5,000 of them, evenly over their order.

    Raises:
        Undefined: With fewer than three values, or equal ones.
    """
    ascending = np.sort(values[np.isfinite(values)])
    if len(ascending) > MAX_ROWS:
        picks = np.linspace(0, len(ascending) - 1, MAX_ROWS).round().astype(np.int64)
        ascending = ascending[picks]
    if len(ascending) < 3 or ascending[0] == ascending[-1]:
        raise Undefined("W needs at least three values that are not all equal")
    return float(_statistic(ascending[None, :])[0][0])


def looks_normal(ascending: Floats) -> Bools:
    """Return whether p > 0.05 for each sorted row of `(k, n)`, n >= 3; constant rows pass."""
    w, constant = _statistic(ascending)
    return np.asarray(constant | _passes(w, ascending.shape[1]))


def _statistic(ascending: Floats) -> tuple[Floats, Bools]:
    """Return W of each sorted row, and which rows are constant."""
    n = ascending.shape[1]
    weights = _weights(n)
    spread = ascending[:, -1] - ascending[:, 0]
    constant = ~(spread > 0)
    scaled = ascending - ascending[:, [n // 2]]
    scaled /= np.where(constant, 1.0, spread)[:, None]
    # about the median: a mean differs from it by at most one sd, so that few digits are lost
    scatter = np.vecdot(scaled, scaled) - scaled.sum(axis=1) ** 2 / n
    slope = scaled @ weights
    return np.minimum(slope**2 / np.where(constant, 1.0, scatter), 1.0), constant


@lru_cache(maxsize=16)
def _weights(n: int) -> Floats:
    """Return the `(n,)` weights of ascending values; those of the upper half are positive."""
    upper = _upper_weights(n)
    return np.concatenate([-upper, np.zeros(n % 2), upper[::-1]])


def _upper_weights(n: int) -> Floats:
    """Return the weights of the `n // 2` largest values, that of the largest first (AS R94)."""
    half = n // 2
    if n == 3:
        return np.array([np.sqrt(0.5)])
    inverse = NormalDist().inv_cdf
    m = np.array([-inverse((i - 0.375) / (n + 0.25)) for i in range(1, half + 1)])
    square, root = 2.0 * (m @ m), 1.0 / np.sqrt(n)
    a = np.empty(half)
    a[0] = _polynomial((0.0, 0.221157, -0.147981, -2.07119, 4.434685, -2.706056), root)
    a[0] += m[0] / np.sqrt(square)
    fixed = 1
    if n > 5:
        a[1] = _polynomial((0.0, 0.042981, -0.293762, -1.752461, 5.682633, -3.582633), root)
        a[1] += m[1] / np.sqrt(square)
        fixed = 2
    left = square - 2.0 * (m[:fixed] @ m[:fixed])
    a[fixed:] = m[fixed:] / np.sqrt(left / (1.0 - 2.0 * (a[:fixed] @ a[:fixed])))
    return a


def _passes(w: Floats, n: int) -> Bools:
    if n == 3:
        p = 6.0 / np.pi * (np.arcsin(np.sqrt(w)) - np.arcsin(np.sqrt(0.75)))
        return np.asarray(p > 0.05)
    y = np.log(np.maximum(1.0 - w, 1e-300))
    if n <= 11:
        gamma = _polynomial((-2.273, 0.459), n)
        hopeless = y >= gamma
        y = -np.log(np.where(hopeless, 1.0, gamma - y))
        centre = _polynomial((0.544, -0.39978, 0.025054, -6.714e-4), n)
        scale = np.exp(_polynomial((1.3822, -0.77857, 0.062767, -0.0020322), n))
        return np.asarray(~hopeless & ((y - centre) / scale < Z_5_PERCENT))
    log_n = float(np.log(n))
    centre = _polynomial((-1.5861, -0.31082, -0.083751, 0.0038915), log_n)
    scale = np.exp(_polynomial((-0.4803, -0.082676, 0.0030302), log_n))
    return np.asarray((y - centre) / scale < Z_5_PERCENT)


def _polynomial(coefficients: tuple[float, ...], x: float) -> float:
    return sum(c * x**power for power, c in enumerate(coefficients))
