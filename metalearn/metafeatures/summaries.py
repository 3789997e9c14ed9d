"""Summaries (mean, sd, quantiles, ...) of many vectors at once.

Definitions are pymfe's: `sd` with n - 1, skewness and kurtosis of type 3. Values that are NaN are
left out.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from metalearn.core.arrays import Floats

__all__ = ["DEFAULT_SUMMARIES", "SUMMARIES", "summarise"]


def _skewness(ascending: Floats) -> Floats:
    n = ascending.shape[1]
    centred = _scaled(ascending)
    return np.asarray(
        (centred**3).mean(axis=1) / (centred**2).mean(axis=1) ** 1.5 * ((n - 1) / n) ** 1.5
    )


def _kurtosis(ascending: Floats) -> Floats:
    n = ascending.shape[1]
    centred = _scaled(ascending)
    ratio = (centred**4).mean(axis=1) / (centred**2).mean(axis=1) ** 2
    return np.asarray(ratio * (1 - 1 / n) ** 2 - 3.0)


def _scaled(ascending: Floats) -> Floats:
    """Return rows minus their mean over their range; NaN rows where all values are equal."""
    span = ascending[:, [-1]] - ascending[:, [0]]
    centred = (ascending - ascending.mean(axis=1, keepdims=True)) / np.where(span > 0, span, 1.0)
    return np.where(span > 0, centred, np.nan)


def _sd(ascending: Floats) -> Floats:
    n = ascending.shape[1]
    if n < 2:
        return np.full(len(ascending), np.nan)
    centred = ascending - (np.add.reduce(ascending, axis=1) / n)[:, None]
    np.multiply(centred, centred, out=centred)  # numpy's own steps without its checks
    return np.asarray(np.sqrt(np.add.reduce(centred, axis=1) / (n - 1)))


def _quantile(level: float) -> Callable[[Floats], Floats]:
    def of(ascending: Floats) -> Floats:
        position = level * (ascending.shape[1] - 1)
        low = int(position)
        high = min(low + 1, ascending.shape[1] - 1)
        share = position - low
        return np.asarray(ascending[:, low] * (1 - share) + ascending[:, high] * share)

    return of


SUMMARIES: dict[str, Callable[[Floats], Floats]] = {
    "mean": lambda ascending: np.add.reduce(ascending, axis=1) / ascending.shape[1],
    "sd": _sd,
    "min": lambda ascending: ascending[:, 0],
    "max": lambda ascending: ascending[:, -1],
    "q1": _quantile(0.25),
    "median": _quantile(0.5),
    "q3": _quantile(0.75),
    "iq_range": lambda ascending: _quantile(0.75)(ascending) - _quantile(0.25)(ascending),
    "skewness": _skewness,
    "kurtosis": _kurtosis,
}
DEFAULT_SUMMARIES = ("mean", "sd", "min", "max")


def summarise(vectors: Sequence[Floats], names: Sequence[str]) -> Floats:
    """Return the summaries of each vector, `(n_vectors, n_names)`; NaN where undefined.

    Vectors of equal length (after NaN and infinite values are left out) are summarised together.
    """
    result = np.full((len(vectors), len(names)), np.nan)
    clean = [_finite(vector) for vector in vectors]
    by_length: dict[int, list[int]] = {}
    for i, vector in enumerate(clean):
        by_length.setdefault(len(vector), []).append(i)
    by_length.pop(0, None)
    for same in by_length.values():
        ascending = np.sort([clean[i] for i in same], axis=1)
        for k, name in enumerate(names):
            result[same, k] = SUMMARIES[name](ascending)
    return result


def _finite(vector: Floats) -> Floats:
    finite = np.isfinite(vector)
    return vector if finite.all() else vector[finite]
