"""Hashes of texts: the smallest hash of their n-grams, for several hash functions at once.

The values are those of skrub's `MinHashEncoder` (Cerda & Varoquaux 2019; `hashing="fast"`, n-grams
of 2 to 4 characters), which takes one text and one hash function at a time.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

import numpy as np

__all__ = ["min_hashes"]

_SIZES = (2, 3, 4)
_LARGEST = np.int32(2**31 - 1)
_CHARACTERS_AT_ONCE = 100_000


def min_hashes(texts: Sequence[str], n_hashes: int) -> Any:  # an array in single precision
    """Return the hashes of each text, `(n, n_hashes)`; zeros for the empty one."""
    codes = [np.frombuffer(text.encode(), dtype=np.int8, count=len(text)) for text in texts]
    lengths = np.array([len(code) for code in codes], dtype=np.int64)
    found = np.zeros((len(codes), n_hashes), dtype=np.float32)
    for i in np.flatnonzero((lengths > 0) & (lengths < max(_SIZES))):
        found[i] = _of_short(codes[i], n_hashes)
    longer = np.flatnonzero(lengths >= max(_SIZES))
    batches = np.cumsum(lengths[longer]) // _CHARACTERS_AT_ONCE
    for batch in np.unique(batches):
        chosen = longer[batches == batch]
        found[chosen] = _of_long([codes[i] for i in chosen], lengths[chosen], n_hashes)
    return found


@cache
def _weights(size: int, n_hashes: int) -> Any:  # int32, `(size, n_hashes)`
    """Return the weight of each character of an n-gram for each hash function."""
    drawn = [
        np.random.RandomState(seed).randint(-_LARGEST, _LARGEST, size=size, dtype=np.int32)
        for seed in range(n_hashes)
    ]  # the generator that skrub draws from
    return np.stack(drawn, axis=1)


def _of_short(code: Any, n_hashes: int) -> Any:
    """Return the hashes of a text that is shorter than some n-grams."""
    columns = [_weights(size, n_hashes).T for size in _SIZES]
    return [min(np.correlate(code, part[j]).min() for part in columns) for j in range(n_hashes)]


def _of_long(codes: list[Any], lengths: Any, n_hashes: int) -> Any:
    """Return the hashes of texts that have n-grams of all sizes; sums wrap around."""
    flat = np.concatenate(codes).astype(np.int32)[:, None]
    ends = np.cumsum(lengths)
    left = np.repeat(ends, lengths) - np.arange(len(flat))  # characters from here to the end
    found = np.full((len(codes), n_hashes), _LARGEST, dtype=np.int32)
    for size in _SIZES:
        weights, n = _weights(size, n_hashes), len(flat) - size + 1
        sums = sum(flat[i : i + n] * weights[i] for i in range(size))
        sums[left[:n] < size] = _LARGEST  # n-grams that end in the next text
        found = np.minimum(found, np.minimum.reduceat(sums, ends - lengths, axis=0))
    return found
