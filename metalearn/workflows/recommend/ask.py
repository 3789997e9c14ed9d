"""`recommend`: a ranked list of configurations for a new table, with evidence for each.

The steps: extract the table's meta-features, read the configurations that can be run here from
the store, rank them by the recommender, and drop those that are not expected to beat a constant
prediction. Each entry has an expected score, expected seconds, and the supporting known tasks.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from metalearn.core.arrays import Floats
from metalearn.core.meta_dataset import MetaDataset
from metalearn.core.metric import Metric
from metalearn.core.objective import Objective, names_of_objectives
from metalearn.core.seams import Explains
from metalearn.core.task import Kind, TargetTask
from metalearn.errors import NotEnoughMetaDataError, UsageError
from metalearn.learners.tables import Table
from metalearn.workflows.openml_qualities import vector_of
from metalearn.workflows.recommend.expectation import expectation
from metalearn.workflows.recommend.floor import floor_on
from metalearn.workflows.recommend.front import (
    expected_costs,
    recommended_front,
    recommended_objectives,
)
from metalearn.workflows.recommend.items import Listing
from metalearn.workflows.recommend.known import fitted_for, known_for, known_meta_dataset
from metalearn.workflows.recommend.machine_speed import note_on_machine
from metalearn.workflows.recommend.metric_choice import (
    DEFAULT_METRIC,
    chosen_metric,
    metric_in_store,
    stored_metric,
)
from metalearn.workflows.recommend.more_rows import with_more_rows
from metalearn.workflows.recommend.observed import Observed, placed, scores_of
from metalearn.workflows.recommend.own_trials import own_trials
from metalearn.workflows.recommend.reach import notes_on_reach, times_known_rows
from metalearn.workflows.recommend.result import Recommendations
from metalearn.workflows.tables.reading import checked_table

if TYPE_CHECKING:
    from metalearn.metafeatures import MetaFeatures
    from metalearn.store import Store

__all__ = [
    "DEFAULT_METRIC",
    "DEFAULT_RECOMMENDER",
    "RecommendRequest",
    "chosen_metric",
    "known_meta_dataset",
    "recommend",
    "recommend_for",
    "target_task",
]

DEFAULT_RECOMMENDER = "default"
_FEATURE_BUDGET_S = 10.0


@dataclass(frozen=True, slots=True)
class RecommendRequest:
    """Options of `recommend`, besides the table.

    Attributes:
        k: Length of the list.
        metric: Name of the metric; None takes the default of the kind of task.
        recommender: Name of the method; None takes the default.
        algorithms: Only these algorithms; None takes all.
        time_budget_s: Seconds that trying the whole list once may take; None for no limit.
        observed: Scores already measured on this table, see `metalearn.recommend`.
        exclude: Names or keys of known tasks to leave out, for instance the table's own.
        seed: Seed of the recommender.
        objectives: Names of a metric and of seconds, for a front of them; empty for a list by the
            metric alone.
    """

    k: int = 10
    metric: str | None = None
    recommender: str | None = None
    algorithms: str | Sequence[str] | None = None
    time_budget_s: float | None = None
    observed: Observed | None = None
    exclude: str | Sequence[str] = ()
    seed: int = 0
    objectives: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.k < 1:
            raise UsageError(f"k must be at least 1, got {self.k}")
        if self.time_budget_s is not None and not self.time_budget_s > 0:
            raise UsageError(
                f"the time budget (--time-budget, time_budget_s) must be positive, got "
                f"{self.time_budget_s}"
            )


def recommend(
    X: Any,  # whatever users hold, see `checked_table`
    y: Any = None,
    *,
    k: int = 10,
    metric: str | None = None,
    recommender: str | None = None,
    algorithms: str | Sequence[str] | None = None,
    time_budget_s: float | None = None,
    observed: Observed | None = None,
    exclude: str | Sequence[str] = (),
    seed: int = 0,
    kind: Kind | None = None,
    kb: Store | str | Path | None = None,
    objectives: str | Sequence[str] | None = None,
) -> Recommendations:
    """Return configurations to try on a data set, best first, ready to be built and fitted.

    Args:
        X: Features, mixed types and missing values allowed: a data frame (pandas, polars, Arrow),
            an array, a sparse matrix; or the path of a table; or a `Table`.
        y: The target, one value per row; or the name of the target column in `X`.
        k: Length of the list.
        metric: Name of the metric; None takes balanced accuracy or R2.
        recommender: Name of the method; None takes `default`.
        algorithms: The only algorithm or algorithms to recommend; None takes all.
        time_budget_s: Seconds that trying the whole list once may take.
        observed: Scores already measured on this table: by configuration; as pairs; as rows of
            `{"algorithm", "hyperparameters", "score"}`; or as the document of an earlier list
            (`to_dict`) with a `"score"` in the entries that were tried. NaN = it failed.
        exclude: Name or key of a known task to leave out, or a sequence of them.
        seed: Seed of the recommender.
        kind: `classification` or `regression`; guessed from `y` if None.
        kb: The store with the meta-data: an open one, a path, or None for the default.
        objectives: A metric, then `fit_seconds`, `predict_seconds` or both, for the front of
            configurations that no other one is expected to beat in all of them.

    Raises:
        InputError: If the data cannot be used, or an observed score is outside the metric's range.
        NotEnoughMetaDataError: If the store has no usable evaluations of this kind of task
            under this metric.
        UnknownNameError: If a metric, recommender, algorithm or excluded task is unknown.
    """
    from metalearn.store import opened_store

    request = RecommendRequest(
        k, metric, recommender, algorithms, time_budget_s, observed, exclude, seed,
        names_of_objectives(objectives),
    )  # fmt: skip
    table = checked_table(X, y, kind=kind)
    with opened_store(kb) as store:
        return recommend_for(table, store, request)


def recommend_for(
    table: Table, store: Store, request: RecommendRequest, found: MetaFeatures | None = None
) -> Recommendations:
    """Return recommendations for a checked table from an open store; see `recommend`.

    Args:
        table: The table.
        store: The store with the meta-data.
        request: The options.
        found: The table's meta-features; computed if None.
    """
    metric, objectives, why = _metric(store, table.kind, request)
    known = known_for(store, table.kind, metric, request)
    meta = known.imputed
    notes = [*known.notes, *notes_on_reach(table, known), *note_on_machine(known.machine_factor)]
    own = own_trials(table, known.meta)
    floor = floor_on(table, metric, known.floor)
    target, unused = target_task(table, meta, request, found)
    name = request.recommender or DEFAULT_RECOMMENDER
    fitted = fitted_for(known, name, request.seed)
    ranker = fitted.ranker
    order = [int(j) for j in np.argsort(ranker.score(target), kind="stable")]
    seconds = known.expected_seconds(table)
    expected = expectation(meta, fitted, target, floor, request.seed)
    kept = ~known.is_degenerate & ~floor.is_below(expected.mean)
    n_floored = int((~kept).sum())
    if not len(target.observed):  # observed scores come from all rows of the table already
        expected = with_more_rows(expected, metric, times_known_rows(table, known))
    kept[target.observed] = False
    costs = expected_costs(store, meta, table, objectives, known.machine_factor)
    if objectives:
        losses = [o.losses(costs[o.name]) if o.is_cost else expected.mean for o in objectives]
        order = recommended_front(np.column_stack(losses), kept, request.k)
    chosen, short = _within_budget([j for j in order if kept[j]], seconds, request)
    if short == "known" and objectives:
        notes.append(f"the front has {len(order)} configurations")
    elif short:
        notes.append(_why_short(len(chosen), request, short, metric.score(floor.own), n_floored))
    weights = ranker.task_weights(target) if isinstance(ranker, Explains) else None
    shares = expected.task_weights if weights is None else weights
    listing = Listing(table.task(), meta, expected, seconds, shares, floor, objectives, costs)
    return Recommendations(
        listing.task, metric, name, meta.snapshot,
        tuple(listing.item(rank, j) for rank, j in enumerate(chosen, start=1)),
        (*table.notes, *why, *own.notes, *notes, *unused),
        dummy_score=float(metric.score(floor.own)), tried=own.tried, objectives=objectives,
    )  # fmt: skip


def _metric(
    store: Store, kind: Kind, request: RecommendRequest
) -> tuple[Metric, tuple[Objective, ...], list[str]]:
    """Return the metric, the objectives of a front, and a note on a metric that nobody named."""
    if request.objectives:
        return *recommended_objectives(store, kind, request.objectives, request.metric), []
    if request.metric is None:
        metric, why = stored_metric(store, kind)
        return metric, (), why
    return metric_in_store(store, kind, request.metric), (), []


def target_task(
    table: Table, meta: MetaDataset, request: RecommendRequest, found: MetaFeatures | None
) -> tuple[TargetTask, list[str]]:
    """Return the table as the recommender's target, and notes about the observations."""
    from metalearn.metafeatures import extract

    scores, n_without = scores_of(request.observed or {})
    observations = placed(scores, meta, table.kind)
    notes = [*observations.notes]
    if n_without:
        notes.append(f"observed: {n_without} configurations have no score and are left out")
    features = np.empty(0)
    if meta.meta_feature_names:
        found = found or extract(
            table.X, table.y, kind=table.kind, time_budget_s=_FEATURE_BUDGET_S
        )
        features = vector_of(meta.meta_feature_names, found.values, table.kind)
    losses = observations.losses
    columns = np.array([*losses], np.int64)
    return TargetTask(features, columns, np.array([*losses.values()], np.float64)), notes


