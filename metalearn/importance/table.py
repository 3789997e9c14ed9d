"""Results of importance methods: shares of hyperparameters and sets of them, per task."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from metalearn.core.arrays import Floats, frozen_array

__all__ = ["ImportanceTable", "Item", "TaskImportance", "item_name", "stacked_tables"]

Item = tuple[str, ...]


def item_name(item: Item) -> str:
    """Return the name of a set of hyperparameters: `C / gamma`."""
    return " / ".join(item)


@dataclass(frozen=True, slots=True)
class TaskImportance:
    """Importance on one task.

    Attributes:
        share: `(n_items,)` share of each item; NaN if undefined.
        std: `(n_items,)` standard deviation over trees; NaN if the method has none.
        fit: Out-of-bag R2 of the surrogate; NaN if there is none.
        n_runs: Number of runs.
        note: A sentence if a result is undefined or doubtful; else "".
    """

    share: Floats
    std: Floats
    fit: float
    n_runs: int
    note: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "share", frozen_array("share", self.share, (None,)))
        object.__setattr__(self, "std", frozen_array("std", self.std, self.share.shape))

    @classmethod
    def undefined(cls, n_items: int, n_runs: int, note: str) -> TaskImportance:
        """Return NaN for every item, with the reason as note."""
        nothing = np.full(n_items, np.nan)
        return cls(nothing, nothing, float("nan"), n_runs, note)


@dataclass(frozen=True, slots=True, eq=False)
class ImportanceTable:
    """Importance of the hyperparameters of one algorithm on many tasks.

    Attributes:
        method: `fanova`, `ped-anova` or `local`.
        algorithm: Name of the algorithm.
        metric: Name of the metric whose loss was analysed.
        items: Hyperparameters, then pairs, and so on; each a tuple of names.
        tasks: Keys of the tasks.
        share: `(n_tasks, n_items)` share of variance (of divergence for `ped-anova`) in [0, 1];
            NaN where a task cannot be analysed.
        std: `(n_tasks, n_items)` standard deviation over trees; NaN if the method has none.
        branch: `(n_items,)` mass of the part of the space where all axes of the item are active;
            `share / branch` is the importance within the branch.
        fit: `(n_tasks,)` out-of-bag R2 of the surrogates; NaN if there are none.
        n_runs: `(n_tasks,)` runs per task.
        notes: `(n_tasks,)` a sentence where a result is undefined or doubtful, else "".
        remarks: Changes of the data before the analysis, one sentence each.
    """

    method: str
    algorithm: str
    metric: str
    items: tuple[Item, ...]
    tasks: tuple[str, ...]
    share: Floats
    std: Floats
    branch: Floats
    fit: Floats
    n_runs: Floats
    notes: tuple[str, ...]
    remarks: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        n_tasks, n_items = len(self.tasks), len(self.items)
        for name, shape in (
            ("share", (n_tasks, n_items)),
            ("std", (n_tasks, n_items)),
            ("branch", (n_items,)),
            ("fit", (n_tasks,)),
            ("n_runs", (n_tasks,)),
        ):
            object.__setattr__(self, name, frozen_array(name, getattr(self, name), shape))

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the items, pairs as `a / b`."""
        return tuple(item_name(item) for item in self.items)

    @property
    def valid(self) -> tuple[str, ...]:
        """Keys of the analysed tasks."""
        known = (~np.isnan(self.share)).any(axis=1)
        return tuple(self.tasks[i] for i in np.flatnonzero(known))

    def of_size(self, size: int) -> ImportanceTable:
        """Return the table of the sets of one size: 1 = main effects, 2 = pairs."""
        kept = [i for i, item in enumerate(self.items) if len(item) == size]
        return ImportanceTable(
            self.method, self.algorithm, self.metric, tuple(self.items[i] for i in kept),
            self.tasks, self.share[:, kept], self.std[:, kept], self.branch[kept],
            self.fit, self.n_runs, self.notes, self.remarks,
        )  # fmt: skip

    def to_frame(self) -> pd.DataFrame:
        """Return one row per task and item: task, item, size, share, std, share_in_branch, ..."""
        n_tasks, n_items = self.share.shape
        return pd.DataFrame(
            {
                "task": np.repeat(np.array(self.tasks, dtype=object), n_items),
                "item": np.tile(np.array(self.names, dtype=object), n_tasks),
                "size": np.tile([len(item) for item in self.items], n_tasks),
                "share": self.share.ravel(),
                "std": self.std.ravel(),
                "share_in_branch": (self.share / self.branch).ravel(),
                "fit": np.repeat(self.fit, n_items),
                "n_runs": np.repeat(self.n_runs, n_items).astype(np.int64),
            }
        )


def stacked_tables(
    results: dict[str, TaskImportance],
    *,
    method: str,
    algorithm: str,
    metric: str,
    items: tuple[Item, ...],
    branch: Floats,
    remarks: tuple[str, ...] = (),
) -> ImportanceTable:
    """Return the table of the results of several tasks."""
    rows = tuple(results.values())
    shape = (len(rows), len(items))
    return ImportanceTable(
        method, algorithm, metric, items, tuple(results),
        np.array([row.share for row in rows]).reshape(shape),
        np.array([row.std for row in rows]).reshape(shape), branch,
        np.array([row.fit for row in rows]), np.array([float(row.n_runs) for row in rows]),
        tuple(row.note for row in rows), remarks,
    )  # fmt: skip
