"""Models of the expected score and of the seconds of one fit, for each configuration."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from metalearn.core.arrays import Floats, read_only
from metalearn.core.meta_dataset import MetaDataset
from metalearn.core.seams import Ranker
from metalearn.core.stored_json import stored_object
from metalearn.core.task import TargetTask, Task
from metalearn.numerics.tasks.forest_proximity import ForestProximity
from metalearn.recommenders.expected_score import Expectation, ExpectedScore, expected_score
from metalearn.workflows.recommend.floor import Floor

if TYPE_CHECKING:
    from metalearn.learners.tables import Table
    from metalearn.numerics.runtime_model import RuntimeModel
    from metalearn.store import Store
    from metalearn.workflows.recommend.known import FittedModels

__all__ = [
    "FEWEST_TIMED",
    "categorical_columns",
    "expectation",
    "fitted_expectation",
    "model_of_seconds",
    "runtime_model",
    "seconds_on",
    "training_sizes",
]

FEWEST_TIMED = 3
"""Timed tasks that a model of seconds needs."""
_CATEGORICAL = "nr_cat"  # name of the meta-feature


def expectation(
    meta: MetaDataset, fitted: FittedModels, target: TargetTask, floor: Floor, seed: int
) -> Expectation:
    """Return expected losses, `(n_configurations,)`.

    Metrics whose scores compare between tasks only relative to the dummy's are modelled as
    multiples of the dummy's loss.

    Args:
        meta: Known tasks, failures imputed.
        fitted: The recommender and the model of expected losses.
        target: The table.
        floor: Losses of the dummy.
        seed: Seed of the forest, if one is grown.
    """
    units, own = floor.units()
    model = fitted.expected
    if not np.array_equal(units, fitted.units):  # a dummy without error has no multiples
        model = fitted_expectation(meta, units, fitted.ranker, seed)
    found = model.predict(replace(target, observed_losses=target.observed_losses / own))
    return replace(found, mean=found.mean * own, low=found.low * own, high=found.high * own)


def fitted_expectation(
    meta: MetaDataset, units: Floats, ranker: Ranker, seed: int
) -> ExpectedScore:
    """Return the model of expected losses.

    Args:
        meta: Known tasks, failures imputed.
        units: `(n_tasks,)` divisors of their losses.
        ranker: The fitted recommender; its forest is used if it has one.
        seed: Seed of the forest that is grown otherwise.
    """
    scaled = meta
    if (units != 1.0).any():
        scaled = replace(meta, losses=read_only(meta.losses / units[:, None]))
    proximity = getattr(ranker, "proximity", None)
    if not isinstance(proximity, ForestProximity):
        proximity = None
    return expected_score(scaled, np.random.default_rng(seed), proximity)


def runtime_model(store: Store, meta: MetaDataset) -> RuntimeModel | None:
    """Return the model of seconds of one fit on a whole table; None if too few are known."""
    rows, columns, _ = training_sizes(store, meta.tasks)
    return model_of_seconds(meta, rows, columns, meta.runtimes_s)


def model_of_seconds(
    meta: MetaDataset,
    n_rows: Floats,
    n_columns: Floats,
    seconds: Floats,
    *,
    of_fits: bool = True,
) -> RuntimeModel | None:
    """Return a model of seconds by size; None if fewer than three tasks were timed.

    Args:
        meta: The known tasks.
        n_rows: Rows that the seconds depend on, `(n_tasks,)`; NaN = unknown.
        n_columns: Columns, `(n_tasks,)`; NaN = unknown.
        seconds: `(n_tasks, n_configurations)`; NaN = unknown.
        of_fits: Whether they grow with the rows as the fits of the learners do.
    """
    from metalearn.learners import CATALOGUE
    from metalearn.numerics.runtime_model import fit_runtime_model

    timed = np.isfinite(n_rows) & np.isfinite(n_columns) & np.isfinite(seconds).any(axis=1)
    if timed.sum() < FEWEST_TIMED:
        return None
    n_categorical = categorical_columns(meta)
    classes = [1 if t.kind == "regression" else t.n_classes or np.nan for t in meta.tasks]
    algorithms = [c.algorithm for c in meta.configurations]
    ours = {a for a in algorithms if of_fits and a in CATALOGUE}
    growth = {a: CATALOGUE.get(a).growth for a in ours}
    return fit_runtime_model(
        np.where(timed, n_rows, np.nan),
        n_columns,
        seconds,
        algorithms,
        n_classes=np.array(classes, dtype=np.float64),
        n_categorical=n_categorical,
        growth=np.array([growth.get(a, np.nan) for a in algorithms]),
    )


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


def categorical_columns(meta: MetaDataset) -> Floats:
    """Return the number of categorical columns of the known tasks; NaN = unknown."""
    if _CATEGORICAL not in meta.meta_feature_names:
        return np.full(meta.n_tasks, np.nan)
    return meta.meta_features[:, meta.meta_feature_names.index(_CATEGORICAL)]


def training_sizes(store: Store, tasks: Sequence[Task]) -> tuple[Floats, Floats, Floats]:
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
