"""The model of the seconds of one fit, for each configuration, from stored fits by size."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

import numpy as np

from metalearn.core.arrays import Bools, Floats, Ints
from metalearn.core.configuration import Configuration
from metalearn.core.meta_dataset import MetaDataset
from metalearn.core.stored_json import stored_object
from metalearn.core.task import Task

if TYPE_CHECKING:
    from metalearn.learners.tables import Table
    from metalearn.numerics.runtime_model import RuntimeModel
    from metalearn.store import Store

__all__ = [
    "FEWEST_TIMED",
    "TimedRuns",
    "model_of_seconds",
    "seconds_of_runs",
    "seconds_on",
    "timed_runs",
]

FEWEST_TIMED = 3
"""Timed tasks that a model of seconds needs."""
_CATEGORICAL = "nr_cat"  # name of the meta-feature


@dataclass(frozen=True, slots=True)
class TimedRuns:
    """Seconds of stored fits, and the sizes of tables that they depend on.

    Attributes:
        n_rows: Rows that a fit learned from, `(n_tasks,)`; NaN = unknown, here and below.
        n_columns: Columns without the target, same shape.
        n_classes: Classes of the target, 1 for a number, same shape.
        n_categorical: Columns that are no numbers, same shape.
        n_test: Rows that were predicted afterwards, same shape.
        seconds: `(n_tasks, n_configurations)`.
    """

    n_rows: Floats
    n_columns: Floats
    n_classes: Floats
    n_categorical: Floats
    n_test: Floats
    seconds: Floats

    def take(self, tasks: Bools | Ints) -> TimedRuns:
        """Return the runs on some tasks, by index or boolean mask."""
        return TimedRuns(*(getattr(self, part.name)[tasks] for part in fields(self)))

    @property
    def largest(self) -> float:
        """Rows that nearly all fits learned from at most (98 % quantile); infinity if unknown."""
        known = self.n_rows[self.n_rows > 0]
        return float(np.exp(np.quantile(np.log(known), 0.98))) if len(known) else float("inf")


def timed_runs(store: Store, meta: MetaDataset) -> TimedRuns:
    """Return the stored seconds of whole evaluations of a meta-dataset."""
    rows, columns, n_test = _sizes(store, meta.tasks)
    classes = [1 if t.kind == "regression" else t.n_classes or np.nan for t in meta.tasks]
    return TimedRuns(
        n_rows=rows,
        n_columns=columns,
        n_classes=np.array(classes, dtype=np.float64),
        n_categorical=_categorical_columns(meta),
        n_test=n_test,
        seconds=meta.runtimes_s,
    )


def model_of_seconds(
    runs: TimedRuns, configurations: Sequence[Configuration], *, of_fits: bool = True
) -> RuntimeModel | None:
    """Return a model of seconds by size; None if fewer than three tasks were timed.

    Args:
        runs: The known runs.
        configurations: Their columns.
        of_fits: Whether seconds grow with the rows as the fits of the learners do.
    """
    from metalearn.learners import CATALOGUE
    from metalearn.numerics.runtime_model import fit_runtime_model

    timed = np.isfinite(runs.n_rows) & np.isfinite(runs.n_columns)
    timed &= np.isfinite(runs.seconds).any(axis=1)
    if timed.sum() < FEWEST_TIMED:
        return None
    algorithms = [c.algorithm for c in configurations]
    ours = {a for a in algorithms if of_fits and a in CATALOGUE}
    growth = {a: CATALOGUE.get(a).growth for a in ours}
    return fit_runtime_model(
        np.where(timed, runs.n_rows, np.nan),
        runs.n_columns,
        runs.seconds,
        algorithms,
        n_classes=runs.n_classes,
        n_categorical=runs.n_categorical,
        growth=np.array([growth.get(a, np.nan) for a in algorithms]),
    )


def seconds_of_runs(model: RuntimeModel, runs: TimedRuns) -> tuple[Floats, Floats]:
    """Return expected seconds of known runs and the spread of their logarithm.

    Both are `(n_tasks, n_configurations)`.
    """
    sizes = runs.n_rows, runs.n_columns, runs.n_classes, runs.n_categorical
    found = [
        model.predict(
            rows,
            columns,
            n_classes=None if np.isnan(classes) else classes,
            n_categorical=None if np.isnan(categorical) else categorical,
        )
        for rows, columns, classes, categorical in zip(*sizes, strict=True)
    ]
    seconds, log_sd = zip(*found, strict=True)
    return np.array(seconds), np.array(log_sd)


def seconds_on(
    model: RuntimeModel, table: Table, n_rows: float | None = None
) -> tuple[Floats, Floats]:
    """Return expected seconds and the spread of their logarithm, each `(n_configurations,)`.

    Args:
        model: The model of seconds.
        table: The table.
        n_rows: Rows that the seconds depend on; None takes those of the table.
    """
    from pandas.api.types import is_numeric_dtype

    own_rows, n_columns = map(float, table.X.shape)
    n_categorical = sum(not is_numeric_dtype(dtype) for dtype in table.X.dtypes)
    return model.predict(
        own_rows if n_rows is None else n_rows,
        n_columns,
        n_classes=table.n_classes,
        n_categorical=n_categorical,
    )


def _sizes(store: Store, tasks: Sequence[Task]) -> tuple[Floats, Floats, Floats]:
    """Return rows and columns of the training set of a stored fit, and rows of its test set.

    A procedure may sample rows. All are `(n_tasks,)`; NaN = unknown.
    """
    from metalearn.learners.evaluation import Procedure

    procedures = dict(store.tasks()[["task", "procedure"]].itertuples(index=False, name=None))
    rows = np.full(len(tasks), np.nan)
    columns = np.full(len(tasks), np.nan)
    n_test = np.full(len(tasks), np.nan)
    for i, task in enumerate(tasks):
        if task.n_rows is None or task.n_features is None:
            continue
        rows[i], columns[i] = task.n_rows, max(task.n_features, 1)
        described = stored_object(procedures.get(task.key) or "{}")
        if "max_cells" in described:
            procedure = Procedure(**described)
            used = procedure.rows_of(task.n_rows, task.n_features)
            n_test[i] = used / procedure.folds_of(used)
            rows[i] = used - n_test[i]
    return rows, columns, n_test


def _categorical_columns(meta: MetaDataset) -> Floats:
    """Return the number of categorical columns of the known tasks; NaN = unknown."""
    if _CATEGORICAL not in meta.meta_feature_names:
        return np.full(meta.n_tasks, np.nan)
    return meta.meta_features[:, meta.meta_feature_names.index(_CATEGORICAL)]
