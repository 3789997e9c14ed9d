"""The shape of the target: balance of the classes, or moments of a numeric target.

The regression features correspond to those of the class frequencies (METHODS 6.1).
"""

from __future__ import annotations

import numpy as np

from metalearn.core.arrays import Floats
from metalearn.metafeatures.encoded import bounded, centred, is_constant, quantiles
from metalearn.metafeatures.registry import Group, shared
from metalearn.metafeatures.simple import class_counts
from metalearn.metafeatures.undefined import Undefined
from metalearn.metafeatures.view import DatasetView

__all__ = ["GROUP", "centred_target"]

GROUP = Group("target", "Balance of the classes, or the shape of a numeric target.")

FEURER = "Feurer, Springenberg & Hutter 2014"
LORENA = "Lorena, Maciel, de Miranda, Costa & Prudencio 2018"
TWIN = "twin of the class features for regression"


@shared
def centred_target(view: DatasetView) -> Floats:
    """Return the numeric target minus its mean, `(n,)`.

    Raises:
        Undefined: If it is constant.
    """
    y = view.y.astype(np.float64)
    if not len(y) or y.min() == y.max():
        raise Undefined("the target is constant")
    return np.asarray(y - y.mean())


@GROUP.feature("n_max / n", FEURER, kinds=("classification",))
def majority_share(view: DatasetView) -> float:
    """Return the share of the largest class: the accuracy of always guessing it."""
    return float(class_counts(view).max() / view.n_rows)


@GROUP.feature("n_min / n", FEURER, kinds=("classification",))
def minority_share(view: DatasetView) -> float:
    """Return the share of the smallest class."""
    return float(class_counts(view).min() / view.n_rows)


@GROUP.feature("n_max / n_min", LORENA, kinds=("classification",))
def imbalance_ratio(view: DatasetView) -> float:
    """Return how many times larger the largest class is than the smallest."""
    counts = class_counts(view)
    return float(counts.max() / counts.min())


@GROUP.feature("H(y) / log2 C", LORENA, kinds=("classification",))
def class_balance(view: DatasetView) -> float:
    """Return the normalised class entropy; 1 = balanced."""
    if view.n_classes < 2:
        raise Undefined("the target has a single class")
    share = class_counts(view) / view.n_rows
    return float(-(share * np.log2(share)).sum() / np.log2(view.n_classes))


@GROUP.feature("classes with fewer than 10 rows / C", "Köpf & Iglezakis 2002",
               kinds=("classification",))  # fmt: skip
def small_class_share(view: DatasetView) -> float:
    """Return the share of classes that have too few rows for ten folds."""
    return float((class_counts(view) < 10).mean())


@GROUP.feature("m3 / m2^1.5", TWIN, kinds=("regression",))
def target_skewness(view: DatasetView) -> float:
    """Return the skewness of the target."""
    y = _scaled(view)
    return float((y**3).mean() / (y**2).mean() ** 1.5)


@GROUP.feature("m4 / m2^2 - 3", TWIN, kinds=("regression",))
def target_kurtosis(view: DatasetView) -> float:
    """Return the excess kurtosis of the target."""
    y = _scaled(view)
    return float((y**4).mean() / (y**2).mean() ** 2 - 3.0)


@GROUP.feature("distinct values / n", TWIN, kinds=("regression",))
def target_distinct_share(view: DatasetView) -> float:
    """Return the share of distinct values; low = an ordinal or rounded target."""
    if not view.n_rows:
        raise Undefined("no row has a target")
    return len(np.unique(view.y)) / view.n_rows


@GROUP.feature("rows beyond 1.5 IQR from the quartiles / n", TWIN, kinds=("regression",))
def target_outlier_share(view: DatasetView) -> float:
    """Return the share of outliers of the target."""
    y = centred_target(view)
    low, high = quantiles(np.sort(y)[None, :], np.array([len(y)]), np.array([0.25, 0.75]))[:, 0]
    reach = 1.5 * (high - low)
    return float(((y < low - reach) | (y > high + reach)).mean())


@GROUP.feature("share of the most frequent value", TWIN, kinds=("regression",))
def target_mode_share(view: DatasetView) -> float:
    """Return the share of the most frequent value; high = zero-inflated."""
    if not view.n_rows:
        raise Undefined("no row has a target")
    return float(np.unique(view.y, return_counts=True)[1].max() / view.n_rows)


@GROUP.feature("min(y) > 0", TWIN, kinds=("regression",))
def target_is_positive(view: DatasetView) -> float:
    """Return 1 if all values are positive (a logarithm is possible), else 0."""
    if not view.n_rows:
        raise Undefined("no row has a target")
    return float(view.y.min() > 0)


@GROUP.feature("|r(x_j, y)|", TWIN, kinds=("regression",), summarised=True)
def target_cor(view: DatasetView) -> Floats:
    """Return the absolute correlation of each column of the encoded block with the target."""
    view = bounded(view)
    columns, y = centred(view), _scaled(view)
    scale = np.abs(columns).max(axis=1)
    usable = ~is_constant(view) & np.isfinite(scale)
    columns = columns[usable] / scale[usable, None]
    norms = np.sqrt(np.einsum("ij,ij->i", columns, columns) * (y @ y))
    return np.asarray(np.minimum(np.abs(columns @ y) / norms, 1.0))


def _scaled(view: DatasetView) -> Floats:
    y = centred_target(view)
    return np.asarray(y / np.abs(y).max())
