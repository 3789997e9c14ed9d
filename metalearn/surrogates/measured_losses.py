"""Measured losses of source tasks at shared points, used in place of predictions (METHODS 10).

A smooth process averages out differences that it cannot resolve. Where tasks share configurations,
as on a grid, the measured losses are used. Only missing cells are predicted.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from metalearn.core.arrays import Floats, Ints

__all__ = ["MeasuredLosses"]

_DECIMALS = 9


@dataclass(frozen=True)
class MeasuredLosses:
    """Losses of all tasks at the points that at least two tasks evaluated.

    Attributes:
        columns: Column of `losses` of a point, by the bytes of its rounded coordinates.
        losses: `(n_tasks, n_points)` standardized losses; NaN where not evaluated.
    """

    columns: dict[bytes, int]
    losses: Floats

    @classmethod
    def of(cls, tasks: Sequence[tuple[Floats, Floats]]) -> MeasuredLosses:
        """Return the table of tasks, each given as points `(n, n_columns)` and losses `(n,)`."""
        columns: dict[bytes, int] = {}
        keys = [_keys(points) for points, _ in tasks]
        times: dict[bytes, int] = {}
        for key in (key for task in keys for key in set(task)):
            times[key] = times.get(key, 0) + 1
        for key, n in times.items():
            if n > 1:
                columns[key] = len(columns)
        losses = np.full((len(tasks), len(columns)), np.nan)
        for t, (task, (_, y)) in enumerate(zip(keys, tasks, strict=True)):
            for key, loss in zip(task, y, strict=True):
                if key in columns:
                    losses[t, columns[key]] = loss
        return cls(columns, losses)

    def instead_of(self, means: Floats, at: Floats) -> Floats:
        """Return means `(n_tasks, n)` at points `(n, n_columns)`, replaced where measured."""
        if not self.columns:
            return means
        found = [self.columns.get(key, -1) for key in _keys(at)]
        column: Ints = np.array(found, dtype=np.int64)
        here = np.flatnonzero(column >= 0)
        if not len(here):
            return means
        measured = self.losses[:, column[here]]
        replaced = means.copy()
        replaced[:, here] = np.where(np.isnan(measured), means[:, here], measured)
        return replaced


def _keys(points: Floats) -> list[bytes]:
    rounded = np.round(points, _DECIMALS) + 0.0  # no negative zero
    return [row.tobytes() for row in np.ascontiguousarray(rounded)]
