"""Information-theoretic meta-features: entropies of discretised columns and target, in bits.

Numeric columns are cut into floor(n^(1/3)) bins of equal frequency, as pymfe does; a missing value
is a level of its own. For regression the target is cut the same way. Joint tables are held as
their non-empty cells, so that the cost grows with rows, not levels. As in pymfe, 1e-8 is added to
every cell, with the empty cells added in closed form.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations

import numpy as np

from metalearn.core.arrays import Floats, Ints
from metalearn.metafeatures.encoded import bounded, encoded, n_observed, quantiles, sorted_columns
from metalearn.metafeatures.registry import Group, shared
from metalearn.metafeatures.undefined import Undefined
from metalearn.metafeatures.view import DatasetView

__all__ = ["GROUP", "Contingency", "Discrete", "discretised"]

GROUP = Group("information", "Entropies and shared information of columns and target, in bits.")

MICHIE = "Michie, Spiegelhalter, Taylor & Campbell 1994"
KALOUSIS = "Kalousis & Hilario 2001"
EPSILON = 1e-8  # pymfe's, added to every cell
MAX_PAIRED = 12  # columns whose pairs are used, as in pymfe
SAME = 1e-8  # bin edges closer than this are one edge, as in pymfe


@dataclass(frozen=True, slots=True)
class Discrete:
    """A discrete column: codes `(n,)` from 0, and the rows of each code `(n_codes,)`, positive."""

    codes: Ints
    counts: Ints

    def entropy(self) -> float:
        """Return the entropy in bits."""
        share = self.counts / self.counts.sum()
        return float(-(share * np.log2(share)).sum())


@dataclass(frozen=True, slots=True)
class Contingency:
    """The joint table of two discrete columns, as shares of its non-empty cells.

    Attributes:
        shape: Number of codes of the first and of the second.
        first: `(n_cells,)`, code of the first column.
        second: `(n_cells,)`, code of the second.
        shares: `(n_cells,)`, positive, sum 1.
    """

    shape: tuple[int, int]
    first: Ints
    second: Ints
    shares: Floats

    @classmethod
    def of(cls, first: Discrete, second: Discrete) -> Contingency:
        """Return the joint table of two columns of the same rows."""
        shape = len(first.counts), len(second.counts)
        pair = first.codes * shape[1] + second.codes
        n = len(pair)
        if shape[0] * shape[1] <= 4 * n + 4096:
            table = np.bincount(pair)
            cells = np.flatnonzero(table)
            counts = table[cells]
        else:
            cells, counts = np.unique(pair, return_counts=True)
        return cls(shape, cells // shape[1], cells % shape[1], counts / n)

    def transposed(self) -> Contingency:
        """Return the table with the columns exchanged."""
        return Contingency(self.shape[::-1], self.second, self.first, self.shares)

    def entropy(self) -> float:
        """Return the joint entropy in bits, with pymfe's 1e-8 in every cell."""
        filled = self.shares + EPSILON
        empty = self.shape[0] * self.shape[1] - len(self.shares)
        return float(-(filled * np.log2(filled)).sum() - empty * EPSILON * np.log2(EPSILON))

    def concentration(self) -> float:
        """Return Goodman and Kruskal's tau of the first column given the second."""
        n_first, n_second = self.shape
        by_first = np.bincount(self.first, self.shares, n_first) + n_second * EPSILON
        by_second = np.bincount(self.second, self.shares, n_second) + n_first * EPSILON
        filled = np.bincount(self.second, (self.shares + EPSILON) ** 2, n_second)
        empty = n_first - np.bincount(self.second, minlength=n_second)
        chance = float((by_first**2).sum())
        explained = float(((filled + empty * EPSILON**2) / by_second).sum())
        if 1.0 - chance < 1e-6:
            raise Undefined("the column is constant")
        return (explained - chance) / (1.0 - chance)


@shared
def discretised(view: DatasetView) -> tuple[Discrete, ...]:
    """Return every column with an observed value as levels: categorical ones first."""
    found = [
        _levels(column.codes, column.counts) for column in view.categorical if column.n_levels
    ]
    n_numeric = int((~np.isnan(view.numeric).all(axis=1)).sum())
    if n_numeric:
        block = encoded(view)
        n, ascending = n_observed(view)[:n_numeric], sorted_columns(view)[:n_numeric]
        edges = quantiles(ascending, n, _levels_of_bins(view.n_rows))
        for j in range(n_numeric):
            found.append(_cut(block[j], edges[:, j], n[j] < view.n_rows))
    return tuple(found)


@shared
def target(view: DatasetView) -> Discrete:
    """Return the classes, or a numeric target cut into bins as a column is."""
    if not view.n_rows:
        raise Undefined("no row has a target")
    if view.kind == "classification":
        codes = view.y.astype(np.int64)
        return Discrete(codes, np.bincount(codes))
    y = view.y.astype(np.float64)
    levels = _levels_of_bins(len(y))
    edges = quantiles(np.sort(y)[None, :], np.array([len(y)]), levels)[:, 0]
    return _cut(y, edges, has_missing=False)


