"""A table by name: a file, or a data set of OpenML."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from metalearn.core.task import Kind
from metalearn.errors import UsageError
from metalearn.learners.tables import Table, as_table, load_table

__all__ = ["open_table"]


def open_table(
    source: str, target: str | None, *, kind: Kind | None = None, ignore: Sequence[str] = ()
) -> Table:
    """Return the table named by a path or by `openml:DATA_ID`.

    Raises:
        InputError: If it cannot be read or used.
        UsageError: If a file comes without the name of its target.
    """
    if source.startswith("openml:"):
        from metalearn.harvesters.openml.tables import fetch_table

        frame, chosen, name = fetch_table(source, target)
        return as_table(frame.drop(columns=list(ignore)), chosen, name=name, kind=kind)
    if target is None:
        raise UsageError(f"name the target column of {source!r} with --target COL")
    return load_table(Path(source), target, kind=kind, ignore=ignore)
