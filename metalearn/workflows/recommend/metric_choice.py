"""Which metric to go by when none is asked for: the usual one, or one that the store has."""

from __future__ import annotations

from typing import TYPE_CHECKING

from metalearn.core.metric import METRICS, Metric, metric_named
from metalearn.core.task import Kind

if TYPE_CHECKING:
    from metalearn.store import Store

__all__ = ["DEFAULT_METRIC", "stored_metric"]

DEFAULT_METRIC: dict[Kind, str] = {"classification": "balanced_accuracy", "regression": "r2"}


def stored_metric(store: Store, kind: Kind) -> tuple[Metric, list[str]]:
    """Return the default metric of a kind of task, and a note if it had to be another one.

    A harvested store may know accuracy alone. Then the first known metric of that kind is taken
    under which there are evaluations.
    """
    from metalearn.learners.scores import METRICS_OF

    usual = metric_named(DEFAULT_METRIC[kind])
    stored = store.metrics()
    if usual.name in stored:
        return usual, []
    other: Kind = "regression" if kind == "classification" else "classification"
    names = [*METRICS_OF[kind], *(n for n in METRICS if n not in METRICS_OF[other])]
    for name in dict.fromkeys(names):
        if name in stored and store.meta_dataset(name, kind=kind).n_tasks:
            note = f"by {name}: the store has no evaluations under {usual.name}"
            return stored[name], [note]
    return usual, []
