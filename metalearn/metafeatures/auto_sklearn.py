"""auto-sklearn's meta-features for task similarity: 37 (classification) or 31 (regression).

Names and definitions are auto-sklearn's (Feurer, Springenberg & Hutter 2014). Skewness and
kurtosis are taken over our encoded block (auto-sklearn encodes categories in its own way), so
those eight differ on tables with categorical columns.
"""

from __future__ import annotations

import numpy as np

from metalearn.core.arrays import Floats
from metalearn.core.task import Kind
from metalearn.metafeatures.encoded import bounded, is_constant, moments
from metalearn.metafeatures.registry import Compute, Group, MetaFeature, shared
from metalearn.metafeatures.simple import class_counts, missing_cells
from metalearn.metafeatures.view import DatasetView

__all__ = ["GROUP"]

GROUP = Group("auto-sklearn", "The set that auto-sklearn finds similar tasks by.")
SOURCE = "Feurer, Springenberg & Hutter 2014"
CLASSES: tuple[Kind, ...] = ("classification",)
BOTH: tuple[Kind, ...] = ("classification", "regression")


def _share(part: float, whole: float) -> float:
    return part / whole if whole else 0.0


def _n_missing(view: DatasetView) -> float:
    return float(missing_cells(view).sum())


def _rows_missing(view: DatasetView) -> float:
    return float(missing_cells(view).any(axis=0).sum())


def _columns_missing(view: DatasetView) -> float:
    return float(missing_cells(view).any(axis=1).sum())


def _ratio(view: DatasetView) -> float:
    return view.n_columns / view.n_rows


def _inverse_ratio(view: DatasetView) -> float:
    return view.n_rows / view.n_columns


@shared
def _class_shares(view: DatasetView) -> Floats:
    return class_counts(view) / view.n_rows


@shared
def _symbols(view: DatasetView) -> Floats:
    counts = [column.n_levels for column in view.categorical if column.n_levels]
    return np.array(counts or [0], dtype=np.float64)


@shared
def _skewness(view: DatasetView) -> Floats:
    view = bounded(view)
    m = moments(view)
    return np.where(is_constant(view), 0.0, m.m3 / np.maximum(m.m2, 1e-300) ** 1.5)


@shared
def _kurtosis(view: DatasetView) -> Floats:
    view = bounded(view)
    m = moments(view)
    return np.where(is_constant(view), -3.0, m.m4 / np.maximum(m.m2, 1e-300) ** 2 - 3.0)


def _entropy(view: DatasetView) -> float:
    share = _class_shares(view)
    return float(-(share * np.log2(share)).sum())


_SINGLE: dict[str, tuple[Compute, tuple[Kind, ...], str]] = {
    "NumberOfInstances": (lambda v: v.n_rows, BOTH, "n"),
    "LogNumberOfInstances": (lambda v: np.log(v.n_rows), BOTH, "ln n"),
    "NumberOfFeatures": (lambda v: v.n_columns, BOTH, "p"),
    "LogNumberOfFeatures": (lambda v: np.log(v.n_columns), BOTH, "ln p"),
    "NumberOfClasses": (lambda v: v.n_classes, CLASSES, "C"),
    "NumberOfNumericFeatures": (lambda v: len(v.numeric), BOTH, "p_num"),
    "NumberOfCategoricalFeatures": (lambda v: len(v.categorical), BOTH, "p_cat"),
    "NumberOfMissingValues": (_n_missing, BOTH, "missing cells"),
    "NumberOfInstancesWithMissingValues": (_rows_missing, BOTH, "rows with a missing cell"),
    "NumberOfFeaturesWithMissingValues": (_columns_missing, BOTH, "columns with a missing cell"),
    "PercentageOfMissingValues": (
        lambda v: _share(_n_missing(v), v.n_rows * v.n_columns), BOTH, "missing cells / (n p)"),
    "PercentageOfInstancesWithMissingValues": (
        lambda v: _share(_rows_missing(v), v.n_rows), BOTH, "rows with a missing cell / n"),
    "PercentageOfFeaturesWithMissingValues": (
        lambda v: _share(_columns_missing(v), v.n_columns), BOTH, "columns with one / p"),
    "RatioNumericalToNominal": (
        lambda v: _share(len(v.numeric), len(v.categorical)), BOTH, "p_num / p_cat, 0 without"),
    "RatioNominalToNumerical": (
        lambda v: _share(len(v.categorical), len(v.numeric)), BOTH, "p_cat / p_num, 0 without"),
    "DatasetRatio": (_ratio, BOTH, "p / n"),
    "LogDatasetRatio": (lambda v: np.log(_ratio(v)), BOTH, "ln p / n"),
    "InverseDatasetRatio": (_inverse_ratio, BOTH, "n / p"),
    "LogInverseDatasetRatio": (lambda v: np.log(_inverse_ratio(v)), BOTH, "ln n / p"),
    "ClassEntropy": (_entropy, CLASSES, "-sum p_c log2 p_c"),
    "SymbolsSum": (lambda v: _symbols(v).sum(), BOTH, "levels of all categorical columns"),
}  # fmt: skip
_VECTORS = {
    "ClassProbability": (_class_shares, CLASSES, "share of a class"),
    "Symbols": (_symbols, BOTH, "levels of a categorical column, 0 without"),
    "Kurtosis": (_kurtosis, BOTH, "m4 / m2^2 - 3 of a column"),
    "Skewness": (_skewness, BOTH, "m3 / m2^1.5 of a column"),
}
_SUMMARIES = {"Min": np.min, "Max": np.max, "Mean": np.mean, "STD": np.std}


def _add(name: str, compute: Compute, kinds: tuple[Kind, ...], formula: str) -> None:
    def documented(view: DatasetView) -> float:
        return float(compute(view))

    documented.__doc__ = f"Return auto-sklearn's {name}."
    GROUP.add(MetaFeature(name, documented, kinds, False, formula, SOURCE))


def _add_summaries(name: str) -> None:
    vector, kinds, formula = _VECTORS[name]
    for suffix, reduce in _SUMMARIES.items():
        _add(name + suffix, lambda v, r=reduce: r(vector(v)), kinds, f"{suffix} of: {formula}")  # type: ignore[misc]  # a default binds the loop's function


for _name, (_compute, _kinds, _formula) in _SINGLE.items():
    _add(_name, _compute, _kinds, _formula)
for _name in _VECTORS:
    _add_summaries(_name)
