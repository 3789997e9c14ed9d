"""The view of a data set that all meta-features share.

The *encoded block* holds every column as numbers: numeric ones as they are, categorical ones as
indicators (all levels of the first categorical column, all but the first level of the others, as
in pymfe's gray coding), so that statistics mean the same on mixed tables. It lies column by
column, `(n_columns, n_rows)`, because nearly all features are computed column by column.

Limits. The encoded block holds at most `Limits.cells` numbers: categorical columns with many
levels keep their most frequent ones, and if that is not enough, rows are sampled.
"""

from __future__ import annotations

import time
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd

from metalearn.core.arrays import Floats, Ints
from metalearn.core.task import Kind
from metalearn.errors import InputError, ShapeError
from metalearn.metafeatures.columns import Levels, levels_of, numbers_and_levels, numbers_of
from metalearn.metafeatures.undefined import Undefined

__all__ = ["EXACT", "DatasetView", "Limits", "view_of"]


@dataclass(frozen=True, slots=True)
class Limits:
    """Limits on the part of a table that costly groups use; below them values are exact.

    Attributes:
        cells: Numbers in the encoded block (rows x columns).
        indicators: Indicator columns made of categorical columns.
        indicator_cells: Rows x indicator columns.
        tree_cells: Rows x columns given to the decision tree.
        landmarker_rows: Rows given to the landmarkers.
        landmarker_cells: Rows x columns x classes given to the landmarkers.
    """

    cells: int = 6_000_000
    indicators: int = 500
    indicator_cells: int = 4_000_000
    tree_cells: int = 100_000
    landmarker_rows: int = 10_000
    landmarker_cells: int = 1_500_000


_MANY = 2**62
EXACT = Limits(_MANY, _MANY, _MANY, _MANY, _MANY, _MANY)
"""No sampling at all: exact, at whatever cost."""


@dataclass(frozen=True, eq=False)
class DatasetView:
    """A data set with decided column types and a cache of shared intermediates.

    Attributes:
        kind: Kind of task.
        n_rows: Rows with a target.
        n_columns: Columns of the table, all-missing ones included.
        numeric: `(n_numeric, n_rows)`, NaN = missing.
        categorical: One `Levels` a categorical column.
        y: `(n_rows,)`: class codes (sorted as text) for classification, values for regression.
        n_classes: Number of classes; 0 for regression.
        limits: Limits above which the table is sampled.
        seed: Seeds the generators of `rng`.
        deadline: `time.perf_counter()` at which the group must stop; infinite if there is none.
        memory: Shared intermediates, by function.
    """

    kind: Kind
    n_rows: int
    n_columns: int
    numeric: Floats
    categorical: tuple[Levels, ...]
    y: Floats | Ints
    n_classes: int
    limits: Limits = field(default_factory=Limits)
    seed: int = 0
    deadline: float = np.inf
    memory: dict[Callable[..., Any], tuple[Any, Exception | None]] = field(
        default_factory=dict, repr=False
    )  # Any: each shared function has its own type of result

    def rng(self, name: str) -> np.random.Generator:
        """Return the generator of that name: order and selection never change a draw."""
        return np.random.default_rng([self.seed, zlib.crc32(name.encode())])

    def until(self, deadline: float) -> DatasetView:
        """Return this view with another deadline and the same memory."""
        return replace(self, deadline=deadline)

    def check_time(self) -> None:
        """Raise `Undefined` if the time budget of the group is used up."""
        if time.perf_counter() > self.deadline:
            raise Undefined("the time budget of the group was used up")

    def take(self, rows: Ints) -> DatasetView:
        """Return the view of some rows, with a cache of its own."""
        y, n_classes = self.y[rows], self.n_classes
        if self.kind == "classification":
            found, y = np.unique(y, return_inverse=True)
            n_classes = len(found)
        return replace(
            self,
            n_rows=len(rows),
            numeric=np.take(self.numeric, rows, axis=1),  # unlike [:, rows], row by row
            categorical=tuple(column.take(rows) for column in self.categorical),
            y=y,
            n_classes=n_classes,
            memory={},
        )

    def with_indicators(self, most: int) -> DatasetView:
        """Return this view with at most so many indicator columns, and a memory of its own."""
        limits = replace(self.limits, indicators=min(most, self.limits.indicators))
        return replace(self, limits=limits, memory={})

    def sample(self, n_rows: int, name: str) -> DatasetView:
        """Return the view of `n_rows` rows drawn without replacement, stratified by target."""
        if n_rows >= self.n_rows:
            return self
        return self.take(self.sample_rows(n_rows, name))

    def sample_rows(self, n_rows: int, name: str) -> Ints:
        """Return `(n_rows,)` sorted row numbers: every k-th row of a shuffle sorted by target."""
        shuffled = self.rng(name).permutation(self.n_rows)
        by_target = shuffled[np.argsort(self.y[shuffled], kind="stable")]
        picks = (np.arange(n_rows) * self.n_rows + self.n_rows // 2) // n_rows
        rows: Ints = np.sort(by_target[picks])
        return rows


def view_of(
    X: pd.DataFrame,
    y: pd.Series,
    kind: Kind,
    *,
    limits: Limits | None = None,
    seed: int = 0,
) -> DatasetView:
    """Return the view of a raw table; rows without a target are left out.

    Raises:
        ShapeError: If `X` and `y` differ in length.
        InputError: If `kind` is unknown, or the target of a regression is text.
    """
    if len(X) != len(y):
        raise ShapeError(f"X has {len(X)} rows and y has {len(y)}; give one target a row")
    if kind not in ("classification", "regression"):
        raise InputError(f"kind: expected 'classification' or 'regression', got {kind!r}")
    target, n_classes = _target(y, kind)
    kept = target >= 0 if kind == "classification" else ~np.isnan(target)
    if not kept.all():
        X, target = X[kept], target[kept]
    numeric, categorical = numbers_and_levels(X)
    return DatasetView(
        kind=kind,
        n_rows=len(X),
        n_columns=X.shape[1],
        numeric=numeric,
        categorical=categorical,
        y=target,
        n_classes=n_classes,
        limits=limits or Limits(),
        seed=seed,
    )


def _target(y: pd.Series, kind: Kind) -> tuple[Floats | Ints, int]:
    if kind == "classification":
        levels = levels_of(y)
        return levels.codes, levels.n_levels
    values = numbers_of(y)
    if values is None and y.dtype == np.bool_:
        values = y.to_numpy(dtype=np.float64)
    if values is None:
        raise InputError(
            "regression needs a numeric target, got text or categories; use kind='classification' "
            "or convert the target to numbers"
        )
    return values, 0
