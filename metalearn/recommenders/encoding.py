"""Configurations of a finite world as points: positions among the values that occur.

A numeric hyperparameter becomes its position among its sorted distinct values, from 0 to 1, which
is the logarithm of a geometric grid without knowing the space; a category becomes indicators at
distance 1; an inactive hyperparameter the middle, with an indicator (METHODS 0.2).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from metalearn.core.arrays import Floats
from metalearn.core.configuration import Configuration, Value

__all__ = ["encode_configurations"]

_FAR = 2.0


def encode_configurations(configurations: Sequence[Configuration]) -> Floats:
    """Return `(n_configurations, n_encoded)`; two algorithms are at least 2 apart."""
    algorithms = sorted({c.algorithm for c in configurations})
    of = np.array([algorithms.index(c.algorithm) for c in configurations], dtype=np.int64)
    blocks = [_indicators(of, len(algorithms)) * _FAR]
    names = sorted({(c.algorithm, name) for c in configurations for name in c.hyperparameters})
    for algorithm, name in names:
        mine = of == algorithms.index(algorithm)
        values = [
            c.hyperparameters.get(name) if inside else None
            for c, inside in zip(configurations, mine, strict=True)
        ]
        active = np.array([name in c.hyperparameters for c in configurations]) & mine
        blocks.append(_axis(values, active, mine))
    return np.concatenate(blocks, axis=1)


def _indicators(codes: np.ndarray[tuple[int], np.dtype[np.int64]], n: int) -> Floats:
    """Return one column a category, scaled so that two categories are at distance 1."""
    if n < 2:
        return np.empty((len(codes), 0))
    return np.asarray((codes[:, None] == np.arange(n)) / np.sqrt(2.0))


def _axis(
    values: Sequence[Value],
    active: np.ndarray[tuple[int], np.dtype[np.bool_]],
    mine: np.ndarray[tuple[int], np.dtype[np.bool_]],
) -> Floats:
    known = [value for value, is_active in zip(values, active, strict=True) if is_active]
    numbers = [v for v in known if isinstance(v, (int, float)) and not isinstance(v, bool)]
    parts = []
    if len(numbers) == len(known):
        levels = np.unique(np.array(numbers, dtype=np.float64))
        position = np.full(len(values), 0.5)
        if len(levels) > 1:
            position[active] = np.searchsorted(levels, np.array(known, dtype=np.float64))
            position[active] /= len(levels) - 1
            parts.append(position[:, None])
    else:
        texts = sorted({str(value) for value in known})
        codes = np.full(len(values), -1, dtype=np.int64)
        codes[active] = [texts.index(str(value)) for value in known]
        parts.append(_indicators(codes, len(texts)))
    if not active[mine].all():
        parts.append((active / np.sqrt(2.0))[:, None])
    return np.concatenate(parts, axis=1) if parts else np.empty((len(values), 0))
