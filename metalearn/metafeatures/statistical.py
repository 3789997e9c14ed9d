"""Statistical meta-features: moments, quantiles and dependence of the encoded columns.

Names and definitions are pymfe's (group `statistical`). Two deliberate differences: a column for
which a value does not exist (a constant has no skewness, a negative number no harmonic mean) is
left out of the summary instead of making it NaN, and `sd_ratio` weights each class by its own
size (pymfe pairs the covariance of one class with the size of another).
"""

from __future__ import annotations

import numpy as np

from metalearn.core.arrays import Floats
from metalearn.core.task import Kind
from metalearn.metafeatures.encoded import (
    bounded,
    centred,
    five_numbers,
    is_constant,
    kth_deviation,
    moments,
    n_distinct,
    n_observed,
    sorted_columns,
)
from metalearn.metafeatures.normality import count_normal
from metalearn.metafeatures.registry import Group, shared
from metalearn.metafeatures.scatter import (
    canonical_correlations,
    class_scatter,
    correlation_pairs,
    covariance,
    covariance_pairs,
    principal_axes,
    select_columns,
)
from metalearn.metafeatures.simple import class_counts
from metalearn.metafeatures.undefined import Undefined
from metalearn.metafeatures.view import DatasetView

__all__ = ["GROUP"]

GROUP = Group("statistical", "Moments, quantiles and dependence of the encoded columns.")

MICHIE = "Michie, Spiegelhalter, Taylor & Campbell 1994"
CASTIELLO = "Castiello, Castellano & Fanelli 2005"
ENGELS = "Engels & Theusinger 1998"
ALI = "Ali & Smith-Miles 2006"
LINDNER = "Lindner & Studer 1999"
FEURER = "Feurer, Springenberg & Hutter 2014"
CLASSES: tuple[Kind, ...] = ("classification",)


@GROUP.feature("mean of a column", ENGELS, summarised=True)
def mean(view: DatasetView) -> Floats:
    """Return the mean of each column."""
    return moments(bounded(view)).mean


@GROUP.feature("sum (x - mean)^2 / (n - 1)", CASTIELLO, summarised=True)
def var(view: DatasetView) -> Floats:
    """Return the variance of each column."""
    m = moments(bounded(view))
    return np.where(m.n > 1, m.m2 * m.n / np.maximum(m.n - 1, 1), np.nan)


@GROUP.feature("square root of var", ENGELS, summarised=True)
def sd(view: DatasetView) -> Floats:
    """Return the standard deviation of each column."""
    return np.sqrt(var(view))


@GROUP.feature("(m3 / m2^1.5) ((n - 1) / n)^1.5", MICHIE, summarised=True)
def skewness(view: DatasetView) -> Floats:
    """Return the skewness of each column (type 3); NaN for constants."""
    view = bounded(view)
    m = moments(view)
    value = m.m3 / m.m2**1.5 * ((m.n - 1) / m.n) ** 1.5
    return np.where(is_constant(view), np.nan, value)


@GROUP.feature("(m4 / m2^2) ((n - 1) / n)^2 - 3", MICHIE, summarised=True)
def kurtosis(view: DatasetView) -> Floats:
    """Return the excess kurtosis of each column (type 3); NaN for constants."""
    view = bounded(view)
    m = moments(view)
    value = m.m4 / m.m2**2 * (1 - 1 / m.n) ** 2 - 3.0
    return np.where(is_constant(view), np.nan, value)


@GROUP.feature("smallest value of a column", ENGELS, name="min", summarised=True)
def minimum(view: DatasetView) -> Floats:
    """Return the minimum of each column."""
    return np.asarray(five_numbers(bounded(view))[0])


@GROUP.feature("largest value of a column", ENGELS, name="max", summarised=True)
def maximum(view: DatasetView) -> Floats:
    """Return the maximum of each column."""
    return np.asarray(five_numbers(bounded(view))[4])


@GROUP.feature("max - min", ALI, name="range", summarised=True)
def range_(view: DatasetView) -> Floats:
    """Return the range of each column."""
    lowest, *_, highest = five_numbers(bounded(view))
    return np.asarray(highest - lowest)


@GROUP.feature("median of a column", ENGELS, summarised=True)
def median(view: DatasetView) -> Floats:
    """Return the median of each column."""
    return np.asarray(five_numbers(bounded(view))[2])


@GROUP.feature("75 % quantile - 25 % quantile", ALI, summarised=True)
def iq_range(view: DatasetView) -> Floats:
    """Return the interquartile range of each column."""
    _, low, _, high, _ = five_numbers(bounded(view))
    return np.asarray(high - low)


