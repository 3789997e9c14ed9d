"""Choice of the metric: the named one, as stored, or the default of the kind of task."""

from __future__ import annotations

from typing import TYPE_CHECKING

from metalearn.core.metric import METRICS, Metric, metric_named
from metalearn.core.task import Kind
from metalearn.errors import NotEnoughMetaDataError, UnknownNameError, UsageError

if TYPE_CHECKING:
    from metalearn.store import Store

__all__ = ["DEFAULT_METRIC", "chosen_metric", "metric_in_store", "metrics_of", "stored_metric"]

DEFAULT_METRIC: dict[Kind, str] = {"classification": "balanced_accuracy", "regression": "r2"}


def chosen_metric(kind: Kind, name: str | None) -> Metric:
    """Return the metric of that name that our learners measure, or the default of the kind.

    Raises:
        UnknownNameError: If there is no such metric.
        UsageError: If it is a metric of the other kind of task.
    """
    from metalearn.learners.scores import METRICS_OF

    try:
        metric = metric_named(name or DEFAULT_METRIC[kind])
    except UnknownNameError:
        raise UnknownNameError("metric", str(name), METRICS_OF[kind]) from None
    _check_kind(metric.name, kind, METRICS_OF[kind])
    return metric


def metric_in_store(store: Store, kind: Kind, name: str) -> Metric:
    """Return a metric with evaluations in a store, by its stored name or an alias.

    Raises:
        UnknownNameError: If the store has no such metric; the error names those that it has.
        NotEnoughMetaDataError: If it has none at all for this kind of task.
        UsageError: If it is a metric of the other kind of task.
    """
    try:
        metric = store.metric(name)
    except UnknownNameError:
        known = metrics_of(store, kind)
        _check_kind(name, kind, known)
        if not known:
            raise _nothing_for(kind) from None
        raise UnknownNameError("metric", name, known) from None
    _check_kind(metric.name, kind, metrics_of(store, kind) if _is_other(name, kind) else ())
    return metric


def metrics_of(store: Store, kind: Kind) -> tuple[str, ...]:
    """Return the names of the metrics under which a store has evaluations on tasks of a kind."""
    found = store.sql(
        "SELECT DISTINCT e.metric, t.kind FROM evaluation e JOIN task t USING (task) "
        "WHERE NOT e.vanished"
    )
    names = set(found.loc[found["kind"] == kind, "metric"])
    ordered = [name for name in METRICS if name in names]
    return (*ordered, *sorted(names - set(ordered)))


def stored_metric(store: Store, kind: Kind) -> tuple[Metric, list[str]]:
    """Return the default metric of a kind of task, and a note if it had to be another one.

    A harvested store may have evaluations under accuracy alone. Without evaluations under the
    default metric, the first stored metric of that kind is taken.

    Raises:
        NotEnoughMetaDataError: If the store has no evaluations on tasks of this kind.
    """
    usual = metric_named(DEFAULT_METRIC[kind])
    stored = store.metrics()
    if usual.name in stored:
        return usual, []
    for name in metrics_of(store, kind):
        note = f"by {name}: the store has no evaluations under {usual.name}"
        return stored[name], [note]
    raise _nothing_for(kind)


def _nothing_for(kind: Kind) -> NotEnoughMetaDataError:
    return NotEnoughMetaDataError(
        f"the store has no evaluations on {kind} tasks; fill it from your tables (metalearn "
        "collect) or from another store (metalearn kb merge)"
    )


def _is_other(name: str, kind: Kind) -> bool:
    from metalearn.learners.scores import METRICS_OF

    other: Kind = "regression" if kind == "classification" else "classification"
    try:
        return metric_named(name).name in METRICS_OF[other]
    except UnknownNameError:
        return False


def _check_kind(name: str, kind: Kind, known: tuple[str, ...]) -> None:
    """Raise UsageError if a metric is for the other kind of task."""
    if not _is_other(name, kind):
        return
    other: Kind = "regression" if kind == "classification" else "classification"
    choice = f"choose one of {', '.join(known)}" if known else "the store has none for this kind"
    raise UsageError(
        f"{metric_named(name).name!r} is a metric for {other}, the target is for {kind}; {choice}"
    )
