"""Predictions of support vector machines by matrix products.

libsvm compares row by row with one support vector after the other. The kernel matrix of many rows
at once gives the same numbers up to rounding, several times sooner.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations
from typing import Any

import numpy as np

from metalearn.core.arrays import Floats, Ints

__all__ = ["has_kernel", "kernel_margins", "kernel_numbers"]

_KERNELS = ("linear", "poly", "rbf", "sigmoid")
_MOST_VALUES = 4_000_000
"""Size of a part of the kernel matrix, 32 MB."""


def has_kernel(model: Any, name: str) -> bool:
    """Tell whether a fitted model is scikit-learn's machine of this name, with a known kernel.

    Args:
        model: Any fitted model.
        name: `SVC` or `SVR`.
    """
    kind = type(model)
    return (
        kind.__name__ == name
        and kind.__module__.startswith("sklearn.svm.")
        and model.kernel in _KERNELS
        and isinstance(model.gamma, float)
        and isinstance(model.support_vectors_, np.ndarray)  # else it was fitted on sparse rows
    )


def kernel_margins(model: Any, X: Floats) -> Floats:
    """Return the decision function of an `SVC`: `(n,)` for two classes, else `(n, n_classes)`.

    Args:
        model: A fitted SVC with `has_kernel`, of one margin a class (`decision_function_shape`).
        X: Dense rows, `(n, n_features)`.
    """
    ends = np.cumsum(model.n_support_)
    parts = [_margins(model, kernel, ends) for kernel in _kernels(model, X)]
    return np.concatenate(parts)


def kernel_numbers(model: Any, X: Floats) -> Floats:
    """Return the predictions `(n,)` of an `SVR` with `has_kernel` for dense rows."""
    parts = [kernel @ model.dual_coef_[0] + model.intercept_[0] for kernel in _kernels(model, X)]
    return np.concatenate(parts)


def _kernels(model: Any, X: Floats) -> Iterator[Floats]:
    """Yield the kernel matrix of rows and support vectors, some rows after the others."""
    from sklearn.metrics.pairwise import pairwise_kernels

    vectors = model.support_vectors_
    step = max(1, _MOST_VALUES // max(len(vectors), 1))
    arguments = {"gamma": model.gamma, "degree": model.degree, "coef0": model.coef0}
    for start in range(0, len(X), step):
        rows = X[start : start + step]
        if not len(vectors):
            yield np.zeros((len(rows), 0))
            continue
        yield pairwise_kernels(rows, vectors, model.kernel, filter_params=True, **arguments)


def _margins(model: Any, kernel: Floats, ends: Ints) -> Floats:
    """Return the margins of some rows from their kernel matrix."""
    if len(ends) == 2:
        return np.asarray(kernel @ model.dual_coef_[0] + model.intercept_[0])
    by_class = np.split(np.arange(kernel.shape[1]), ends[:-1])  # support vectors come by class
    against = [kernel[:, mine] @ model.dual_coef_[:, mine].T for mine in by_class]
    n_classes = len(ends)
    votes, total = np.zeros((2, len(kernel), n_classes))
    for k, (i, j) in enumerate(combinations(range(n_classes), 2)):
        margin = against[i][:, j - 1] + against[j][:, i] + model.intercept_[k]
        total[:, i] += margin
        total[:, j] -= margin
        votes[:, i] += margin >= 0
        votes[:, j] += margin < 0
    return np.asarray(votes + total / (3 * (np.abs(total) + 1)))  # ties by the sum of margins
