"""`recommend`: which configurations to try on a table never seen before, and why.

The steps: describe the table by meta-features, take from the store what can be run here, let the
recommender order it, then say of each configuration what score and how many seconds to expect, and
which known tasks speak for it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from metalearn.core.arrays import Bools, Floats
from metalearn.core.configuration import Configuration
from metalearn.core.meta_dataset import MetaDataset
from metalearn.core.metric import Metric, metric_named
from metalearn.core.seams import Explains, Ranker
from metalearn.core.stored_json import stored_object
from metalearn.core.task import Kind, TargetTask, Task
from metalearn.errors import NotEnoughMetaDataError, UsageError
from metalearn.learners.tables import Table
from metalearn.workflows.openml_qualities import vector_of
from metalearn.workflows.recommend.metric_choice import DEFAULT_METRIC, stored_metric
from metalearn.workflows.recommend.result import Evidence, Recommendation, Recommendations
from metalearn.workflows.tables.reading import read_task

if TYPE_CHECKING:
    from metalearn.metafeatures import MetaFeatures
    from metalearn.recommenders.expected_score import Expectation
    from metalearn.store import Store

__all__ = [
    "DEFAULT_METRIC",
    "DEFAULT_RECOMMENDER",
    "Request",
    "chosen_metric",
    "expected_seconds",
    "known_meta_dataset",
    "recommend",
    "recommend_for",
    "target_task",
]

DEFAULT_RECOMMENDER = "default"
_N_EVIDENCE = 3
_FEATURE_BUDGET_S = 10.0


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked for, beside the table.

    Attributes:
        k: Length of the list.
        metric: Name of the metric; None takes the default of the kind of task.
        recommender: Name of the method; None takes the default.
        algorithms: Only these algorithms; None takes all.
        time_budget_s: Seconds that trying the whole list once may take; None for no limit.
        observed: Scores already measured on this table, by configuration.
        exclude: Names or keys of known tasks to leave out, for instance the table's own.
        seed: Seed of the recommender.
    """

    k: int = 10
    metric: str | None = None
    recommender: str | None = None
    algorithms: tuple[str, ...] | None = None
    time_budget_s: float | None = None
    observed: Mapping[Configuration, float] | None = None
    exclude: tuple[str, ...] = ()
    seed: int = 0

    def __post_init__(self) -> None:
        if self.k < 1:
            raise UsageError(f"k must be at least 1, got {self.k}")
        if self.time_budget_s is not None and not self.time_budget_s > 0:
            raise UsageError(f"the time budget must be positive, got {self.time_budget_s}")


def recommend(
    X: Any,
    y: Any = None,
    *,
    kb: Store | str | Path | None = None,
    kind: Kind | None = None,
    algorithms: Sequence[str] | None = None,
    exclude: Sequence[str] = (),
    **request: Any,
) -> Recommendations:
    """Return configurations to try on a data set, best first, ready to be built and fitted.

    Args:
        X: A data frame or array of features, mixed types and missing values welcome; or a `Table`.
        y: The target, one value a row; or the name of the target column in `X`.
        kb: The store to learn from: an open one, a path, or None for the default.
        kind: `classification` or `regression`; guessed from `y` if None.
        algorithms: Only these algorithms.
        exclude: Names of known tasks to leave out.
        **request: Further fields of `Request`: k, metric, recommender, time_budget_s, observed,
            seed.

    Raises:
        InputError: If the data cannot be used.
        NotEnoughMetaDataError: If the store knows nothing about this kind of task and metric.
        UnknownNameError: If a metric, recommender or algorithm is unknown.
    """
    from metalearn.store import Store, open_store

    asked = Request(
        algorithms=None if algorithms is None else tuple(algorithms),
        exclude=tuple(exclude),
        **request,
    )
    table = read_task(X, y, kind=kind)
    if isinstance(kb, Store):
        return recommend_for(table, kb, asked)
    with open_store(kb) as store:
        return recommend_for(table, store, asked)


def recommend_for(
    table: Table, store: Store, request: Request, found: MetaFeatures | None = None
) -> Recommendations:
    """Return recommendations for a checked table from an open store; see `recommend`.

    Args:
        table: The table.
        store: What to learn from.
        request: What is asked for.
        found: The table's meta-features; computed if None.
    """
    if request.metric is None:
        metric, why = stored_metric(store, table.kind)
    else:
        metric, why = chosen_metric(table.kind, request.metric), []
    meta, notes = known_meta_dataset(store, table.kind, metric, request)
    target, unused = target_task(table, meta, metric, request, found)
    meta = meta.with_failures_imputed().with_outliers_clipped()
    name = request.recommender or DEFAULT_RECOMMENDER
    ranker = _ranker(name, meta, request)
    order = [int(j) for j in np.argsort(ranker.score(target), kind="stable")]
    seen = {int(j) for j in target.observed}
    seconds = expected_seconds(store, meta, table)
    expectation = _expectation(store, table, meta, target, metric, request)
    chosen = _within_budget([j for j in order if j not in seen], seconds, request)
    weights = ranker.task_weights(target) if isinstance(ranker, Explains) else None
    shares = expectation.task_weights if weights is None else weights
    task = table.task()
    items = tuple(
        _item(rank, j, task, metric, meta, expectation, float(seconds[j]), shares)
        for rank, j in enumerate(chosen, start=1)
    )
    if len(items) < request.k:
        notes.append(f"{len(items)} configurations instead of {request.k}: no more are known")
    return Recommendations(task, metric, name, meta.snapshot, items, (*why, *notes, *unused))


