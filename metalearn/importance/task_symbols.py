"""Symbols of a task for symbolic defaults: rows, columns, classes, shares."""

from __future__ import annotations

from typing import Protocol, runtime_checkable

import pandas as pd

__all__ = ["SYMBOLS", "TaskSource", "task_symbols"]

SYMBOLS = {
    "n": "rows of the table",
    "p": "columns without the target",
    "classes": "classes of the target",
    "majority": "share of the most frequent class",
    "numeric": "share of numeric columns",
}


@runtime_checkable
class TaskSource(Protocol):
    """A store's tables of tasks and meta-features."""

    def tasks(self) -> pd.DataFrame:
        """Return one row per task: task, n_rows, n_features, n_classes, and more."""
        ...

    def meta_features(self) -> pd.DataFrame:
        """Return one row per task and meta-feature: task, name, value, and more."""
        ...


def task_symbols(source: TaskSource) -> pd.DataFrame:
    """Return the symbols of every task, indexed by the task's key; NaN = unknown.

    Args:
        source: A store.
    """
    tasks = source.tasks().set_index("task")
    found = pd.DataFrame(
        {"n": tasks["n_rows"], "p": tasks["n_features"], "classes": tasks["n_classes"]}
    ).astype("float64")
    long = source.meta_features()
    named = {name: part.set_index("task")["value"] for name, part in long.groupby("name")}
    nothing = pd.Series(dtype="float64")
    numeric, other = (named.get(name, nothing) for name in ("nr_num", "nr_cat"))
    found["majority"] = named.get("freq_class.max", nothing).reindex(found.index)
    found["numeric"] = (numeric / (numeric + other)).reindex(found.index)
    return found.astype("float64")