def _within_budget(
    order: list[int], seconds: Floats, request: RecommendRequest
) -> tuple[list[int], str]:
    """Return the first k that can all be tried, one fit each, within the time budget.

    The second value is the reason for a list shorter than k; empty if it has k entries.
    """
    if request.time_budget_s is None:
        return order[: request.k], "" if len(order) >= request.k else "known"
    left = request.time_budget_s
    chosen: list[int] = []
    for j in order:
        if len(chosen) == request.k:
            return chosen, ""
        if not seconds[j] > left:  # configurations of unknown seconds are kept
            chosen.append(j)
            left -= float(np.nan_to_num(seconds[j]))
    if order and not chosen:
        raise NotEnoughMetaDataError(
            f"nothing is expected to fit on this table within {request.time_budget_s:g} s; "
            f"the fastest configuration takes about {np.nanmin(seconds[order]):.2g} s: "
            "raise --time-budget (time_budget_s), or give a sample of the rows"
        )
    if len(chosen) == request.k:
        return chosen, ""
    return chosen, "known" if len(chosen) == len(order) else "seconds"


def _why_short(n: int, request: RecommendRequest, short: str, dummy: float, n_floored: int) -> str:
    """Return the note that explains why a list is shorter than `k`."""
    start = f"{n} configurations instead of {request.k}: "
    if short == "seconds":
        budget = f"{request.time_budget_s:g} s of --time-budget (time_budget_s)"
        return start + f"the others do not fit into the {budget}"
    if n_floored:
        return start + f"no other one is expected to beat a dummy, which scores {dummy:.3g}"
    return start + "no more are known"
