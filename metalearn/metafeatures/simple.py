"""Simple meta-features: counts and shares of rows, columns, classes, levels and missing values.

Names are pymfe's (group `general`) where the meaning is the same; pymfe does not treat missing
values.
"""

from __future__ import annotations

import numpy as np

from metalearn.core.arrays import Bools, Floats, Ints
from metalearn.metafeatures.registry import Group, shared
from metalearn.metafeatures.undefined import Undefined
from metalearn.metafeatures.view import DatasetView

__all__ = ["GROUP", "class_counts", "missing_cells"]

GROUP = Group("simple", "Counts and shares of rows, columns, classes, levels and missing values.")

MICHIE = "Michie, Spiegelhalter, Taylor & Campbell 1994"
ENGELS = "Engels & Theusinger 1998"
KALOUSIS = "Kalousis & Theoharis 1999"
FEURER = "Feurer, Springenberg & Hutter 2014"
LINDNER = "Lindner & Studer 1999"


@shared
def class_counts(view: DatasetView) -> Floats:
    """Return the rows of each class, `(n_classes,)`."""
    if not view.n_classes:
        raise Undefined("no row has a target")
    return np.bincount(view.y.astype(np.int64), minlength=view.n_classes).astype(np.float64)


@shared
def missing_cells(view: DatasetView) -> Bools:
    """Return which cells are missing, `(n_columns, n_rows)`, numeric columns first."""
    numeric = np.isnan(view.numeric)
    if not view.categorical:
        return numeric
    return np.vstack([numeric, *[(column.codes < 0)[None, :] for column in view.categorical]])


@shared
def _few_values(view: DatasetView) -> Ints:
    """Return the distinct observed values of each numeric column: 0, 1, 2, or 3 for any more."""
    if not view.n_rows:
        return np.zeros(len(view.numeric), dtype=np.int64)
    lowest = np.fmin.reduce(view.numeric, axis=1)
    highest = np.fmax.reduce(view.numeric, axis=1)
    inside = (view.numeric > lowest[:, None]) & (view.numeric < highest[:, None])
    count = 1 + (highest > lowest) + inside.any(axis=1)
    return np.where(np.isnan(lowest), 0, count).astype(np.int64)


@shared
def _levels(view: DatasetView) -> Floats:
    if not view.categorical:
        raise Undefined("the table has no categorical column")
    return np.array([column.n_levels for column in view.categorical], dtype=np.float64)


def _ratio(above: float, below: float, what: str) -> float:
    if not below:
        raise Undefined(f"the table has no {what}")
    return above / below


@GROUP.feature("n", MICHIE)
def nr_inst(view: DatasetView) -> float:
    """Return the number of rows with a target."""
    return view.n_rows


@GROUP.feature("p", MICHIE)
def nr_attr(view: DatasetView) -> float:
    """Return the number of columns without the target."""
    return view.n_columns


@GROUP.feature("number of numeric columns", ENGELS)
def nr_num(view: DatasetView) -> float:
    """Return the number of numeric columns."""
    return len(view.numeric)


@GROUP.feature("number of categorical columns", ENGELS)
def nr_cat(view: DatasetView) -> float:
    """Return the number of categorical columns."""
    return len(view.categorical)


@GROUP.feature("number of columns with exactly two distinct observed values", MICHIE)
def nr_bin(view: DatasetView) -> float:
    """Return the number of binary columns."""
    n_binary = sum(column.n_levels == 2 for column in view.categorical)
    return n_binary + int((_few_values(view) == 2).sum())


@GROUP.feature("C", MICHIE, kinds=("classification",))
def nr_class(view: DatasetView) -> float:
    """Return the number of classes that occur."""
    return view.n_classes


@GROUP.feature("n_c / n", LINDNER, kinds=("classification",), summarised=True)
def freq_class(view: DatasetView) -> Floats:
    """Return the share of each class."""
    return class_counts(view) / view.n_rows


@GROUP.feature("p / n", KALOUSIS)
def attr_to_inst(view: DatasetView) -> float:
    """Return columns per row."""
    return _ratio(view.n_columns, view.n_rows, "row with a target")


