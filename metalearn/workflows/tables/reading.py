"""Reading of a task from any supported input, for `recommend`, `fit`, and the other workflows.

The Python interface and the command line both use it, so that a file, a polars frame and an array
with the same content are the same task.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from os import PathLike, fspath
from typing import Any

from metalearn.core.task import Kind
from metalearn.errors import UsageError
from metalearn.learners.tables import Table, table_of
from metalearn.workflows.tables.named import open_table

__all__ = ["TargetWarning", "checked_table"]


class TargetWarning(UserWarning):
    """The target can hardly be learned as it was read."""


def checked_table(
    X: Any,  # whatever users hold
    y: Any = None,
    *,
    kind: Kind | None = None,
    ignore: str | Sequence[str] = (),
    learnable: bool = True,
) -> Table:
    """Return the checked table of a task; rows without a target are left out and counted.

    Remarks on the reading (rows left out, a target of hardly any repeated class) are in
    `Table.notes`; doubts about the target are also Python warnings.

    Args:
        X: A `Table`; a path of a CSV, Parquet or ARFF file, or `openml:DATA_ID`; or features as a
            data frame of pandas, polars or Arrow, an array, a sparse matrix, a list of rows or a
            dictionary of columns.
        y: The target, one value per row, missing ones allowed; or the name of its column in `X`.
        kind: `classification` or `regression`; guessed from the target if None.
        ignore: Columns to leave out.
        learnable: Whether the table must be usable for training, see `as_table`.

    Raises:
        InputError: If the data cannot be used.
        UsageError: If there is no target, or a column to ignore is missing.
    """
    if kind not in (None, "classification", "regression"):
        raise UsageError(f"kind must be 'classification' or 'regression', got {kind!r}")
    if isinstance(X, Table):
        return X if kind in (None, X.kind) else table_of(X.X, X.y, kind, name=X.name)
    if isinstance(X, str | PathLike):
        if y is not None and not isinstance(y, str):
            raise UsageError(
                f"X is the path {fspath(X)!r}; then y must be the name of its target column, got "
                f"{type(y).__name__}"
            )
        table = open_table(fspath(X), y, kind=kind, ignore=ignore, learnable=learnable)
    else:
        table = table_of(X, y, kind, ignore=ignore, learnable=learnable)
    for doubt in table.doubts:
        warnings.warn(doubt, TargetWarning, stacklevel=3)
    return table
