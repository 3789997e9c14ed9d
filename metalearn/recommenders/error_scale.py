"""How large the errors of expected losses are for tasks of a size: a factor for intervals.

Errors in units of the spread of similar tasks are not equally large for all tasks: with more
classes than most known tasks have, they are twice as large. A normalized conformal interval
divides each error by its predicted size (Papadopoulos, Gammerman & Vovk 2008). Here the logarithm
of that size is a ridge regression on the logarithms of rows, columns and classes. It is linear, so
that intervals become wider beyond the known sizes; there it never makes them narrower.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from metalearn.core.arrays import Bools, Floats, Ints

__all__ = ["ErrorScale", "fit_error_scale"]

_SIZES = ("nr_inst", "nr_attr", "nr_class")  # names of meta-features
_PENALTY = 30.0  # in tasks
_LEAST = 0.05  # added to errors, in spreads: a task without an error has a logarithm


@dataclass(frozen=True, slots=True)
class ErrorScale:
    """Factor of the errors of a task, from its sizes.

    Attributes:
        columns: Which meta-features are sizes, `n_sizes` of them.
        center: Means of their logarithms over known tasks, `(n_sizes,)`.
        spread: Standard deviations, same shape.
        slopes: Of the logarithm of the errors in the scaled logarithms, same shape.
        low: Smallest known scaled logarithms, same shape.
        high: Largest ones, same shape.
    """

    columns: tuple[int, ...]
    center: Floats
    spread: Floats
    slopes: Floats
    low: Floats
    high: Floats

    def factor(self, meta_features: Floats) -> float:
        """Return by what the errors of a task are larger than usual.

        Args:
            meta_features: `(n_meta_features,)`; an unknown size counts as a usual one.
        """
        if not self.columns or not len(meta_features):
            return 1.0
        at = _scaled(_logs(meta_features[list(self.columns)]), self.center, self.spread)
        inside = np.clip(at, self.low, self.high)
        return float(np.exp(np.maximum(self.slopes * at, self.slopes * inside).sum()))


def fit_error_scale(
    names: Sequence[str], meta_features: Floats, errors: Floats, groups: Ints
) -> tuple[ErrorScale, Floats]:
    """Return the model, and the factors of the known tasks, predicted without their groups.

    Args:
        names: Of the meta-features.
        meta_features: `(n_tasks, n_meta_features)`; NaN = unknown.
        errors: Size of the errors of each task, `(n_tasks,)` >= 0; NaN = none observed.
        groups: `(n_tasks,)`: near-duplicates share a number and are left out together.
    """
    known = np.isfinite(errors)
    columns, center, spread = _sizes(names, meta_features[known])
    at = _scaled(_logs(meta_features[:, list(columns)]), center, spread)
    design = np.column_stack([np.ones(len(at)), at])
    target = np.log(np.where(known, errors, 1.0) + _LEAST)
    target -= target[known].mean() if known.any() else 0.0
    slopes = _ridge(design, target, known)[1:]
    left_out = np.ones(len(at))
    for group in np.unique(groups):
        inside = groups == group
        left_out[inside] = np.exp(design[inside] @ _ridge(design, target, known & ~inside))
    low, high = at.min(axis=0, initial=0.0), at.max(axis=0, initial=0.0)
    return ErrorScale(columns, center, spread, slopes, low, high), left_out


def _sizes(names: Sequence[str], meta_features: Floats) -> tuple[tuple[int, ...], Floats, Floats]:
    """Return which meta-features are sizes that vary; means and deviations of their logarithms."""
    kept = {}
    for j in [names.index(name) for name in _SIZES if name in names]:
        logs = _logs(meta_features[:, j])
        logs = logs[np.isfinite(logs)]
        if len(logs) and logs.std() > 1e-6:
            kept[j] = (logs.mean(), logs.std())
    center, spread = np.array([*kept.values()], dtype=np.float64).reshape(-1, 2).T
    return tuple(kept), center, spread


def _ridge(design: Floats, target: Floats, used: Bools) -> Floats:
    """Return coefficients; all but that of the first column are shrunk."""
    penalty = np.diag([1e-6, *[_PENALTY] * (design.shape[1] - 1)])
    some = design[used]
    return np.asarray(np.linalg.solve(some.T @ some + penalty, some.T @ target[used]))


def _scaled(logs: Floats, center: Floats, spread: Floats) -> Floats:
    """Return scaled logarithms; an unknown one is the mean."""
    return np.nan_to_num((logs - center) / spread)


def _logs(sizes: Floats) -> Floats:
    return np.log(np.where(sizes > 0, sizes, np.nan))
