"""Which evaluations a writer has added, so that later loads need not compare with them.

A load compares its rows with all stored ones, so that a long import in parts would take quadratic
time where every part spreads over the whole table. Hashes of the rows that the writer itself has
added are therefore kept in memory, 8 bytes each, as sorted runs: a run is merged into the one
before unless that is several times as long (log-structured merge). Looking up and adding n hashes
in parts takes n log^2 n steps.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

__all__ = ["Added"]

_Hashes = npt.NDArray[np.uint64]
_RATIO = 4  # of the lengths of two runs that are kept apart, at least
_ALL = 2**62  # larger than any row id


class Added:
    """Hashes of evaluations added to a store since a row id.

    Args:
        first: Row id that the first added evaluation gets.
    """

    def __init__(self, first: int) -> None:
        self._first = first
        self._runs: list[_Hashes] = []

    def end_of_rivals(self, hashes: _Hashes) -> int:
        """Return a row id; all stored evaluations with one of these identities come before it.

        Args:
            hashes: Hashes of identities, `(n,)`, in ascending order.
        """
        return _ALL if any(_meet(run, hashes) for run in self._runs) else self._first

    def add(self, hashes: _Hashes) -> None:
        """Note hashes, `(n,)`, in ascending order; those of rows not added do no harm."""
        if not len(hashes):
            return
        self._runs.append(hashes)
        while len(self._runs) > 1 and len(self._runs[-2]) < _RATIO * len(self._runs[-1]):
            joined = np.concatenate(self._runs[-2:])
            joined.sort(kind="stable")  # two sorted halves: merged in linear time
            self._runs[-2:] = [joined]


def _meet(run: _Hashes, hashes: _Hashes) -> bool:
    """Return whether two ascending arrays, of which the first is not empty, share a value."""
    places = np.searchsorted(run, hashes)
    places[places == len(run)] = 0
    return bool((run[places] == hashes).any())