@GROUP.feature("1.4826 median |x - median|", ALI, summarised=True)
def mad(view: DatasetView) -> Floats:
    """Return the scaled median absolute deviation of each column."""
    view = bounded(view)
    block, n, centre = sorted_columns(view), n_observed(view), five_numbers(view)[2]
    middle = kth_deviation(block, n, centre, np.stack([(n - 1) // 2, n // 2]))
    return np.asarray(1.4826 * middle.mean(axis=0))


@GROUP.feature("mean without the lowest and highest 20 % of the values", ENGELS, summarised=True)
def t_mean(view: DatasetView) -> Floats:
    """Return the trimmed mean of each column."""
    view = bounded(view)
    block, n = sorted_columns(view), n_observed(view)
    cut = (0.2 * n).astype(np.int64)
    result = np.empty(len(block))
    for j in range(len(block)):
        middle = block[j, cut[j] : n[j] - cut[j]]
        result[j] = np.add.reduce(middle) / len(middle)
    return result


@GROUP.feature("exp(mean ln x); 0 if a value is 0", ALI, summarised=True)
def g_mean(view: DatasetView) -> Floats:
    """Return the geometric mean of each column; NaN for columns with negative values."""
    view = bounded(view)
    block, lowest, n = sorted_columns(view), five_numbers(view)[0], n_observed(view)
    result = np.where(lowest < 0, np.nan, 0.0)
    for j in np.flatnonzero(lowest >= 1e-10):
        result[j] = np.exp(np.log(block[j, : n[j]]).mean())
    return result


@GROUP.feature("n / sum 1/x; 0 if a value is 0", ALI, summarised=True)
def h_mean(view: DatasetView) -> Floats:
    """Return the harmonic mean of each column; NaN for columns with negative values."""
    view = bounded(view)
    block, lowest, n = sorted_columns(view), five_numbers(view)[0], n_observed(view)
    result = np.where(lowest < 0, np.nan, 0.0)
    for j in np.flatnonzero(lowest > 0):
        result[j] = n[j] / (1.0 / block[j, : n[j]]).sum()
    return result


@GROUP.feature("(n / distinct values - 1) / (n - 1), of every column",
               "Salama, Hassanien & Revett 2013", summarised=True)  # fmt: skip
def sparsity(view: DatasetView) -> Floats:
    """Return how often the values of each raw column repeat; 0 = all distinct, 1 = constant."""
    view = bounded(view)
    if view.n_rows < 2:
        raise Undefined("sparsity needs at least two rows")
    n_numeric = len(view.numeric)
    n = n_observed(view)[: len(n_distinct(view))] if n_numeric else np.empty(0)
    numbers = n / n_distinct(view) if n_numeric else np.empty(0)
    levels = [
        view.n_rows / (column.n_levels + bool((column.codes < 0).any()))
        for column in view.categorical
        if column.n_levels
    ]
    return (np.concatenate([numbers, levels]) - 1.0) / (view.n_rows - 1.0)


@GROUP.feature("number of columns with a value beyond 1.5 IQR from the quartiles",
               "Kopf, Taylor & Keller 2000")  # fmt: skip
def nr_outliers(view: DatasetView) -> float:
    """Return the number of columns with at least one outlier."""
    lowest, low, _, high, highest = five_numbers(bounded(view))
    reach = 1.5 * (high - low)
    return int(((low - reach > lowest) | (high + reach < highest)).sum())


@GROUP.feature("values beyond 1.5 IQR from the quartiles / n", FEURER, summarised=True)
def outlier_share(view: DatasetView) -> Floats:
    """Return the share of outliers of each column."""
    view = bounded(view)
    _, low, _, high, _ = five_numbers(view)
    reach = 1.5 * (high - low)
    block, n = sorted_columns(view), n_observed(view)
    result = np.empty(len(block))
    for j in range(len(block)):
        column = block[j, : n[j]]
        below = column.searchsorted(low[j] - reach[j], side="left")
        above = column.searchsorted(high[j] + reach[j], side="right")
        result[j] = (below + n[j] - above) / n[j]
    return result


@GROUP.feature("number of columns whose Shapiro-Wilk p > 0.05 (first 5,000 rows)",
               "Kopf, Taylor & Keller 2000")  # fmt: skip
def nr_norm(view: DatasetView) -> float:
    """Return the number of columns that look normal; constants count, as in pymfe."""
    return count_normal(bounded(view))


@GROUP.feature("|r| of each pair of columns", CASTIELLO, summarised=True)
def cor(view: DatasetView) -> Floats:
    """Return the absolute correlation of each pair of columns that are not constant."""
    return correlation_pairs(bounded(view))


@GROUP.feature("|covariance| of each pair of columns", CASTIELLO, summarised=True)
def cov(view: DatasetView) -> Floats:
    """Return the absolute covariance of each pair of columns."""
    return covariance_pairs(bounded(view))


@GROUP.feature("pairs with |r| >= 0.5 / pairs", "Salama, Hassanien & Revett 2013")
def nr_cor_attr(view: DatasetView) -> float:
    """Return the share of strongly correlated pairs."""
    n_pairs = len(covariance_pairs(bounded(view)))
    return float((correlation_pairs(bounded(view)) >= 0.5).sum() / n_pairs)


@GROUP.feature("eigenvalues of the covariance matrix", ALI, summarised=True)
def eigenvalues(view: DatasetView) -> Floats:
    """Return the eigenvalues of the covariance matrix."""
    return np.asarray(np.linalg.eigvalsh(covariance(bounded(view))))


@GROUP.feature("components needed for 95 % of the variance / components", FEURER)
def pca_share_95(view: DatasetView) -> float:
    """Return the share of principal components of the scaled columns that hold 95 %."""
    variances, _ = principal_axes(bounded(view))
    shares = np.cumsum(variances[::-1]) / variances.sum()
    return float((np.searchsorted(shares, 0.95 - 1e-12) + 1) / len(variances))


@shared
def _first_component(view: DatasetView) -> Floats:
    _, first = principal_axes(view)
    columns = select_columns(view)
    scale = np.sqrt(np.diag(covariance(view)))
    usable = scale > 0
    weights = np.zeros(len(centred(view)))
    weights[columns[usable]] = first / scale[usable]
    block = centred(view)
    used = weights != 0
    scores = weights @ block if len(columns) == len(block) else weights[used] @ block[used]
    return np.asarray(scores / np.abs(scores).max())


@shared
def _component_moments(view: DatasetView) -> tuple[float, float, float]:
    """Return the second to fourth moment of the first component, whose mean is 0."""
    scores = _first_component(view)
    squares = scores * scores
    n = len(scores)
    return float(squares.mean()), float(squares @ scores / n), float(squares @ squares / n)


@GROUP.feature("m3 / m2^1.5 of the first component's scores", FEURER)
def pca_skewness(view: DatasetView) -> float:
    """Return the absolute skewness of the first principal component (its sign is arbitrary)."""
    m2, m3, _ = _component_moments(bounded(view))
    return float(abs(m3) / m2**1.5)


@GROUP.feature("m4 / m2^2 - 3 of the first component's scores", FEURER)
def pca_kurtosis(view: DatasetView) -> float:
    """Return the excess kurtosis of the first principal component."""
    m2, _, m4 = _component_moments(bounded(view))
    return m4 / m2**2 - 3.0


@GROUP.feature("canonical correlations of columns and classes", "Kalousis 2002",
               kinds=CLASSES, summarised=True)  # fmt: skip
def can_cor(view: DatasetView) -> Floats:
    """Return the canonical correlations between the columns and the class indicators."""
    return canonical_correlations(bounded(view))


@GROUP.feature("number of canonical correlations above 0", LINDNER, kinds=CLASSES)
def nr_disc(view: DatasetView) -> float:
    """Return the number of discriminant functions."""
    return len(canonical_correlations(bounded(view)))


@GROUP.feature("prod (1 - rho_i^2)", LINDNER, kinds=CLASSES)
def w_lambda(view: DatasetView) -> float:
    """Return Wilks' lambda; 0 = the classes are linearly separated, 1 = not at all."""
    return float(np.prod(1.0 - canonical_correlations(bounded(view)) ** 2))


@GROUP.feature("sum rho_i^2", "Pillai 1955", kinds=CLASSES)
def p_trace(view: DatasetView) -> float:
    """Return Pillai's trace."""
    return float((canonical_correlations(bounded(view)) ** 2).sum())


@shared
def _effects(view: DatasetView) -> Floats:
    squares = canonical_correlations(view) ** 2
    if (squares > 1.0 - 1e-12).any():
        raise Undefined("the classes are separated exactly, a canonical correlation is 1")
    return squares / (1.0 - squares)


@GROUP.feature("sum rho_i^2 / (1 - rho_i^2)", "Lawley 1938; Hotelling 1951", kinds=CLASSES)
def lh_trace(view: DatasetView) -> float:
    """Return the Lawley-Hotelling trace; undefined where the columns determine the classes.

    A canonical correlation is then 1 and the trace infinite (pymfe returns inf), as in every table
    with as many linearly independent columns as rows less one.
    """
    return float(_effects(bounded(view)).sum())


@GROUP.feature("max rho_i^2 / (1 - rho_i^2)", "Roy 1953", kinds=CLASSES)
def roy_root(view: DatasetView) -> float:
    """Return Roy's largest root; undefined where `lh_trace` is."""
    return float(_effects(bounded(view)).max())


@GROUP.feature("|mean of the largest class - mean of the smallest class|", ALI, kinds=CLASSES)
def gravity(view: DatasetView) -> float:
    """Return the distance between the centres of the largest and the smallest class."""
    view = bounded(view)
    counts = class_counts(view)
    if len(counts) < 2:
        raise Undefined("the target has a single class")
    largest = int(counts.argmax())
    smallest = int(np.where(np.arange(len(counts)) == largest, np.inf, counts).argmin())
    means = class_scatter(view).sums[[largest, smallest]] / counts[[largest, smallest], None]
    return float(np.linalg.norm(means[0] - means[1]))


@GROUP.feature("exp(M / (p (n - C))), M = Box's test of equal covariances", MICHIE, kinds=CLASSES)
def sd_ratio(view: DatasetView) -> float:
    """Return the homogeneity of the class covariances; 1 = equal."""
    return class_scatter(bounded(view)).box_ratio()
