"""The encoded block of a view, with shared intermediates: sorted and centred columns, moments.

Everything is laid out `(n_columns, n_rows)`, so that a column is contiguous. Statistics of one
column use its observed values; everything that looks at several columns together uses the
`centred` block, where a missing number is the mean of its column. A categorical column with more
than 30 levels, and more levels than half its observed rows, is an identifier or free text and gets
no indicators.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from metalearn.core.arrays import Bools, Floats, Ints
from metalearn.metafeatures.columns import Levels
from metalearn.metafeatures.registry import shared
from metalearn.metafeatures.undefined import Undefined
from metalearn.metafeatures.view import DatasetView

__all__ = [
    "Moments",
    "as_float32",
    "bounded",
    "centred",
    "encoded",
    "five_numbers",
    "imputed",
    "indicator_counts",
    "is_constant",
    "kth_deviation",
    "moments",
    "n_distinct",
    "n_observed",
    "quantiles",
    "sorted_columns",
]

PART_CELLS = 500_000  # cells per step, so that temporaries stay in the cache
MIN_ROWS = 1000
PROBES = 16  # of a step of a search in sorted columns
IDENTIFIER_LEVELS = 30  # more levels, and more than half the number of rows: no category


@dataclass(frozen=True, slots=True)
class Moments:
    """Moments of the observed values of each column of the block, `(n_columns,)` each.

    Attributes:
        n: Observed values.
        mean: Their mean.
        m2: Mean squared deviation; `m3`, `m4` the third and fourth central moments.
        m3: See `m2`.
        m4: See `m2`.
    """

    n: Floats
    mean: Floats
    m2: Floats
    m3: Floats
    m4: Floats


@shared
def bounded(view: DatasetView) -> DatasetView:
    """Return the view with as many rows as the limit on cells allows."""
    width = _n_numeric(view) + indicator_counts(view)
    return view.sample(max(view.limits.cells // max(width, 1), MIN_ROWS), "bounded")


@shared
def encoded(view: DatasetView) -> Floats:
    """Return the block, `(n_columns, n_rows)`; NaN = missing number; read-only.

    A table of numbers is its own block: no copy is made.

    Raises:
        Undefined: If no column can be encoded, or there is no row.
    """
    kept = _kept_levels(view)
    n_numeric = _n_numeric(view)
    if view.numeric.size and n_numeric == len(view.numeric) and not any(kept):
        return view.numeric
    block = np.empty((n_numeric + sum(len(levels) for levels in kept), view.n_rows))
    block[:n_numeric] = view.numeric[_n_observed_numbers(view) > 0]
    j = n_numeric
    for column, levels in zip(view.categorical, kept, strict=True):
        for level in levels:
            block[j] = column.codes == level
            j += 1
    if not block.size:
        raise Undefined(_why_empty(view))
    return block


def _why_empty(view: DatasetView) -> str:
    if any(column.n_levels for column in view.categorical):
        return "every column is an identifier or free text: none can be encoded as numbers"
    return "the table has no column with an observed value"


@shared
def sorted_columns(view: DatasetView) -> Floats:
    """Return the block with each column sorted, NaN last."""
    block, n_numeric = encoded(view), _n_numeric(view)
    result = block.copy()
    result[:n_numeric].sort(axis=1)
    if n_numeric < len(block):
        ones = block[n_numeric:].sum(axis=1)
        result[n_numeric:] = np.arange(view.n_rows) >= (view.n_rows - ones)[:, None]
    return result


@shared
def n_observed(view: DatasetView) -> Ints:
    """Return the number of observed values of each column of the block."""
    numbers = _n_observed_numbers(view)
    numbers = numbers[numbers > 0]
    counts = np.full(len(encoded(view)), view.n_rows, dtype=np.int64)
    counts[: len(numbers)] = numbers
    return counts


@shared
def is_constant(view: DatasetView) -> Bools:
    """Return which columns of the block have a single observed value."""
    block = sorted_columns(view)
    constant: Bools = block[:, 0] == block[np.arange(len(block)), n_observed(view) - 1]
    return constant


@shared
def n_distinct(view: DatasetView) -> Floats:
    """Return the number of distinct observed values of each numeric column of the block."""
    block = sorted_columns(view)[: _n_numeric(view)]
    counts = np.empty(len(block))
    for rows, part in _parts(block):
        counts[rows] = 1 + (part[:, 1:] > part[:, :-1]).sum(axis=1)  # False next to NaN
    return counts


@shared
def _means(view: DatasetView) -> Floats:
    block, n = encoded(view), n_observed(view)
    means = np.empty(len(block))
    for rows, part in _parts(block):
        full = n[rows] == view.n_rows
        means[rows] = (part if full.all() else np.where(np.isnan(part), 0.0, part)).sum(axis=1)
    return means / n


@shared
def centred(view: DatasetView) -> Floats:
    """Return the block minus the mean of each column; 0 where a number is missing."""
    block = encoded(view) - _means(view)[:, None]
    missing = n_observed(view) < view.n_rows
    if missing.any():
        block[missing] = np.nan_to_num(block[missing], nan=0.0, posinf=np.inf, neginf=-np.inf)
    block[is_constant(view)] = 0.0
    return block


@shared
def imputed(view: DatasetView) -> Floats:
    """Return the block with the mean of the column where a number is missing."""
    block = encoded(view)
    if (n_observed(view) == view.n_rows).all():
        return block
    return np.where(np.isnan(block), _means(view)[:, None], block)


def indicator_counts(view: DatasetView) -> int:
    """Return the number of indicator columns of the block."""
    return sum(len(levels) for levels in _kept_levels(view))


@shared
def moments(view: DatasetView) -> Moments:
    """Return the central moments of each column of the block."""
    block, n = centred(view), n_observed(view).astype(np.float64)
    sums = np.empty((3, len(block)))
    for rows, part in _parts(block):
        square = part * part
        sums[0, rows] = square.sum(axis=1)
        sums[1, rows] = np.vecdot(square, part)
        sums[2, rows] = np.vecdot(square, square)
    m2, m3, m4 = sums / n
    return Moments(n, _means(view), m2, m3, m4)


@shared
def five_numbers(view: DatasetView) -> Floats:
    """Return minimum, quartiles and maximum of each column, `(5, n_columns)`."""
    return quantiles(sorted_columns(view), n_observed(view), np.array([0.0, 0.25, 0.5, 0.75, 1.0]))


def quantiles(ascending: Floats, n: Ints, levels: Floats) -> Floats:
    """Return linear quantiles of sorted rows, `(n_levels, n_rows_of_block)`.

    Args:
        ascending: `(k, n_max)`, each row sorted with NaN last.
        n: `(k,)`, observed values of each row, at least 1.
        levels: `(n_levels,)` in [0, 1].
    """
    position = levels[:, None] * (n - 1)[None, :]
    low = np.floor(position).astype(np.int64)
    share = position - low
    rows = np.arange(len(ascending))[None, :]
    below = ascending[rows, low]
    above = ascending[rows, np.minimum(low + 1, (n - 1)[None, :])]
    step = above - below
    # as numpy does: from the nearer end, so that equal neighbours give exactly their value
    return np.where(share >= 0.5, above - step * (1.0 - share), below + step * share)


def as_float32(block: Floats) -> npt.NDArray[np.float32]:
    """Return float32 numbers, as scikit-learn's trees use them, clipped to the float32 range."""
    largest = np.finfo(np.float32).max
    with np.errstate(over="ignore"):
        numbers = block.astype(np.float32)
    return np.clip(numbers, -largest, largest, out=numbers)