def chosen_metric(kind: Kind, name: str | None) -> Metric:
    """Return the metric of that name, or the default of the kind of task.

    Raises:
        UnknownNameError: If there is no such metric.
        UsageError: If it is one of the other kind.
    """
    from metalearn.learners.scores import METRICS_OF

    metric = metric_named(name or DEFAULT_METRIC[kind])
    other: Kind = "regression" if kind == "classification" else "classification"
    if metric.name in METRICS_OF[other]:
        raise UsageError(
            f"{metric.name!r} is a metric for {other}, the target is for {kind}; "
            f"choose one of {', '.join(METRICS_OF[kind])}"
        )
    return metric


def known_meta_dataset(
    store: Store, kind: Kind, metric: Metric, request: Request
) -> tuple[MetaDataset, list[str]]:
    """Return what the store knows and can be run here, and notes about what was left out.

    Raises:
        NotEnoughMetaDataError: If it knows nothing of the kind.
    """
    meta = store.meta_dataset(metric.name, kind=kind, algorithms=request.algorithms)
    keep = [t.name not in request.exclude and t.key not in request.exclude for t in meta.tasks]
    known = np.isfinite(meta.losses[keep]).any(axis=0)
    runnable, notes = _runnable(meta)
    meta = meta.take(keep, known & runnable)
    if not meta.n_tasks or not meta.n_configurations:
        raise NotEnoughMetaDataError(
            f"the store knows no {kind} task with metric {metric.name!r} and a configuration that "
            "can be run here; collect some (metalearn collect), or name another store with --kb"
        )
    return meta, notes


def _runnable(meta: MetaDataset) -> tuple[Bools, list[str]]:
    from metalearn.learners import CATALOGUE

    ours = set(CATALOGUE.names())
    missing: dict[str, str] = {}
    for algorithm in sorted({c.algorithm for c in meta.configurations} & ours):
        learner = CATALOGUE.get(algorithm)
        if not learner.is_installed:
            missing[algorithm] = learner.package
    notes = [
        f"left out {algorithm}: package {package} is not installed "
        f"(pip install 'metalearn-memory[{package}]')"
        for algorithm, package in missing.items()
    ]
    return np.array([c.algorithm not in missing for c in meta.configurations]), notes


def target_task(
    table: Table,
    meta: MetaDataset,
    metric: Metric,
    request: Request,
    found: MetaFeatures | None,
) -> tuple[TargetTask, list[str]]:
    """Return what a recommender may see of the table, and notes about what was not used."""
    from metalearn.metafeatures import extract

    features = np.empty(0)
    if meta.meta_feature_names:
        found = found or extract(
            table.X, table.y, kind=table.kind, time_budget_s=_FEATURE_BUDGET_S
        )
        features = vector_of(meta.meta_feature_names, found.values, table.kind)
    position = {c: j for j, c in enumerate(meta.configurations)}
    observed = request.observed or {}
    used = {position[c]: metric.loss(float(s)) for c, s in observed.items() if c in position}
    unused = [f"not used: {c}: the store does not know it" for c in observed if c not in position]
    return TargetTask(features, np.array([*used], np.int64), np.array([*used.values()])), unused


def _ranker(name: str, meta: MetaDataset, request: Request) -> Ranker:
    from metalearn import recommenders

    return recommenders.get(name)().fit(meta, np.random.default_rng(request.seed))


def expected_seconds(store: Store, meta: MetaDataset, table: Table) -> Floats:
    """Return seconds of one fit on the whole table, `(n_configurations,)`; NaN if unknown."""
    from metalearn.numerics.runtime.model import fit_runtime_model

    rows, columns = _training_sizes(store, meta.tasks)
    timed = np.isfinite(rows) & np.isfinite(columns) & np.isfinite(meta.runtimes_s).any(axis=1)
    if timed.sum() < 3:
        return np.full(meta.n_configurations, np.nan)
    algorithms = [c.algorithm for c in meta.configurations]
    model = fit_runtime_model(
        rows[timed], columns[timed], meta.runtimes_s[timed], algorithms=algorithms
    )
    return model.predict(*map(float, table.X.shape))[0]


