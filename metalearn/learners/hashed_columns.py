"""Columns of many categories as hashed n-grams of their text (Cerda & Varoquaux 2019).

Nothing is learned, so a fitted model holds none of the texts. The values are those of skrub's
`MinHashEncoder`, the empty text and missing ones are zeros.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from metalearn.core.arrays import Ints
from metalearn.learners.min_hashes import min_hashes

__all__ = ["N_HASHES", "hash_names", "hashed_block"]

N_HASHES = 16
"""Columns that a hashed column becomes."""


def hashed_block(positions: Ints, values: list[str]) -> Any:
    """Return the hashes of each row, `(n, N_HASHES)`, in single precision.

    Args:
        positions: Position of the value of each row among `values`, -1 for a missing one.
        values: Distinct texts; each that a row has is hashed once.
    """
    used = np.flatnonzero(np.bincount(positions[positions >= 0], minlength=len(values)))
    table = np.zeros((len(values) + 1, N_HASHES), dtype=np.float32)  # the last: missing
    table[used] = min_hashes([values[i] for i in used], N_HASHES)
    return table[positions]


def hash_names(name: str) -> list[str]:
    """Return the names of the columns that a column becomes, as skrub names them."""
    return [f"{name}_{i:02d}" for i in range(N_HASHES)]
