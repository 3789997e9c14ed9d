"""A table with its target, read from a file or a data frame, checked before anything is learned.

Every error names what was expected, what was found and what to do next; nothing is repaired
silently.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from metalearn.core.names import names_of
from metalearn.core.task import Kind, Task
from metalearn.errors import InputError, UsageError, did_you_mean
from metalearn.learners.frames import as_frame, as_target
from metalearn.learners.table_checks import (
    check_columns,
    check_learnable,
    check_names,
    check_plain,
    checked_target,
    doubts_of,
    kind_of,
)
from metalearn.learners.table_files import load_frame

__all__ = [
    "MIN_ROWS",
    "Table",
    "as_table",
    "load_frame",
    "load_table",
    "table_of",
    "without_columns",
]

MIN_ROWS = 10


@dataclass(frozen=True, slots=True)
class Table:
    """A data set with its target, rows without a target already left out.

    Attributes:
        name: What to call it.
        kind: `classification` or `regression`.
        X: Columns without the target, as they came.
        y: The target; strings or numbers.
        target: Name of the target column.
        n_dropped: Rows left out because their target was missing.
        doubts: Why the target, as it was read, can hardly be learned; one sentence each.
        guesses: How its file was read where that was not plain: encoding, decimal mark.
    """

    name: str
    kind: Kind
    X: pd.DataFrame
    y: pd.Series
    target: str
    n_dropped: int = 0
    doubts: tuple[str, ...] = ()
    guesses: tuple[str, ...] = ()

    @property
    def notes(self) -> tuple[str, ...]:
        """Remarks for the user on how the table was read, one sentence each."""
        remarks = (*self.guesses, *self.doubts)
        if not self.n_dropped:
            return remarks
        return (f"{self.n_dropped} rows without a target were left out", *remarks)

    @property
    def n_classes(self) -> int | None:
        """Number of classes that occur; None for regression."""
        return int(self.y.nunique()) if self.kind == "classification" else None

    def digest(self) -> str:
        """Return a content hash: equal tables have equal digests on every machine."""
        hashed = pd.util.hash_pandas_object(self.X.astype(str), index=False).to_numpy()
        target = pd.util.hash_pandas_object(self.y.astype(str), index=False).to_numpy()
        text = "\n".join(map(str, self.X.columns)).encode()
        return hashlib.sha256(text + hashed.tobytes() + target.tobytes()).hexdigest()[:16]

    def task(self, key: str = "") -> Task:
        """Return the description of the table as a task."""
        rows, columns = self.X.shape
        return Task(
            key or f"table:{self.name}", self.name, self.kind, rows, columns, self.n_classes
        )


def load_table(
    source: str | Path,
    target: str,
    *,
    kind: Kind | None = None,
    ignore: str | Sequence[str] = (),
    learnable: bool = True,
) -> Table:
    """Return the table stored in a file.

    Args:
        source: Path of a CSV, Parquet or ARFF file, plain or gzipped.
        target: Name of the target column.
        kind: Kind of task; guessed from the target if None.
        ignore: Columns to leave out.
        learnable: Whether the table must be fit to learn from; else any rows will do.

    Raises:
        InputError: If the file or the target cannot be used.
    """
    path = Path(source)
    frame = load_frame(path)
    name = path.name.removesuffix(".gz").rsplit(".", 1)[0]
    guesses = tuple(frame.attrs.pop("notes", ()))
    frame = without_columns(frame, ignore, str(path))
    table = as_table(frame, target, name=name, kind=kind, learnable=learnable)
    return replace(table, guesses=guesses)


def without_columns(frame: pd.DataFrame, ignore: str | Sequence[str], name: str) -> pd.DataFrame:
    """Return a frame without some columns; `a,b` is one name if there is such a column, else two.

    Raises:
        UsageError: If there is no such column.
    """
    columns = list(map(str, frame.columns))
    named = [n for given in names_of(ignore) for n in ([given] if given in columns else
             [part.strip() for part in given.split(",") if part.strip()])]  # fmt: skip
    missing = [column for column in named if column not in columns]
    if missing:
        near = did_you_mean(missing[0], columns)
        raise UsageError(
            f"{name}: no columns {missing} to ignore; it has {_listed(frame.columns)}{near}"
        )
    return frame.loc[:, [column not in named for column in columns]]


def as_table(
    frame: pd.DataFrame,
    target: str | pd.Series,
    *,
    name: str = "table",
    kind: Kind | None = None,
    learnable: bool = True,
) -> Table:
    """Return a checked table from a data frame and its target.

    Args:
        frame: Columns of any type; all but the target are features.
        target: Name of the target column, or the targets of all rows; missing ones leave their
            row out.
        name: What to call the table.
        kind: Kind of task; guessed from the target if None.
        learnable: Whether the table must be fit to learn from: ten rows, a column that varies,
            plain and finite values, a target that varies. To describe it, any rows will do.

    Raises:
        InputError: If the columns or the target cannot be used.
    """
    check_names(name, frame.columns)
    if isinstance(target, str):
        if target not in frame.columns:
            raise InputError(
                f"{name}: there is no column {target!r}; it has {_listed(frame.columns)}. "
                f"Name the target with --target{did_you_mean(target, map(str, frame.columns))}"
            )
        y, X = frame[target], frame.drop(columns=target)
    else:
        y, X, target = target, frame, "target" if target.name is None else str(target.name)
    if len(X) != len(y):
        raise InputError(f"{name}: {len(X)} rows, but {len(y)} targets; they must be equal")
    if len(y) == 0:
        raise InputError(f"{name}: no rows; at least {MIN_ROWS} are needed")
    known = y.notna().to_numpy()
    if not known.any():
        raise InputError(f"{name}: the target {target!r} is missing in all {len(y)} rows")
    if not known.all():  # else a copy of the table for nothing
        X, y = X.loc[known], y.loc[known]
    X, y = X.reset_index(drop=True), y.reset_index(drop=True)
    if learnable:
        _check_enough(name, X)
    check_plain(name, target, y)
    is_guessed = kind is None
    kind = kind or kind_of(name, target, y)
    y = checked_target(name, target, y, kind)
    if learnable:
        check_learnable(name, target, y, kind)
    doubts = doubts_of(name, target, y, kind, is_guessed=is_guessed)
    return Table(name, kind, X, y, target, int((~known).sum()), doubts)


def _check_enough(name: str, X: pd.DataFrame) -> None:
    if len(X) < MIN_ROWS:
        raise InputError(f"{name}: {len(X)} rows with a target; at least {MIN_ROWS} are needed")
    check_columns(name, X)


def table_of(
    X: Any,
    y: Any,
    kind: Kind | None = None,
    *,
    name: str = "table",
    ignore: str | Sequence[str] = (),
    learnable: bool = True,
) -> Table:
    """Return a checked table from what a user holds in memory: features, and their target.

    Args:
        X: Features, see `as_frame`.
        y: The target, one value a row; or the name of the target column in `X`.
        kind: Kind of task; guessed from the target if None.
        name: What to call the table.
        ignore: Columns to leave out.
        learnable: As for `as_table`.

    Raises:
        InputError: If the data cannot be used.
        UsageError: If there is no target.
    """
    if y is None:
        raise UsageError("the target y is missing; give its values, or a column's name")
    frame = without_columns(as_frame(X), ignore, name)
    if isinstance(y, str | int | np.integer) and not isinstance(y, bool):
        return as_table(frame, str(y), name=name, kind=kind, learnable=learnable)
    target = as_target(y)
    target.name = "target" if target.name is None else str(target.name)
    if len(target) != len(frame):
        raise InputError(f"X has {len(frame)} rows, y has {len(target)}; they must be equal")
    return as_table(frame, target, name=name, kind=kind, learnable=learnable)


def _listed(columns: pd.Index) -> str:
    names = [repr(str(column)) for column in columns]
    shown = ", ".join(names[:20])
    return shown if len(names) <= 20 else f"{shown} and {len(names) - 20} more"
