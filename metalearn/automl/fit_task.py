"""The task of a fit: a table with its target, weights and folds, ready to be sent to a worker."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from metalearn.automl.objective import Truth
from metalearn.automl.validation import Validation
from metalearn.core.arrays import Floats, Ints
from metalearn.core.task import Kind

__all__ = ["FitTask"]


@dataclass(frozen=True, eq=False)
class FitTask:
    """A table to learn from.

    Attributes:
        kind: Kind of task.
        X: Features as they came, one row a target.
        y: Classes as they came, or float64 numbers, `(n,)`.
        weight: Weights of the rows, `(n,)`, positive; None for equal ones.
        validation: The folds.
        seed: Seed of the learners.
    """

    kind: Kind
    X: pd.DataFrame
    y: Any  # numpy array of labels or numbers
    weight: Floats | None
    validation: Validation
    seed: int = 0

    @property
    def n_rows(self) -> int:
        """Number of rows."""
        return len(self.X)

    @property
    def n_folds(self) -> int:
        """Number of folds."""
        return len(self.validation.splits)

    @cached_property
    def classes(self) -> Any:
        """The classes, sorted; None for regression."""
        return np.unique(self.y) if self.kind == "classification" else None

    @cached_property
    def codes(self) -> Ints:
        """The classes of all rows as positions in `classes`."""
        return np.asarray(np.searchsorted(self.classes, self.y), dtype=np.int64)

    @cached_property
    def truth(self) -> Truth:
        """What out-of-fold predictions are compared with: the test rows, fold by fold."""
        values = self.codes if self.kind == "classification" else self.y
        return Truth(values, self.weight, self.classes).take(self.validation.tested)

    @cached_property
    def limits(self) -> tuple[float, float]:
        """A little less and more than all targets of a regression; no number beyond is predicted.

        Linear models and networks can be far off on rows unlike all others.
        """
        low, high = float(np.min(self.y)), float(np.max(self.y))
        margin = 0.1 * (high - low)
        return (low if low >= 0 and low - margin < 0 else low - margin), high + margin

    def fold_truth(self, fold: int) -> Truth:
        """What the predictions of one fold are compared with."""
        values = self.codes if self.kind == "classification" else self.y
        return Truth(values, self.weight, self.classes).take(self.validation.splits[fold][1])

    def training_rows(self, fold: int, fidelity: float) -> Ints:
        """Return the rows that a fold learns from; low fidelities are nested in higher ones.

        Classes keep their proportions, and each keeps at least one row.
        """
        train = self.validation.splits[fold][0]
        if fidelity >= 1.0:
            return train
        rng = np.random.default_rng([self.seed, 5, fold])
        order = train[rng.permutation(len(train))]
        place = np.arange(len(order)) / len(order)
        if self.kind == "classification":
            codes = self.codes[order]
            for c in np.unique(codes):
                mine = np.flatnonzero(codes == c)
                place[mine] = np.arange(len(mine)) / len(mine)
        size = max(round(fidelity * len(train)), 10)
        n_first = int((place == 0.0).sum())
        chosen = np.argsort(place, kind="stable")[: max(size, n_first)]
        return np.sort(order[chosen])
