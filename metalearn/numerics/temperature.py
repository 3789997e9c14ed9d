"""Temperature scaling of class probabilities (Guo, Pleiss, Sun & Weinberger 2017).

`p_c ∝ p_c^(1 / T)`: T > 1 softens over-confident probabilities, T < 1 sharpens the mean of an
ensemble, which is under-confident by construction. The log loss is convex in 1 / T.
"""

from __future__ import annotations

import numpy as np

from metalearn.core.arrays import Floats, Ints

__all__ = ["SMALLEST", "fitted_temperature", "normalized", "with_temperature"]

SMALLEST = 1e-15
"""Probabilities are never below this before a logarithm is taken."""

_GOLDEN = (np.sqrt(5.0) - 1.0) / 2.0


def normalized(probabilities: Floats) -> Floats:
    """Return probabilities clipped to be positive, `(..., n_classes)`, each row summing to 1."""
    clipped = np.clip(probabilities, SMALLEST, None)
    return np.asarray(clipped / clipped.sum(axis=-1, keepdims=True))


def with_temperature(probabilities: Floats, temperature: float) -> Floats:
    """Return probabilities at a temperature, `(n, n_classes)`.

    >>> with_temperature(np.array([[0.8, 0.2]]), 0.5).round(3).tolist()
    [[0.941, 0.059]]
    """
    if temperature == 1.0:
        return normalized(probabilities)
    logits = np.log(normalized(probabilities)) / temperature
    powers = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=-1, keepdims=True))


def fitted_temperature(
    probabilities: Floats,
    codes: Ints,
    weights: Floats | None = None,
    bounds: tuple[float, float] = (0.2, 5.0),
) -> float:
    """Return the temperature of the lowest log loss, by golden section on ln T.

    One more row is counted whose class is unknown, all classes alike: probabilities that were
    right on all n rows are not sharpened without limit.

    Args:
        probabilities: `(n, n_classes)`.
        codes: True classes, `(n,)`.
        weights: Weights of the rows, `(n,)`; equal if None.
        bounds: Smallest and largest temperature.
    """
    logs = np.log(normalized(probabilities))
    rows = np.arange(len(codes))
    unknown = 1.0 / (len(codes) + 1.0)

    def loss(log_t: float) -> float:
        scaled = logs / np.exp(log_t)
        top = scaled.max(axis=1)
        total = top + np.log(np.exp(scaled - top[:, None]).sum(axis=1))
        chosen = (1.0 - unknown) * scaled[rows, codes] + unknown * scaled.mean(axis=1)
        return float(np.average(total - chosen, weights=weights))

    low, high = np.log(bounds)
    for _ in range(40):
        left, right = high - _GOLDEN * (high - low), low + _GOLDEN * (high - low)
        if loss(left) <= loss(right):
            high = right
        else:
            low = left
    return float(np.exp((low + high) / 2.0))
