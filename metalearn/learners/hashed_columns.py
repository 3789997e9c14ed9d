"""Columns of many categories as hashed n-grams of their text (Cerda & Varoquaux 2019).

Each distinct value is hashed once, however many rows have it; the values are those of skrub's
`MinHashEncoder`, the empty text and missing ones are zeros.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from metalearn.core.arrays import Ints
from metalearn.learners.min_hashes import min_hashes

__all__ = ["N_HASHES", "HashedValues", "hash_names"]

N_HASHES = 16
"""Columns that a hashed column becomes."""


@dataclass(frozen=True)
class HashedValues:
    """Hashes of the values that were seen when fitting.

    Attributes:
        values: Distinct texts, `(k,)`.
        hashes: `(k, N_HASHES)`, single precision.
    """

    values: Any  # an array of objects
    hashes: Any  # an array in single precision

    @classmethod
    def of(cls, values: list[str]) -> HashedValues:
        """Return the hashes of distinct texts."""
        return cls(np.array(values, dtype=object), min_hashes(values, N_HASHES))

    def block(self, positions: Ints, values: list[str]) -> Any:
        """Return the hashes of each row, `(n, N_HASHES)`.

        Args:
            positions: Position of the value of each row among `values`, -1 for a missing one.
            values: Distinct texts; those not seen before are hashed as well.
        """
        texts = pd.Index(values, dtype=object)
        known = pd.Index(self.values, dtype=object).get_indexer(texts)
        table = np.zeros((len(values) + 1, N_HASHES), dtype=np.float32)  # the last: missing
        table[:-1][known >= 0] = self.hashes[known[known >= 0]]
        used = np.bincount(positions[positions >= 0], minlength=len(values)) > 0
        new = np.flatnonzero((known < 0) & used)
        table[new] = min_hashes([values[int(i)] for i in new], N_HASHES)
        return table[positions]


def hash_names(name: str) -> list[str]:
    """Return the names of the columns that a column becomes, as skrub names them."""
    return [f"{name}_{i:02d}" for i in range(N_HASHES)]
