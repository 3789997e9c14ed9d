"""A table by name: a file, or a data set of OpenML."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from metalearn.core.task import Kind
from metalearn.errors import UsageError
from metalearn.learners.tables import Table, as_table, load_table, without_columns

__all__ = ["open_table"]


def open_table(
    source: str,
    target: str | None,
    *,
    kind: Kind | None = None,
    ignore: str | Sequence[str] = (),
    learnable: bool = True,
) -> Table:
    """Return the table named by a path or by `openml:DATA_ID`.

    Args:
        source: Path of a file, or `openml:DATA_ID`.
        target: Name of the target column; None for the one that OpenML names.
        kind: Kind of task; guessed from the target if None.
        ignore: Columns to leave out.
        learnable: Whether the table must be usable for training; else any rows are accepted.

    Raises:
        InputError: If it cannot be read or used.
        UsageError: If a file comes without the name of its target.
    """
    if source.startswith("openml:"):
        from metalearn.harvesters.openml.tables import fetch_table

        frame, chosen, name = fetch_table(source, target)
        frame = without_columns(frame, ignore, source)
        return as_table(frame, chosen, name=name, kind=kind, learnable=learnable)
    if target is None:
        raise UsageError(
            f"name the target column of {source!r} with --target COL (in Python: y='COL')"
        )
    return load_table(Path(source), target, kind=kind, ignore=ignore, learnable=learnable)
