"""How far a table lies outside what the store knows; one note for each measure that says it."""

from __future__ import annotations

from collections.abc import Iterable

from metalearn.core.meta_dataset import MetaDataset
from metalearn.learners.tables import Table
from metalearn.metafeatures.view import Limits
from metalearn.numerics.runtime_model import RuntimeModel

__all__ = ["notes_on_reach"]

_FAR = 4.0  # times the largest known size


def notes_on_reach(table: Table, meta: MetaDataset, runtimes: RuntimeModel | None) -> list[str]:
    """Return a sentence for each size of the table far above those known, and on sampling.

    Args:
        table: The table.
        meta: The known tasks.
        runtimes: The model of seconds, which knows how many rows were fitted on; None if unknown.
    """
    notes = []
    n_rows, n_columns = table.X.shape
    most_rows = runtimes.largest[0] if runtimes else _most(t.n_rows for t in meta.tasks)
    if n_rows > _FAR * most_rows:
        notes.append(
            f"the table has {n_rows:,} rows, {n_rows / most_rows:.0f} times the {most_rows:,.0f} "
            "that the known fits learned from: their order, scores and seconds are extrapolated"
        )
    most_columns = _most(t.n_features for t in meta.tasks)
    if n_columns > _FAR * most_columns:
        notes.append(
            f"the table has {n_columns:,} columns, {n_columns / most_columns:.0f} times those of "
            f"the widest known task ({most_columns:,.0f}): scores and seconds are extrapolated"
        )
    most_classes = _most(t.n_classes for t in meta.tasks)
    if (n_classes := table.n_classes or 0) > _FAR * most_classes:
        notes.append(
            f"the target has {n_classes:,} classes, the known tasks at most {most_classes:,.0f}: "
            "scores and seconds are extrapolated"
        )
    if table.X.size > (most_cells := Limits().cells):
        notes.append(
            f"the table has {table.X.size:,} cells, more than {most_cells:,}: costly "
            "meta-features were computed on a sample of its rows"
        )
    return notes


def _most(sizes: Iterable[int | None]) -> float:
    """Return the largest known size; infinity if none is known, so that nothing is far."""
    return max((float(size) for size in sizes if size), default=float("inf"))
