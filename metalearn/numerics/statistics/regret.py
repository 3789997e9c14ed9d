"""Normalized regret, which makes the losses of tasks comparable (METHODS 1.2, 12.2)."""

from __future__ import annotations

import numpy as np

from metalearn.core.arrays import Bools, Floats

__all__ = [
    "best_so_far",
    "constant_rows",
    "expected_random_regret",
    "normalized_regret",
    "row_ends",
]

SAME = 1e-12
"""Losses of a task are equal if their range is at most this share of the largest absolute loss.

A share, so that a task is not constant because its metric has a small unit (METHODS D4)."""


def row_ends(losses: Floats) -> tuple[Floats, Floats]:
    """Return the lowest and highest loss of each row, `(n_rows, 1)`; infinite if it has none."""
    low = np.fmin.reduce(losses, axis=1, initial=np.inf, keepdims=True)
    high = np.fmax.reduce(losses, axis=1, initial=-np.inf, keepdims=True)
    return np.asarray(low), np.asarray(high)


def _varies(low: Floats, high: Floats) -> Bools:
    largest = np.maximum(np.abs(low), np.abs(high))
    return np.asarray(high - low > SAME * largest)


def constant_rows(losses: Floats) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """Return `(n_rows,)`: which rows hold equal losses (see `SAME`) or no loss at all."""
    return np.asarray(~_varies(*row_ends(losses))[:, 0])


def normalized_regret(losses: Floats) -> Floats:
    """Return `(loss - lowest) / (highest - lowest)` per row, in [0, 1].

    Args:
        losses: `(n_rows, n_columns)`; NaN = not observed.

    Returns:
        Same shape; NaN stays NaN; a row of equal losses becomes 0.
    """
    low, high = row_ends(losses)
    width, varied = high - low, _varies(low, high)
    with np.errstate(invalid="ignore"):
        scaled = losses - np.where(varied, low, 0.0)
        scaled /= np.where(varied, width, 1.0)
    equal = np.flatnonzero(~varied)
    scaled[equal] = np.where(np.isnan(losses[equal]), np.nan, 0.0)
    return scaled


def best_so_far(values: Floats) -> Floats:
    """Return the running minimum along the last axis; NaN (a failure) never lowers it."""
    return np.minimum.accumulate(np.where(np.isnan(values), np.inf, values), axis=-1)


def expected_random_regret(regret: Floats, n_draws: int) -> Floats:
    """Return the exact expectation of the best of `n_draws` configurations drawn at random.

    `E[min] = sum_i r_(i) C(n - i, k - 1) / C(n, k)` over the ascending observed regrets of a row.

    Args:
        regret: `(n_rows, n_columns)`; NaN = not observed, cannot be drawn.
        n_draws: Draws without replacement; all columns if there are fewer.

    Returns:
        `(n_rows,)`; NaN for a row without any observation.
    """
    expected = np.full(len(regret), np.nan)
    for row, values in enumerate(regret):
        ordered = np.sort(values[np.isfinite(values)])
        n = len(ordered)
        if n == 0:
            continue
        k = min(n_draws, n)
        # P(none of the i lowest is drawn) = prod_{j<k} (n - i - j) / (n - j)
        left = np.arange(n, -1, -1)[:, None] - np.arange(k)
        missed = np.prod(np.maximum(left, 0) / (n - np.arange(k)), axis=1)
        expected[row] = ordered @ (missed[:-1] - missed[1:])
    return expected