def _training_sizes(store: Store, tasks: Sequence[Task]) -> tuple[Floats, Floats]:
    """Return rows and columns that a stored fit saw; a procedure may use fewer rows."""
    from metalearn.learners.evaluation import Procedure

    procedures = dict(store.tasks()[["task", "procedure"]].itertuples(index=False, name=None))
    rows = np.full(len(tasks), np.nan)
    columns = np.full(len(tasks), np.nan)
    for i, task in enumerate(tasks):
        if task.n_rows is None or task.n_features is None:
            continue
        rows[i], columns[i] = task.n_rows, max(task.n_features, 1)
        described = stored_object(procedures.get(task.key) or "{}")
        if "max_cells" in described:
            procedure = Procedure(**described)
            used = procedure.rows_of(task.n_rows, task.n_features)
            rows[i] = used * (1.0 - 1.0 / procedure.folds_of(used))
    return rows, columns


def _expectation(
    store: Store,
    table: Table,
    meta: MetaDataset,
    target: TargetTask,
    metric: Metric,
    request: Request,
) -> Expectation:
    """Return expected losses; metrics in the target's unit are scaled by its spread."""
    from metalearn.recommenders.expected_score import expected_score

    unit, own = np.ones(meta.n_tasks), 1.0
    if metric.name in ("rmse", "mae", "mse", "medae"):
        unit, own = _target_units(store, meta, metric, table)
    scaled = replace(meta, losses=meta.losses / unit[:, None])
    seen = replace(target, observed_losses=target.observed_losses / own)
    model = expected_score(scaled, np.random.default_rng(request.seed))
    found = model.predict(seen)
    return replace(found, mean=found.mean * own, low=found.low * own, high=found.high * own)


def _target_units(
    store: Store, meta: MetaDataset, metric: Metric, table: Table
) -> tuple[Floats, float]:
    """Return the spread of the target of known tasks and of this one, in the metric's unit.

    R2 = 1 - MSE / variance tells the standard deviation of a known target from stored scores.
    """
    r2 = store.meta_dataset("r2", kind="regression", tasks=[t.key for t in meta.tasks])
    rmse = store.meta_dataset("rmse", kind="regression", tasks=[t.key for t in meta.tasks])
    with np.errstate(invalid="ignore", divide="ignore"):
        sd = np.nanmedian(rmse.losses / np.sqrt(r2.losses), axis=1)
    power = 2.0 if metric.name == "mse" else 1.0
    by_key = {task.key: value for task, value in zip(r2.tasks, sd, strict=True)}
    units = np.array([by_key.get(task.key, np.nan) for task in meta.tasks]) ** power
    known = np.isfinite(units) & (units > 0)
    units[~known] = np.median(units[known]) if known.any() else 1.0
    return units, float(np.std(table.y.to_numpy(dtype=np.float64))) ** power


def _within_budget(order: list[int], seconds: Floats, request: Request) -> list[int]:
    """Return the first k that can all be tried, one fit each, within the time budget."""
    if request.time_budget_s is None:
        return order[: request.k]
    left = request.time_budget_s
    chosen: list[int] = []
    for j in order:
        if len(chosen) == request.k:
            break
        if not seconds[j] > left:  # unknown seconds are not held against a configuration
            chosen.append(j)
            left -= float(np.nan_to_num(seconds[j]))
    if not chosen:
        raise NotEnoughMetaDataError(
            f"nothing is expected to fit on this table within {request.time_budget_s:g} s; "
            f"the fastest configuration takes about {np.nanmin(seconds):.2g} s: "
            "raise --time-budget, or give a sample of the rows"
        )
    return chosen


def _item(
    rank: int,
    j: int,
    task: Task,
    metric: Metric,
    meta: MetaDataset,
    expectation: Expectation,
    seconds: float,
    weights: Floats,
) -> Recommendation:
    ends = metric.clip(
        metric.score(np.array([expectation.mean[j], expectation.low[j], expectation.high[j]]))
    )
    score, low, high = float(ends[0]), float(min(ends[1:])), float(max(ends[1:]))
    evidence = _evidence(j, meta, metric, weights)
    return Recommendation(
        rank, meta.configurations[j], task, metric, score, low, high, seconds, evidence
    )


def _evidence(j: int, meta: MetaDataset, metric: Metric, weights: Floats) -> tuple[Evidence, ...]:
    """Return the tasks that speak for a configuration: similar ones on which it was good."""
    losses = meta.losses
    with np.errstate(invalid="ignore"):
        best, worst = np.nanmin(losses, axis=1), np.nanmax(losses, axis=1)
        goodness = (worst - losses[:, j]) / np.maximum(worst - best, 1e-12)
    support = np.where(np.isfinite(losses[:, j]), weights * np.nan_to_num(goodness) ** 2, -1.0)
    strongest = [i for i in np.argsort(-support, kind="stable")[:_N_EVIDENCE] if support[i] > 0]
    top = float(weights.max()) or 1.0
    return tuple(
        Evidence(
            meta.tasks[i].name,
            round(float(weights[i]) / top, 4),
            float(metric.score(float(losses[i, j]))),
        )
        for i in strongest
    )