@GROUP.feature("n / p", "Kuba, Brazdil, Soares & Woznica 2002")
def inst_to_attr(view: DatasetView) -> float:
    """Return rows per column."""
    return _ratio(view.n_rows, view.n_columns, "column")


@GROUP.feature("p_cat / p_num", FEURER)
def cat_to_num(view: DatasetView) -> float:
    """Return categorical per numeric column."""
    return _ratio(len(view.categorical), len(view.numeric), "numeric column")


@GROUP.feature("p_num / p_cat", FEURER)
def num_to_cat(view: DatasetView) -> float:
    """Return numeric per categorical column."""
    return _ratio(len(view.numeric), len(view.categorical), "categorical column")


@GROUP.feature("ln n", FEURER)
def log_nr_inst(view: DatasetView) -> float:
    """Return the natural logarithm of the number of rows."""
    return float(np.log(_ratio(view.n_rows, 1, "row"))) if view.n_rows else _none("row")


@GROUP.feature("ln p", FEURER)
def log_nr_attr(view: DatasetView) -> float:
    """Return the natural logarithm of the number of columns."""
    return float(np.log(view.n_columns)) if view.n_columns else _none("column")


def _none(what: str) -> float:
    raise Undefined(f"the table has no {what}")


@GROUP.feature("missing cells", FEURER)
def nr_missing(view: DatasetView) -> float:
    """Return the number of missing cells, infinite numbers included."""
    return float(missing_cells(view).sum())


@GROUP.feature("missing cells / (n p)", FEURER)
def missing_share(view: DatasetView) -> float:
    """Return the share of missing cells."""
    return _ratio(float(missing_cells(view).sum()), view.n_rows * view.n_columns, "cell")


@GROUP.feature("rows with a missing cell / n", FEURER)
def missing_row_share(view: DatasetView) -> float:
    """Return the share of rows with at least one missing cell."""
    return _ratio(float(missing_cells(view).any(axis=0).sum()), view.n_rows, "row with a target")


@GROUP.feature("columns with a missing cell / p", FEURER)
def missing_attr_share(view: DatasetView) -> float:
    """Return the share of columns with at least one missing cell."""
    return _ratio(float(missing_cells(view).any(axis=1).sum()), view.n_columns, "column")


@GROUP.feature("missing cells of a column / n", FEURER, summarised=True)
def missing_by_attr(view: DatasetView) -> Floats:
    """Return the share of missing cells of each column."""
    missing = missing_cells(view)
    if not missing.size:
        raise Undefined("the table has no cell")
    return np.asarray(missing.mean(axis=1))


@GROUP.feature("columns with fewer than two distinct observed values / p", ENGELS)
def constant_attr_share(view: DatasetView) -> float:
    """Return the share of columns that are constant or all missing."""
    low = sum(column.n_levels < 2 for column in view.categorical)
    return _ratio(low + int((_few_values(view) < 2).sum()), view.n_columns, "column")


@GROUP.feature("distinct observed values of a categorical column", FEURER, summarised=True)
def nr_levels(view: DatasetView) -> Floats:
    """Return the number of levels of each categorical column ("symbols")."""
    return _levels(view)


@GROUP.feature("sum of the levels of all categorical columns", FEURER)
def sum_levels(view: DatasetView) -> float:
    """Return the number of levels of all categorical columns together."""
    return float(_levels(view).sum())


@GROUP.feature("largest level count of a categorical column / n", "skrub's notion of cardinality")
def max_level_share(view: DatasetView) -> float:
    """Return the highest cardinality of a categorical column per row; 1 = an identifier."""
    return _ratio(float(_levels(view).max()), view.n_rows, "row with a target")


@GROUP.feature("rows of the most frequent level / n", ENGELS, summarised=True)
def top_level_share(view: DatasetView) -> Floats:
    """Return the share of the most frequent level of each categorical column."""
    _levels(view)
    if not view.n_rows:
        raise Undefined("the table has no row with a target")
    most = [column.counts.max(initial=0) for column in view.categorical]
    return np.array(most, dtype=np.float64) / view.n_rows