def _levels_of_bins(n_rows: int) -> Floats:
    n_bins = max(int(n_rows ** (1 / 3)), 1)
    return np.linspace(0, 1, n_bins + 1)[1:]


def _cut(values: Floats, edges: Floats, has_missing: bool) -> Discrete:
    edges = np.unique(edges[np.append(True, np.diff(edges) > SAME)])
    codes = np.searchsorted(edges, values, side="left")  # NaN goes beyond the last edge
    if has_missing:
        codes[np.isnan(values)] = len(edges) + 1
    return _compact(codes)


def _levels(codes: Ints, counts: Ints) -> Discrete:
    if (codes < 0).any():
        return _compact(np.where(codes < 0, len(counts), codes))
    return Discrete(codes, counts)


def _compact(codes: Ints) -> Discrete:
    counts = np.bincount(codes)
    occurs = counts > 0
    if not occurs.all():
        codes = (np.cumsum(occurs) - 1)[codes]
    return Discrete(codes, counts[occurs])


@shared
def _columns(view: DatasetView) -> tuple[Discrete, ...]:
    if not view.n_rows:
        raise Undefined("no row has a target")
    columns = discretised(view)
    if not columns:
        raise Undefined("the table has no column with an observed value")
    return columns


@shared
def _tables(view: DatasetView) -> tuple[Contingency, ...]:
    y = target(view)
    return tuple(Contingency.of(column, y) for column in _columns(view))


@shared
def _attribute_entropies(view: DatasetView) -> Floats:
    return np.array([column.entropy() for column in _columns(view)])


@shared
def _joint_entropies(view: DatasetView) -> Floats:
    return np.array([table.entropy() for table in _tables(view)])


@shared
def _shared_information(view: DatasetView) -> Floats:
    return _attribute_entropies(view) + target(view).entropy() - _joint_entropies(view)


@shared
def _total_information(view: DatasetView) -> float:
    total = float(_shared_information(view).sum())
    if total <= 1e-5:
        raise Undefined("no column shares information with the target")
    return total


@GROUP.feature("-sum p_c log2 p_c", MICHIE)
def class_ent(view: DatasetView) -> float:
    """Return the entropy of the target; numeric targets are cut into bins first."""
    return target(bounded(view)).entropy()


@GROUP.feature("-sum p_v log2 p_v of a column", MICHIE, summarised=True)
def attr_ent(view: DatasetView) -> Floats:
    """Return the entropy of each column."""
    return _attribute_entropies(bounded(view))


@GROUP.feature("-sum p_vc log2 p_vc", MICHIE, summarised=True)
def joint_ent(view: DatasetView) -> Floats:
    """Return the joint entropy of each column with the target."""
    return _joint_entropies(bounded(view))


@GROUP.feature("H(x) + H(y) - H(x, y)", MICHIE, summarised=True)
def mut_inf(view: DatasetView) -> Floats:
    """Return the information that each column shares with the target."""
    return _shared_information(bounded(view))


@GROUP.feature("p H(y) / sum of the shared information", MICHIE)
def eq_num_attr(view: DatasetView) -> float:
    """Return the number of average columns that would determine the target."""
    view = bounded(view)
    return len(_columns(view)) * target(view).entropy() / _total_information(view)


@GROUP.feature("(sum H(x) - sum of shared information) / sum of shared information", MICHIE)
def ns_ratio(view: DatasetView) -> float:
    """Return the noise-to-signal ratio: information of the columns not shared with y."""
    view = bounded(view)
    total = _total_information(view)
    return (float(_attribute_entropies(view).sum()) - total) / total


@GROUP.feature("Goodman-Kruskal tau of column given target", KALOUSIS, summarised=True)
def class_conc(view: DatasetView) -> Floats:
    """Return how far the target concentrates the values of each column; constants left out."""
    return np.array([_concentration(table) for table in _tables(bounded(view))])


@GROUP.feature("Goodman-Kruskal tau of ordered pairs of columns (12 drawn)", KALOUSIS,
               summarised=True)  # fmt: skip
def attr_conc(view: DatasetView) -> Floats:
    """Return how far one column concentrates another, for each ordered pair."""
    view = bounded(view)
    columns = _columns(view)
    picked = np.arange(len(columns))
    if len(columns) > MAX_PAIRED:
        picked = np.sort(view.rng("attr_conc").choice(picked, MAX_PAIRED, replace=False))
    if len(picked) < 2:
        raise Undefined("pairs of columns need at least two columns")
    found = []
    for a, b in combinations(picked, 2):
        view.check_time()
        table = Contingency.of(columns[a], columns[b])
        found += [_concentration(table), _concentration(table.transposed())]
    return np.array(found)


def _concentration(table: Contingency) -> float:
    try:
        return table.concentration()
    except Undefined:
        return np.nan
