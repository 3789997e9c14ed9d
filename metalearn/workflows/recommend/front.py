"""A recommended front: configurations that no other one is expected to beat in every objective."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from metalearn.core.arrays import Bools, Floats
from metalearn.core.meta_dataset import MetaDataset
from metalearn.core.metric import Metric
from metalearn.core.objective import Objective, chosen_objectives
from metalearn.core.task import Kind
from metalearn.errors import NotEnoughMetaDataError, UsageError
from metalearn.learners.tables import Table
from metalearn.numerics.search.front import front_members
from metalearn.numerics.search.pareto import spread_out
from metalearn.workflows.objectives import IN_STORE, first_metric
from metalearn.workflows.recommend.metric_choice import metric_in_store, metrics_of
from metalearn.workflows.recommend.seconds import (
    FEWEST_TIMED,
    model_of_seconds,
    seconds_on,
    timed_runs,
)

if TYPE_CHECKING:
    from metalearn.store import Store

__all__ = ["expected_costs", "recommended_front", "recommended_objectives"]

_SHORTEST_S = 1e-4  # seconds are stored to a tenth of a millisecond
_PREDICTED_ROWS = 1000.0


def recommended_objectives(
    store: Store, kind: Kind, names: Sequence[str], metric: str | None
) -> tuple[Metric, tuple[Objective, ...]]:
    """Return the metric and the objectives of a list: one metric, then seconds.

    Raises:
        UnknownNameError: If a name is unknown.
        UsageError: If the objectives cannot be expected from a store, or the metric is another.
    """

    def named(name: str) -> Metric:
        return metric_in_store(store, kind, name)

    objectives = chosen_objectives(names, named, metrics_of(store, kind))
    further = [o.name for o in objectives[1:] if o.name not in IN_STORE]
    if further:
        raise UsageError(
            f"expected one metric and {' or '.join(IN_STORE)}, got also {', '.join(further)}: "
            "stored runs tell no more of a table; metalearn optimize searches for the others"
        )
    return first_metric(objectives, metric, named), objectives


def expected_costs(
    store: Store,
    meta: MetaDataset,
    table: Table,
    objectives: Sequence[Objective],
    factor: float = 1.0,
) -> dict[str, Floats]:
    """Return the expected value of each cost on a table, `(n_configurations,)`; NaN = unknown.

    Args:
        store: The store.
        meta: The known tasks.
        table: The table.
        objectives: A metric and costs.
        factor: What known seconds are multiplied by, for the speed of this machine.

    Raises:
        NotEnoughMetaDataError: If fewer than three known tasks were timed.
    """
    if not any(objective.is_cost for objective in objectives):
        return {}
    runs = timed_runs(store, meta)
    fit_s, predict_s = _seconds(store, meta)
    # Seconds of predictions depend on the rows that are predicted: 1,000 by definition.
    sizes = {
        "fit_seconds": (replace(runs, seconds=fit_s), float(len(table.y))),
        "predict_seconds": (replace(runs, n_rows=runs.n_test, seconds=predict_s), _PREDICTED_ROWS),
    }
    expected = {}
    for objective in objectives:
        if not objective.is_cost:
            continue
        measured, own_rows = sizes[objective.name]
        is_fit = objective.name == "fit_seconds"
        model = model_of_seconds(measured, meta.configurations, of_fits=is_fit)
        if model is None:
            raise NotEnoughMetaDataError(
                f"{objective.name} is known of fewer tasks of the store than the {FEWEST_TIMED} "
                "that are needed; collect some (metalearn collect), or leave it out"
            )
        values = seconds_on(model, table, own_rows)[0] * factor
        known = np.isfinite(measured.seconds).any(axis=0)
        expected[objective.name] = np.where(known, values, np.nan)
    return expected


def recommended_front(losses: Floats, kept: Bools, k: int) -> list[int]:
    """Return up to `k` configurations of the front, best by the metric first.

    A longer front is thinned where it is most crowded; the best by the metric always stays.

    Args:
        losses: `(n_configurations, n_objectives)`; NaN = unknown, left out.
        kept: Which configurations may be listed, `(n_configurations,)`.
        k: Length of the list.
    """
    front = front_members(np.where(kept[:, None], losses, np.nan))
    worst_first = front[::-1]  # of equally lonely points, `spread_out` drops the first
    return [int(j) for j in worst_first[spread_out(losses[worst_first], k)][::-1]]


def _seconds(store: Store, meta: MetaDataset) -> tuple[Floats, Floats]:
    """Return seconds of fit and predictions of a fold, both `(n_tasks, n_configurations)`."""
    table = store.seconds([task.key for task in meta.tasks])
    row = {task.key: i for i, task in enumerate(meta.tasks)}
    column = {c.key: j for j, c in enumerate(meta.configurations)}
    table = table[table["configuration"].isin(list(column))]
    at = table["task"].map(row).to_numpy(), table["configuration"].map(column).to_numpy()
    found = []
    for name in ("fit_s", "predict_s"):
        matrix = np.full((meta.n_tasks, meta.n_configurations), np.nan)
        matrix[at] = np.maximum(table[name].to_numpy(dtype=np.float64), _SHORTEST_S)
        found.append(matrix)
    return found[0], found[1]
