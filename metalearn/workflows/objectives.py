"""Values of objectives: of an evaluation, and of the runs in a store."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np

from metalearn.core.metric import Metric
from metalearn.core.objective import Objective
from metalearn.errors import UsageError
from metalearn.learners.evaluation import FoldScores, PreparedTask

if TYPE_CHECKING:
    import pandas as pd

    from metalearn.store import Store

__all__ = [
    "IN_STORE",
    "STAND_INS",
    "first_metric",
    "n_test_rows",
    "objective_values",
    "stored_values",
]

IN_STORE = ("fit_seconds", "predict_seconds")
"""Costs that a store keeps for each evaluation."""

STAND_INS = {"size_bytes": "fit_seconds"}
"""Costs that a store does not keep -> one that orders configurations much alike."""


def first_metric(
    objectives: Sequence[Objective], metric: str | None, named: Callable[[str], Metric]
) -> Metric:
    """Return the metric that is the first objective.

    Args:
        objectives: As `chosen_objectives` returns them.
        metric: The name of a metric that was given besides; None if there was none.
        named: Returns the metric of a name.

    Raises:
        UsageError: If the metric given besides is another one.
    """
    first = objectives[0].metric
    assert first is not None
    if metric is not None and named(metric) != first:
        raise UsageError(
            f"the first objective, {first.name!r}, is the metric; got another one, {metric!r}: "
            "leave out --metric (metric=), or put it first"
        )
    return first


def objective_values(
    objectives: Sequence[Objective], folds: Sequence[FoldScores], n_test: Sequence[int]
) -> dict[str, float]:
    """Return the value of each objective of one evaluation; NaN if it is not defined.

    Scores are means over the folds. Costs are medians, because seconds are noisy.

    Args:
        objectives: What to measure.
        folds: All folds of the evaluation.
        n_test: Test rows of each fold.
    """
    values = {}
    for objective in objectives:
        each = [_value(objective, fold, n) for fold, n in zip(folds, n_test, strict=True)]
        values[objective.name] = float(np.median(each) if objective.is_cost else np.mean(each))
    return values


def n_test_rows(prepared: PreparedTask) -> list[int]:
    """Return the number of test rows of each fold."""
    return [len(test) for _, test in prepared.splits]


def stored_values(
    store: Store, objectives: Sequence[Objective], tasks: Sequence[str], n_test: float = 1000.0
) -> pd.DataFrame:
    """Return the values of objectives of the stored runs of some tasks that have all of them.

    Args:
        store: The store.
        objectives: Metrics, and costs of `IN_STORE`.
        tasks: Keys of tasks.
        n_test: Test rows of a fold, which `predict_seconds` refers to.

    Returns:
        One row per task and configuration: task, configuration (key), algorithm, hyperparameters
        (canonical JSON), and a column of values per objective.

    Raises:
        UnknownNameError: If the store has no evaluations under a metric.
    """
    by = ["task", "configuration"]
    seconds = store.seconds(tasks)
    seconds["predict_seconds"] = seconds.pop("predict_s") * 1000.0 / n_test
    found = seconds.rename(columns={"fit_s": "fit_seconds"})
    for objective in objectives:
        if objective.metric is not None:
            rows = store.evaluations(objective.metric.name)
            rows = rows[rows["status"] == "ok"].rename(columns={"value": objective.name})
            new = [name for name in ("algorithm", "hyperparameters") if name not in found]
            found = found.merge(rows[[*by, *new, objective.name]], on=by)
    names = [objective.name for objective in objectives]
    kept = found[names].notna().all(axis=1)
    return found.loc[kept, [*by, "algorithm", "hyperparameters", *names]].reset_index(drop=True)


def _value(objective: Objective, fold: FoldScores, n_test: int) -> float:
    if objective.metric is not None:
        return fold.scores.get(objective.metric.name, math.nan)
    if objective.name == "fit_seconds":
        return fold.fit_s
    if objective.name == "predict_seconds":
        return fold.predict_s * 1000.0 / n_test
    return math.nan if fold.model is None else float(getattr(fold.model, objective.name))
