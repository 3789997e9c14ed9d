"""How far a table lies outside the known tasks: one note for each measure that exceeds them."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from metalearn.core.meta_dataset import MetaDataset
from metalearn.learners.tables import Table
from metalearn.metafeatures.view import Limits
from metalearn.numerics.runtime_model import RuntimeModel
from metalearn.workflows.recommend.known import Known
from metalearn.workflows.recommend.seconds import seconds_on

__all__ = ["notes_on_reach", "times_known_rows"]

_FAR = 4.0  # times the largest known size
_CATEGORIES = "nr_levels.max"  # name of the meta-feature: most categories of a column
_SOME_ROWS = 10_000  # in which different values are counted
_NINE_TENTHS = 1.2816  # quantile of the normal distribution: 80 % lie within plus and minus


def times_known_rows(table: Table, known: Known) -> float:
    """Return the rows of a table over the most that the known fits learned from; 0 if unknown."""
    return len(table.y) / known.largest_fit


def notes_on_reach(table: Table, known: Known) -> list[str]:
    """Return a sentence for each size of the table far above those known, and on sampling."""
    meta, runtimes = known.meta, known.runtimes
    notes = []
    n_rows, n_columns = table.X.shape
    if n_rows > _FAR * known.largest_fit:
        notes.append(_on_rows(n_rows, known))
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
    notes += _on_categories(table, meta)
    if notes and runtimes:
        notes.append(f"expected seconds hold within a factor of {_factor(table, runtimes):.1f} "
                     "for four of five such tables")  # fmt: skip
    if table.X.size > (most_cells := Limits().cells):
        notes.append(
            f"the table has {table.X.size:,} cells, more than {most_cells:,}: costly "
            "meta-features were computed on a sample of its rows"
        )
    return notes


def _on_rows(n_rows: int, known: Known) -> str:
    """Return the sentence on a table of far more rows than the known fits learned from."""
    timed = known.runtimes.largest[0] if known.runtimes else 0.0
    extrapolated = "order, scores and seconds are extrapolated"
    if timed > known.largest_fit and n_rows <= _FAR * timed:
        extrapolated = (
            f"order and scores are extrapolated; seconds were measured on up to {timed:,.0f} rows"
        )
    return (
        f"the table has {n_rows:,} rows, {n_rows / known.largest_fit:.0f} times the "
        f"{known.largest_fit:,.0f} that the known fits learned from: their {extrapolated}"
    )


def _on_categories(table: Table, meta: MetaDataset) -> list[str]:
    """Return a sentence on columns of text, or of far more categories than known tasks have."""
    if _CATEGORIES not in meta.meta_feature_names:
        return []
    known = meta.meta_features[:, meta.meta_feature_names.index(_CATEGORIES)]
    most = float(np.nanmax(known, initial=0.0)) or np.inf
    some = table.X.iloc[:_SOME_ROWS]
    counts = [some.iloc[:, j].nunique() for j, t in enumerate(some.dtypes) if t.kind == "O"]
    many = [count for count in counts if count > _FAR * most]
    if not many:
        return []
    columns = "1 column has" if len(many) == 1 else f"{len(many)} columns have"
    return [
        f"{columns} up to {max(many):,} different texts or categories in {len(some):,} rows, a "
        f"column of a known task at most {most:,.0f}: scores and seconds are extrapolated"
    ]


def _factor(table: Table, runtimes: RuntimeModel) -> float:
    """Return the factor within which 80 % of seconds lie around those of a usual configuration."""
    _, log_sd = seconds_on(runtimes, table)
    return float(np.exp(_NINE_TENTHS * np.median(log_sd)))


def _most(sizes: Iterable[int | None]) -> float:
    """Return the largest known size; infinity if none is known, so that nothing is far."""
    return max((float(size) for size in sizes if size), default=float("inf"))