def kth_deviation(ascending: Floats, n: Ints, centre: Floats, k: Ints) -> Floats:
    """Return the k-th smallest |x - centre| of sorted rows, in the shape of `k`, without a sort.

    The k + 1 values nearest to the centre lie side by side, and their farthest is the first or
    the last. The start of that window is searched in all rows at once, `PROBES` probes a step.

    Args:
        ascending: `(m, n_max)`, each row sorted with NaN last.
        n: `(m,)`, observed values of each row, at least 1.
        centre: `(m,)`.
        k: `(m,)` or `(n_orders, m)`, from 0 to n - 1.
    """
    rows = np.arange(len(ascending))
    low, high = np.zeros_like(k), n - k
    parts = np.arange(PROBES).reshape(-1, *[1] * k.ndim)
    while (low < high).any():
        start = low + (high - low) * parts // PROBES
        inside = np.minimum(start, n - 1 - k)
        left = ascending[rows, inside + k] - centre < centre - ascending[rows, inside]
        low = np.minimum(np.where(left, start + 1, low).max(axis=0), high)
        high = np.where(left, high, start).min(axis=0)
    right_end = ascending[rows, np.minimum(low + k, n - 1)] - centre
    left_end = centre - ascending[rows, np.maximum(low - 1, 0)]
    return np.where(
        low == 0, right_end, np.where(low == n - k, left_end, np.minimum(left_end, right_end))
    )


def _parts(block: Floats) -> Iterator[tuple[slice, Floats]]:
    size = max(1, PART_CELLS // max(block.shape[1], 1))
    for start in range(0, len(block), size):
        rows = slice(start, min(start + size, len(block)))
        yield rows, block[rows]


@shared
def _n_observed_numbers(view: DatasetView) -> Ints:
    """Return the number of observed values of each numeric column of the table."""
    counts = np.full(len(view.numeric), view.n_rows, dtype=np.int64)
    if not view.n_rows:
        return counts
    for rows, part in _parts(view.numeric):
        if np.isnan(part.min(axis=1)).any():  # one pass without a copy, where nothing is missing
            counts[rows] -= np.isnan(part).sum(axis=1)
    return counts


def _n_numeric(view: DatasetView) -> int:
    return int((_n_observed_numbers(view) > 0).sum())


@shared
def _kept_levels(view: DatasetView) -> list[list[int]]:
    """Return which levels of each categorical column become indicators; -1 = missing."""
    sizes = np.array(
        [0 if _is_identifier(column) else _n_levels(column) for column in view.categorical],
        dtype=np.int64,
    )
    limits = view.limits
    indicators = min(limits.indicators, limits.indicator_cells // max(view.n_rows, 1))
    most = _levels_within(sizes, indicators)
    kept: list[list[int]] = []
    for column, size in zip(view.categorical, sizes, strict=True):
        levels = [*range(column.n_levels)] + ([-1] if size > column.n_levels else [])
        if not size:
            levels = []
        elif size > most:
            frequent = np.argsort(-column.counts, kind="stable")[:most]
            levels = sorted(frequent.tolist())
        elif any(kept):
            levels = levels[1:]
        kept.append(levels)
    return kept


def _is_identifier(column: Levels) -> bool:
    return column.n_levels > max(IDENTIFIER_LEVELS, int(column.counts.sum()) // 2)


def _n_levels(column: Levels) -> int:
    return column.n_levels + int((column.codes < 0).any() and column.n_levels > 0)


def _levels_within(sizes: Ints, indicators: int) -> int:
    most = int(sizes.max(initial=0))
    if int(sizes.sum()) <= indicators:
        return most
    low, high = 1, most
    while low < high:
        middle = (low + high + 1) // 2
        fits = int(np.minimum(sizes, middle).sum()) <= indicators
        low, high = (middle, high) if fits else (low, middle - 1)
    return low
