"""The history of one task in a continuous space: points of the unit cube and their losses."""

from __future__ import annotations

from dataclasses import dataclass

import numpy.typing as npt

from metalearn.core.arrays import Floats, frozen_array

__all__ = ["History"]


@dataclass(frozen=True, slots=True)
class History:
    """Evaluated points of one task.

    Attributes:
        X: `(n, n_axes)` points of the unit cube from `Space.encode`; NaN = inactive axis.
        y: `(n,)` losses; NaN = the evaluation failed.
        task: Key of the task; "" if it has none.
    """

    X: Floats
    y: Floats
    task: str = ""

    def __post_init__(self) -> None:
        x: npt.ArrayLike = self.X
        object.__setattr__(self, "X", frozen_array("X", x, (None, None)))
        object.__setattr__(self, "y", frozen_array("y", self.y, (self.X.shape[0],)))

    def __len__(self) -> int:
        return len(self.y)
